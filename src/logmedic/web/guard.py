"""Applies :mod:`.access` to every request, and sets the headers that every answer has. Plain ASGI."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from logmedic.web.access import Access, same_site

_OPEN = ("/static/", "/login", "/healthz", "/readyz")
_STREAMS = frozenset({"/events", "/api/v1/events", "/mcp"})  # their answers do not end
MOST_BODY = 64 << 10  # bytes of a form or of an API request
_ROOMIER: Mapping[str, int] = {"/mcp": 2 << 20}  # a text to diagnose

HEADERS: Mapping[str, str] = {
    # Nothing but our own files, no inline script or style, nobody frames us, no form leaves.
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class Guard:
    """Turns away who may not come in, and puts ``scope["user"]`` there for who may."""

    def __init__(self, app: ASGIApp, access: Access, now: Callable[[], int]) -> None:
        """``now``: seconds since the epoch."""
        self._app = app
        self._access = access
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] == "HEAD" and scope["path"] not in _STREAMS:
            scope = {**scope, "method": "GET"}  # uvicorn, which has the other scope, sends what comes without a body
        refusal = self._refusal(scope)
        app = self._app if refusal is None else refusal
        await app(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        path: str = scope["path"]
        if not self._access.host_is_ours(headers.get("host", "")):
            return PlainTextResponse("this name is not ours; set web.public_url to the address that you use", 421)
        if not same_site(scope["method"], headers):
            return PlainTextResponse("a request from another site changes nothing here", 403)
        too_long = _too_long(headers, _ROOMIER.get(path, MOST_BODY))
        if too_long is not None:
            return too_long
        peer = scope["client"][0] if scope.get("client") else ""
        user = self._access.user(peer=peer, headers=headers, cookies=_cookies(headers), now=self._now())
        scope["user"] = user
        if user is not None or path.startswith(_OPEN):
            return None
        if path.startswith("/api/") or path in {"/metrics", "/mcp"} or "text/html" not in headers.get("accept", ""):
            return PlainTextResponse("log in, or send a token", 401, {"www-authenticate": "Bearer"})
        return RedirectResponse("/login" if path == "/" else f"/login?{urlencode({'next': path})}", 303)


def _too_long(headers: Headers, most: int) -> Response | None:
    if "transfer-encoding" in headers:  # only reading it would tell how long it is
        return PlainTextResponse("say how long the request is, in Content-Length", 411)
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit() and len(length) < 20) or int(length) > most:
        return PlainTextResponse(f"the request is longer than {most} bytes", 413)
    return None


def _cookies(headers: Headers) -> dict[str, str]:
    jar = SimpleCookie()
    try:
        jar.load(headers.get("cookie", ""))
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in jar.items()}


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("cache-control", "no-store")
        await send(message)

    return sending
