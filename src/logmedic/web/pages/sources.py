"""Where the logs come from, how far each has been read, and what could not be read."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from logmedic.store import activity
from logmedic.web.render import page
from logmedic.web.site import Site
from logmedic.web.sources import watched

router = APIRouter()

REJECTS = 20


@router.get("/sources")
def sources(request: Request) -> Response:
    site: Site = request.app.state.site
    database = site.store.database
    found = [(source, activity.streams(database, source.name)) for source in watched(site)]
    return page(request, "sources.html", sources=found, rejects=activity.rejects(database, REJECTS))
