"""The application: routes over a site, and what every answer has in common."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import sqlalchemy as sa
from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse

from logmedic.errors import ConfigError, LogmedicError, StoreError, UsageError
from logmedic.model import NANOSECONDS
from logmedic.store import browse
from logmedic.web import metrics, needs, render
from logmedic.web.access import Role
from logmedic.web.api import v1
from logmedic.web.guard import Guard
from logmedic.web.live import Busy, event
from logmedic.web.pages import (
    export,
    fixes,
    incident,
    lines,
    oidc,
    request,
    rules,
    session,
    settings,
    sources,
    stream,
    trail,
    usage,
)
from logmedic.web.push.gate import Gate
from logmedic.web.site import Site
from logmedic.web.words import WORDS

log = logging.getLogger("logmedic")

NAVIGATION = (
    ("/", "nav.incidents"),
    ("/sources", "nav.sources"),
    ("/rules", "nav.rules"),
    ("/fixes", "nav.fixes"),
    ("/usage", "nav.usage"),
    ("/trail", "nav.trail"),
    ("/settings", "nav.settings"),
)
PAGES = (session, oidc, stream, export, incident, request, lines, sources, rules, fixes, usage, trail, settings)
_STATIC = {
    "app.css": "text/css",
    "app.js": "text/javascript",
    "htmx.min.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}


def create_app(site: Site) -> FastAPI:
    """The dashboard over a site."""
    app = FastAPI(
        title="logmedic", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json",
        dependencies=[Depends(needs.check)], lifespan=_lifespan,
    )  # fmt: skip
    app.state.site = site
    render.environment().globals["nav"] = NAVIGATION
    for module in PAGES:
        app.include_router(module.router, include_in_schema=False)
    app.include_router(v1.router)
    app.include_router(metrics.router)
    app.add_api_route("/static/{name}", static, include_in_schema=False)
    app.add_api_route("/events", events, include_in_schema=False)
    app.add_api_route("/healthz", healthy, include_in_schema=False)
    app.add_api_route("/readyz", ready, include_in_schema=False)
    app.add_api_route("/-/reload", reload, methods=["POST", "PUT"], include_in_schema=False)
    app.state.mcp = _mcp(site, app)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _misunderstood)
    app.add_exception_handler(LogmedicError, _failed)
    app.add_exception_handler(sa.exc.DBAPIError, _unavailable)
    app.add_middleware(GZipMiddleware, minimum_size=1_000)
    app.add_middleware(Guard, access=site.access, now=lambda: site.clock.now() // NANOSECONDS)
    if site.push is not None:
        app.add_middleware(Gate, endpoint=site.push, access=site.access)
    return app


def _mcp(site: Site, app: FastAPI) -> Any:
    """The server behind ``/mcp``; ``None`` where its extra is not installed."""
    try:
        from logmedic.web.mcp import mounted  # noqa: PLC0415  an extra
    except ImportError:
        return None
    server = mounted.server(site)
    app.router.routes.extend(mounted.routes(server))
    return server


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    if app.state.mcp is None:
        yield
        return
    async with app.state.mcp.session_manager.run():
        yield


def static(request: Request, name: str) -> Response:
    if name not in _STATIC:
        raise HTTPException(404)
    keep = "public, max-age=31536000, immutable" if request.query_params.get("v") else "no-cache"
    return FileResponse(render.HERE / "static" / name, media_type=_STATIC[name], headers={"cache-control": keep})


async def events(request: Request) -> Response:
    """Server-sent events with the rows that changed."""
    site: Site = request.app.state.site
    stream = site.live.read(render.language_of(request, site.loaded.language))

    async def sending() -> AsyncIterator[bytes]:
        try:
            async for message in stream:
                yield message
        except Busy:
            yield event("busy", "")

    headers = {"cache-control": "no-store", "x-accel-buffering": "no", "content-encoding": "identity"}
    return StreamingResponse(sending(), media_type="text/event-stream", headers=headers)


def healthy() -> Response:
    """The process answers."""
    return PlainTextResponse("ok\n")


def ready(request: Request) -> Response:
    """The state can be read."""
    site: Site = request.app.state.site
    try:
        browse.mark(site.store.database)
    except sa.exc.DBAPIError as error:
        return PlainTextResponse(f"the state database does not answer: {error.orig}\n", 503)
    return PlainTextResponse("ok\n")


@needs.needs(Role.ADMIN)
def reload(request: Request) -> Response:
    """Take up the configuration as it is now; one that is wrong changes nothing."""
    site: Site = request.app.state.site
    if site.reload is None:
        raise HTTPException(404)
    try:
        site.reload()
    except ConfigError as error:
        return PlainTextResponse(f"going on with the configuration as it was: {error}\n", 422)
    log.info("audit: %s reloaded the configuration", render.name_of(request))
    return PlainTextResponse("going on with the configuration as it is now\n", 202)


def _error(request: Request, status: int, words: str) -> Response:
    if request.url.path.startswith("/api/"):
        body = {"type": "about:blank", "title": words, "status": status}
        return JSONResponse(body, status, media_type="application/problem+json")
    if "text/html" not in request.headers.get("accept", ""):
        return PlainTextResponse(words + "\n", status)
    return render.page(request, "error.html", status=status, words=words)


def _words(request: Request, key: str, **blanks: object) -> str:
    language = render.language_of(request, request.app.state.site.loaded.language)
    return WORDS[key].in_(language).format(**blanks)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    key = f"error.{error.status_code}"
    known = key in WORDS and error.status_code not in (409, 422)  # these two say themselves what is the matter
    words = _words(request, key) if known else str(error.detail)
    return _error(request, error.status_code, words)


def _misunderstood(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    detail = f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    return _error(request, 422, _words(request, "error.422", detail=detail))


def _failed(request: Request, error: Exception) -> Response:
    if isinstance(error, UsageError):
        return _error(request, 422, _words(request, "error.422", detail=str(error)))
    if isinstance(error, StoreError):
        return _unavailable(request, error)
    return _error(request, 500, str(error))


def _unavailable(request: Request, _error_: Exception) -> Response:
    return _error(request, 503, _words(request, "error.503"))
