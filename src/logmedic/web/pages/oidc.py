"""The way to the issuer and back."""

from __future__ import annotations

import hmac
import logging
import secrets
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from logmedic.investigate import plain
from logmedic.model import NANOSECONDS
from logmedic.web.access import COOKIE, on_this_site
from logmedic.web.oidc.claims import RefusedError
from logmedic.web.oidc.provider import Provider
from logmedic.web.render import page
from logmedic.web.site import Site

log = logging.getLogger("logmedic")
router = APIRouter()

LOGIN = "logmedic_login"  # a cookie: what must come back from the issuer
LOGIN_SECONDS = 600
_PATH = "/login/oidc"


@router.get("/login/oidc")
def go(request: Request, to: Annotated[str, Query(alias="next", max_length=500)] = "/") -> Response:
    """Send the browser to the issuer. What it must bring back stays in a signed cookie."""
    site: Site = request.app.state.site
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    try:
        answer = RedirectResponse(_provider(site).address(state=state, nonce=nonce, verifier=verifier), 303)
    except RefusedError as error:
        return _refused(request, str(error))
    value = site.access.seal("login", (state, nonce, verifier, on_this_site(to)), _now(site) + LOGIN_SECONDS)
    _set(request, answer, LOGIN, value, LOGIN_SECONDS, _PATH)
    return answer


@router.get("/login/oidc/callback")
def back(
    request: Request,
    code: Annotated[str, Query(max_length=4_000)] = "",
    state: Annotated[str, Query(max_length=500)] = "",
    error: Annotated[str, Query(max_length=500)] = "",
) -> Response:
    """Let in whom the issuer vouches for, or say in one line why not."""
    site: Site = request.app.state.site
    kept = site.access.unseal("login", request.cookies.get(LOGIN, ""), _now(site))
    if kept is None or len(kept) != 4 or not hmac.compare_digest(kept[0].encode(), state.encode("utf-8", "replace")):
        return _refused(request, "this login was not begun in this browser in the last 10 minutes; log in again")
    _, nonce, verifier, to = kept
    if error or not code:
        return _refused(request, f"the issuer refused: {plain.line(error, 100) or 'no code'}; log in again")
    provider = _provider(site)
    try:
        user = provider.user(code, nonce=nonce, verifier=verifier)
    except RefusedError as refusal:
        return _refused(request, str(refusal))
    log.info("audit: %s logged in (%s, by OpenID Connect)", plain.line(user.name), user.role.value)
    answer = RedirectResponse(on_this_site(to), 303)
    seconds = provider.config.session_s
    value = site.access.seal("person", (user.name, user.role.value), _now(site) + seconds)
    _set(request, answer, COOKIE, value, seconds, "/")
    answer.delete_cookie(LOGIN, path=_PATH)
    return answer


def _refused(request: Request, why: str) -> Response:
    log.warning("audit: web.oidc: %s (from %s)", plain.line(why, 400), request.client.host if request.client else "?")
    answer = page(request, "login.html", wrong=False, refused=why, to="/", status=401)
    answer.delete_cookie(LOGIN, path=_PATH)
    return answer


def _provider(site: Site) -> Provider:
    if site.oidc is None:
        raise HTTPException(404)
    return site.oidc


def _now(site: Site) -> int:
    return site.clock.now() // NANOSECONDS


def _set(request: Request, answer: Response, name: str, value: str, seconds: int, path: str) -> None:
    """``Lax``, not ``Strict``: the browser comes back from another site, and must bring them along."""
    site: Site = request.app.state.site
    secure = request.url.scheme == "https" or site.loaded.config.web.public_url.startswith("https:")
    answer.set_cookie(name, value, max_age=seconds, path=path, httponly=True, samesite="lax", secure=secure)
