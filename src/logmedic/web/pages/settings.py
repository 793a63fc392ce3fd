"""The effective configuration, and whether channels work."""

from __future__ import annotations

import logging
from typing import Annotated, Any, get_args

import msgspec
import tomlkit
from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from logmedic import build
from logmedic.build import Loaded, telling
from logmedic.errors import ConfigError, DeliveryError
from logmedic.model import Outcome, Result, Severity
from logmedic.redact import SECRETS, PersonalKind, RedactConfig
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
        config=effective(site.loaded),
        redaction=redaction(site.loaded.config.redact),
        where=site.loaded.path,
        state=site.loaded.shown_store_url,
        channels=[Channel(c.name, kind_of(c)) for c in site.loaded.config.channels],
        tried=tried,
        may_test=user is not None and user.role.may(Role.ADMIN),
    )


class Redaction(msgspec.Struct, frozen=True):
    """What is taken out of texts before they are stored, sent, or shown to a model."""

    secrets: int  # built-in forms of secrets, which are always taken out
    personal: tuple[str, ...]  # kinds of personal data that are taken out
    kept: tuple[str, ...]  # kinds that are left in
    words: int  # own texts; they are not shown
    keys: tuple[str, ...]
    allowed: int  # values that are left in all the same


def redaction(config: RedactConfig) -> Redaction:
    left = get_args(PersonalKind) if not config.personal else config.keep
    taken = (*(kind for kind in get_args(PersonalKind) if kind not in left), *(("ip",) if config.addresses else ()))
    secrets = sum(len(rules) for rules in SECRETS.values())
    return Redaction(secrets, taken, left, len(config.words), config.keys, len(config.allow))


def effective(loaded: Loaded) -> str:
    """As TOML, with every default. Secrets stand there as names of variables and files; what was written into it all
    the same, such as the password of a database, or the words that are to be taken out of logs, is left out."""
    return build.redactor(loaded).exact(tomlkit.dumps(_without_none(msgspec.to_builtins(loaded.config))))


def _without_none(value: Any) -> Any:
    """TOML knows no null: a setting that is not set is left out."""
    if isinstance(value, dict):
        return {name: _without_none(one) for name, one in value.items() if one is not None}
    if isinstance(value, list | tuple):
        return [_without_none(one) for one in value if one is not None]
    return value
