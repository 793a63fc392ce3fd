"""Logging in and out, and the reader's preferences."""

from __future__ import annotations

import logging
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from logmedic.model import NANOSECONDS
from logmedic.web.access import COOKIE, SESSION_SECONDS, on_this_site
from logmedic.web.render import LANGUAGES, THEMES, page
from logmedic.web.site import Site

log = logging.getLogger("logmedic")
router = APIRouter()

_YEAR = 365 * 86_400


@router.get("/login")
def form(request: Request, to: Annotated[str, Query(alias="next", max_length=500)] = "/") -> Response:
    return page(request, "login.html", wrong=False, refused="", to=on_this_site(to))


@router.post("/login")
def login(
    request: Request,
    token: Annotated[str, Form(max_length=500)],
    to: Annotated[str, Form(alias="next", max_length=500)] = "/",
) -> Response:
    site: Site = request.app.state.site
    user = site.access.of_token(token.strip())
    if user is None:
        log.warning("audit: a wrong token from %s", request.client.host if request.client else "?")
        return page(request, "login.html", wrong=True, refused="", to=on_this_site(to), status=401)
    log.info("audit: %s logged in", user.name)
    answer = RedirectResponse(on_this_site(to), 303)
    _remember(request, answer, COOKIE, site.access.session(user, site.clock.now() // NANOSECONDS), SESSION_SECONDS)
    return answer


@router.post("/logout")
def logout() -> Response:
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE)
    return answer


@router.post("/preferences")
def preferences(
    request: Request,
    back: Annotated[str, Form(max_length=500)] = "/",
    language: Annotated[str, Form(max_length=10)] = "",
    theme: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    answer = RedirectResponse(on_this_site(back), 303)
    if language in LANGUAGES:
        _remember(request, answer, "logmedic_language", language, _YEAR)
    if theme in THEMES:
        _remember(request, answer, "logmedic_theme", theme, _YEAR)
    return answer


def _remember(request: Request, answer: Response, name: str, value: str, seconds: int) -> None:
    secure = request.url.scheme == "https"
    answer.set_cookie(name, value, max_age=seconds, httponly=True, samesite="strict", secure=secure)
