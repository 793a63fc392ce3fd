"""The rules that are active, and what they have matched."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from logmedic.build import explaining
from logmedic.build.compiling import surfaces
from logmedic.detect.compile import COMPILERS, Compiled
from logmedic.detect.rules import build_rules
from logmedic.model import NANOSECONDS, Incident, Severity
from logmedic.pipeline.rehearsal import Alert
from logmedic.store import activity
from logmedic.web.access import Role
from logmedic.web.needs import needs
from logmedic.web.render import page, user_of
from logmedic.web.site import Site

router = APIRouter()

DAY = 86_400 * NANOSECONDS
LONGEST_TRIAL = 60_000  # characters; below what any form may have


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    kind: str
    severity: Severity
    services: tuple[str, ...]
    settings: dict[str, Any]
    matches: list[int]  # an hour, in the last 24
    forms: tuple[tuple[str, Compiled], ...]  # (backend, the rule in its words)


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What pasted lines would have led to."""

    lines: int
    rejects: int
    matches: dict[str, int]
    incidents: tuple[Incident, ...]
    alerts: tuple[Alert, ...]


@router.get("/rules")
def rules(request: Request) -> Response:
    """What is active, in the words of each place where logs are."""
    return _page(request, None, "")


@router.post("/rules")
@needs(Role.OPERATOR)
def try_(request: Request, text: Annotated[str, Form(max_length=LONGEST_TRIAL)]) -> Response:
    """Run pasted lines through rules, grouping and policy. Nothing is stored, nobody is told."""
    site: Site = request.app.state.site
    replayed = explaining.would(site.loaded, text.replace("\r\n", "\n").encode("utf-8", "replace"), "lines")
    tried = Tried(
        lines=replayed.summary.lines,
        rejects=replayed.summary.rejects,
        matches=replayed.summary.matches,
        incidents=tuple(replayed.incidents),
        alerts=replayed.alerts,
    )
    return _page(request, tried, text)


def _page(request: Request, tried: Tried | None, text: str) -> Response:
    site: Site = request.app.state.site
    user = user_of(request)
    now = site.clock.now()
    hours = activity.matches_by_hour(site.store.database, now - DAY, now)
    everything = surfaces()
    found = [
        Shown(
            name=rule.name,
            kind=type(rule).__name__.removesuffix("Rule").lower(),
            severity=rule.severity,
            services=tuple(getattr(rule, "services", ())),
            settings=_settings(rule),
            matches=hours.get(rule.name, [0] * 24),
            forms=tuple((compiler.name, compiler.compile((rule,), everything)) for compiler in COMPILERS),
        )
        for rule in build_rules(site.loaded.config.rules)
    ]
    return page(
        request, "rules.html", rules=found, tried=tried, text=text, most=LONGEST_TRIAL,
        may_try=user is not None and user.role.may(Role.OPERATOR),
    )  # fmt: skip


def _settings(rule: object) -> dict[str, Any]:
    """What a rule compares with, beside what every rule has."""
    values = msgspec.structs.asdict(rule) if isinstance(rule, msgspec.Struct) else {}
    return {
        name: ", ".join(map(str, value)) if isinstance(value, tuple) else getattr(value, "name", value)
        for name, value in values.items()
        if name not in {"name", "severity", "services"}
    }
