"""Parts what is pushed from what people ask for: it has limits and credentials of its own, and no cookies."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from logmedic.web.access import Access, same_site
from logmedic.web.push.endpoint import Endpoint


class Gate:
    """Stands before the dashboard's guard."""

    def __init__(self, app: ASGIApp, endpoint: Endpoint, access: Access) -> None:
        self._app = app
        self._endpoint = endpoint
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._endpoint.serves(scope["path"]):
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        app = self._endpoint if refusal is None else refusal
        await app(scope, receive, send)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        """Pages that a browser on this machine shows must not push where nobody is asked for a token."""
        headers = Headers(scope=scope)
        if not self._access.host_is_ours(headers.get("host", "")):
            return PlainTextResponse("this name is not ours; set web.public_url to the address that you use\n", 421)
        if not same_site(scope["method"], headers):
            return PlainTextResponse("a request from another site pushes nothing here\n", 403)
        return None
