"""Fixes that were tried: what came of each, and all that the gate and the tests said."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from logmedic.build import fixing
from logmedic.errors import LogmedicError
from logmedic.model import Text
from logmedic.respond.fix.report import decode
from logmedic.store.fixes import Fix, Fixes
from logmedic.web.access import Role
from logmedic.web.needs import needs
from logmedic.web.pages.incident import LARGEST_NUMBER, Diff, shortened
from logmedic.web.render import language_of, name_of, page
from logmedic.web.site import Site
from logmedic.web.words import WORDS

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


@router.post("/incidents/{number}/fix")
@needs(Role.OPERATOR)
def ask(request: Request, number: int) -> Response:
    """Begin a fix; the process that does the work takes it up within seconds."""
    return RedirectResponse(f"/fixes/{quote(asked(request, number).key, safe='')}", 303)


def asked(request: Request, number: int) -> Fix:
    """Raises ``HTTPException``: there is no such incident (404), or it is not to be fixed (409), and why."""
    site: Site = request.app.state.site
    incident = site.store.incident(number) if 0 < number <= LARGEST_NUMBER else None
    if incident is None:
        raise HTTPException(404)
    begun = fixing.ask(site.loaded, site.store, incident, actor=name_of(request), now=site.clock.now())
    if isinstance(begun, Text):
        language = language_of(request, site.loaded.language)
        raise HTTPException(409, WORDS["act.fix.no"].in_(language).format(why=begun.in_(language)))
    site.live.poke()
    return begun


def _diff(site: Site, fix: Fix) -> Diff | None:
    """``None``: there is no change, or the folder that held it is gone."""
    try:
        text = fixing.diff(site.loaded, fix)
    except LogmedicError:
        return None
    return shortened(text) if text else None
