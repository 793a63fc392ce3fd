"""The same tools over HTTP, at ``/mcp``: behind the dashboard's own access control."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.transport_security import TransportSecuritySettings

from logmedic.build.explaining import TEXT_BYTES
from logmedic.web.access import Role, User
from logmedic.web.mcp.server import create
from logmedic.web.mcp.tools import Tools

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from logmedic.web.site import Site

PATH = "/mcp"
MOST_BODY = 2 * TEXT_BYTES  # bytes: JSON may write a byte of the text as several; see also ``guard``
_NOBODY = User("?", Role.VIEWER)


def server(site: Site) -> MCPServer[Any]:
    tools = Tools(site.loaded, site.store, site.clock, site.explain, site.logs, write=site.loaded.config.mcp.write)
    return create(tools, _asking)


def routes(server: MCPServer[Any]) -> list[BaseRoute]:
    """To be served while ``server.session_manager.run()`` lasts. Each request stands for itself: no sessions are kept.

    Whose host names are ours is for :mod:`logmedic.web.guard` to say, so the SDK's own list is off.
    """
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        json_response=True,
        stateless_http=True,
        max_request_body_size=MOST_BODY,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    return list(app.routes)


def _asking(context: Context[Any]) -> User:
    request = context.request_context.request
    found = None if request is None else request.scope.get("user")
    return found if isinstance(found, User) else _NOBODY
