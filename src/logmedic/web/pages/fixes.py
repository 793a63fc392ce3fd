"""Fixes that were tried: what came of each, and all that the gate and the tests said."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from logmedic.build import fixing
from logmedic.errors import LogmedicError
from logmedic.respond.fix.report import decode
from logmedic.store.fixes import Fix, Fixes
from logmedic.web.pages.incident import Diff, shortened
from logmedic.web.render import page
from logmedic.web.site import Site

router = APIRouter()


@router.get("/fixes")
def fixes(request: Request) -> Response:
    site: Site = request.app.state.site
    made = Fixes(site.store.database).since(0)
    return page(
        request, "fixes.html", fixes=[(fix, decode(fix.report)) for fix in made], enabled=site.loaded.config.fix.enabled
    )


@router.get("/fixes/{key}")
def fix(request: Request, key: str) -> Response:
    site: Site = request.app.state.site
    found = Fixes(site.store.database).get(key)
    if found is None:
        raise HTTPException(404)
    return page(request, "fix.html", fix=found, report=decode(found.report), diff=_diff(site, found))


def _diff(site: Site, fix: Fix) -> Diff | None:
    """``None``: there is no change, or the folder that held it is gone."""
    try:
        text = fixing.diff(site.loaded, fix)
    except LogmedicError:
        return None
    return shortened(text) if text else None
