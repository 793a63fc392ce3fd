"""Who did what: the latest changes that people made to incidents."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from logmedic.store import activity
from logmedic.web.render import page
from logmedic.web.site import Site

router = APIRouter()

MOST_DEEDS = 200


@router.get("/trail")
def trail(request: Request) -> Response:
    site: Site = request.app.state.site
    return page(request, "trail.html", deeds=activity.deeds(site.store.database, MOST_DEEDS))
