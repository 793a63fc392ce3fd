"""The effective configuration, and whether channels work."""

from __future__ import annotations

import logging
from typing import Annotated, Any

import msgspec
import tomlkit
from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from logmedic.build import telling
from logmedic.errors import ConfigError, DeliveryError
from logmedic.model import Outcome, Result, Severity
from logmedic.respond import trial
from logmedic.respond.channels import kind_of
from logmedic.web.access import Role
from logmedic.web.needs import needs
from logmedic.web.render import language_of, name_of, page, user_of
from logmedic.web.site import Site

log = logging.getLogger("logmedic")
router = APIRouter()


class Channel(msgspec.Struct, frozen=True):
    name: str
    kind: str


@router.get("/settings")
def settings(request: Request) -> Response:
    return _page(request, None)


@router.post("/settings/test")
@needs(Role.ADMIN)
def test(request: Request, channel: Annotated[str, Form(max_length=200)]) -> Response:
    """Send a message that says that it is a test, and show what came of it."""
    site: Site = request.app.state.site
    config = telling.channel(site.loaded, channel)
    language = language_of(request, site.loaded.language)
    notice = trial.notice(
        severity=Severity.INFO, mention=False, language=language, channel=channel, now=site.clock.now()
    )
    try:
        with telling.responder(site.loaded, config, language=language) as responder:
            came = responder.deliver(notice)
    except (ConfigError, DeliveryError) as error:
        came = Outcome(Result.FAILED, str(error))
    log.info("audit: %s tested channel %s: %s", name_of(request), channel, came.result.value)
    return _page(request, (channel, came))


def _page(request: Request, tried: tuple[str, Outcome] | None) -> Response:
    site: Site = request.app.state.site
    user = user_of(request)
    return page(
        request,
        "settings.html",
        config=shown(site.loaded.config),
        where=site.loaded.path,
        state=site.loaded.shown_store_url,
        channels=[Channel(c.name, kind_of(c)) for c in site.loaded.config.channels],
        tried=tried,
        may_test=user is not None and user.role.may(Role.ADMIN),
    )


def shown(config: Any) -> str:
    """As TOML, with every default. Secrets stand there as names of variables and files, never as themselves."""
    return tomlkit.dumps(_without_none(msgspec.to_builtins(config)))


def _without_none(value: Any) -> Any:
    """TOML knows no null: a setting that is not set is left out."""
    if isinstance(value, dict):
        return {name: _without_none(one) for name, one in value.items() if one is not None}
    if isinstance(value, list | tuple):
        return [_without_none(one) for one in value if one is not None]
    return value
