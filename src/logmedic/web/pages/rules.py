"""The rules that are active, and what they have matched."""

from __future__ import annotations

import threading
from typing import Annotated

import msgspec
from fastapi import APIRouter, Form, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from logmedic.build.compiling import surfaces
from logmedic.detect.compile import COMPILERS, Compiled
from logmedic.detect.rules import build_rules, settings
from logmedic.model import NANOSECONDS, Severity
from logmedic.store import activity
from logmedic.web.access import Role
from logmedic.web.needs import needs
from logmedic.web.render import page, user_of
from logmedic.web.site import Site
from logmedic.web.trying import Tried, tried

router = APIRouter()

DAY = 86_400 * NANOSECONDS
LONGEST_TRIAL = 60_000  # characters; below what any form may have
_ONE_AT_A_TIME = threading.Lock()  # a trial diagnoses what it finds, and takes a core for seconds


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    kind: str
    severity: Severity
    services: tuple[str, ...]
    settings: dict[str, str]
    matches: list[int]  # an hour, in the last 24
    forms: tuple[tuple[str, Compiled], ...]  # (backend, the rule in its words)


@router.get("/rules")
def rules(request: Request) -> Response:
    """What is active, in the words of each place where logs are."""
    return _page(request, None, "", "")


@router.post("/rules")
@needs(Role.OPERATOR)
def try_(
    request: Request,
    text: Annotated[str, Form(max_length=LONGEST_TRIAL)] = "",
    source: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Run pasted lines, or the latest of a source, through rules, grouping and policy; one trial at a time."""
    site: Site = request.app.state.site
    data = site.tail.text(source) if source else text.replace("\r\n", "\n").encode("utf-8", "replace")
    if not _ONE_AT_A_TIME.acquire(blocking=False):
        raise HTTPException(409)
    try:
        found = tried(site.loaded, data, source or "lines")
    finally:
        _ONE_AT_A_TIME.release()
    return _page(request, found, text, source)


def _page(request: Request, found: Tried | None, text: str, source: str) -> Response:
    site: Site = request.app.state.site
    user = user_of(request)
    now = site.clock.now()
    hours = activity.matches_by_hour(site.store.database, now - DAY, now)
    everything = surfaces()
    shown = [
        Shown(
            name=rule.name,
            kind=rule.kind,
            severity=rule.severity,
            services=rule.services,
            settings=settings(rule),
            matches=hours.get(rule.name, [0] * 24),
            forms=tuple((compiler.name, compiler.compile((rule,), everything)) for compiler in COMPILERS),
        )
        for rule in build_rules(site.loaded.config.rules)
    ]
    return page(
        request, "rules.html", rules=shown, tried=found, text=text, source=source, most=LONGEST_TRIAL,
        sources=site.tail.names(),
        may_try=user is not None and user.role.may(Role.OPERATOR),
    )  # fmt: skip
