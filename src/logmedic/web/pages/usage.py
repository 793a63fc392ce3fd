"""What models were asked, what it cost, what the budget still allows, and what became of fixes."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from logmedic.investigate.claude.purse import caps
from logmedic.model import NANOSECONDS
from logmedic.store import activity
from logmedic.store.fixes import Fixes, fates
from logmedic.store.ledger import DOLLAR, Entry, Ledger
from logmedic.web.render import iso, page
from logmedic.web.site import Site

router = APIRouter()

DAYS = 30
DAY = 86_400 * NANOSECONDS


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """The requests of one day to one model."""

    day: str
    model: str
    requests: int
    failed: int
    tokens_in: int
    tokens_out: int
    cost: float | None  # US dollars; ``None``: the price of a request is not known


class Window(msgspec.Struct, frozen=True):
    key: str
    used: float  # US dollars
    cap: float


@router.get("/usage")
def usage(request: Request) -> Response:
    site: Site = request.app.state.site
    now = site.clock.now()
    ledger = Ledger(site.store.database)
    spent, limits = ledger.spent(now), caps(site.loaded.config.diagnose.budget)
    windows = [Window(n, getattr(spent, n) / DOLLAR, getattr(limits, n) / DOLLAR) for n in ("hour", "day", "month")]
    came_of = fates(Fixes(site.store.database).since(now - DAYS * DAY))
    return page(
        request,
        "usage.html",
        groups=grouped(ledger.entries(now - DAYS * DAY)),
        windows=windows,
        judged=activity.judged(site.store.database, now - DAYS * DAY),
        fixes=came_of if came_of["begun"] else {},
    )


def grouped(entries: Sequence[Entry]) -> list[Group]:
    """By day (UTC) and model, the latest day first."""
    parts: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        parts.setdefault((iso(entry.at)[:10], entry.model), []).append(entry)
    return [
        Group(
            day=day,
            model=model,
            requests=len(part),
            failed=sum(e.state == "failed" for e in part),
            tokens_in=sum(e.input_tokens for e in part),
            tokens_out=sum(e.output_tokens for e in part),
            cost=_cost(part),
        )
        for (day, model), part in sorted(parts.items(), reverse=True)
    ]


def _cost(entries: Sequence[Entry]) -> float | None:
    """What was billed, or set aside where the end is not known."""
    amounts = [0 if e.state == "failed" else e.reserved if e.cost is None else e.cost for e in entries]
    return None if None in amounts else sum(amount or 0 for amount in amounts) / DOLLAR
