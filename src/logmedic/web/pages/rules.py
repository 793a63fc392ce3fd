"""The rules that are active, and what they have matched."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from logmedic.detect.rules import build_rules
from logmedic.model import NANOSECONDS, Severity
from logmedic.store import activity
from logmedic.web.render import page
from logmedic.web.site import Site

router = APIRouter()

DAY = 86_400 * NANOSECONDS


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    kind: str
    severity: Severity
    services: tuple[str, ...]
    settings: dict[str, Any]
    matches: list[int]  # an hour, in the last 24


@router.get("/rules")
def rules(request: Request) -> Response:
    site: Site = request.app.state.site
    now = site.clock.now()
    hours = activity.matches_by_hour(site.store.database, now - DAY, now)
    found = [
        Shown(
            name=rule.name,
            kind=type(rule).__name__.removesuffix("Rule").lower(),
            severity=rule.severity,
            services=tuple(getattr(rule, "services", ())),
            settings=_settings(rule),
            matches=hours.get(rule.name, [0] * 24),
        )
        for rule in build_rules(site.loaded.config.rules)
    ]
    return page(request, "rules.html", rules=found)


def _settings(rule: object) -> dict[str, Any]:
    """What a rule compares with, beside what every rule has."""
    values = msgspec.structs.asdict(rule) if isinstance(rule, msgspec.Struct) else {}
    return {
        name: ", ".join(map(str, value)) if isinstance(value, tuple) else getattr(value, "name", value)
        for name, value in values.items()
        if name not in {"name", "severity", "services"}
    }
