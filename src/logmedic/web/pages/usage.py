"""What models were asked, what it cost, what the budget still allows, and what became of fixes."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa
from fastapi import APIRouter, Request
from starlette.responses import Response

from logmedic.investigate.claude.purse import caps
from logmedic.model import NANOSECONDS
from logmedic.store import activity, browse
from logmedic.store.fixes import Fixes, fates
from logmedic.store.ledger import DOLLAR, Entry, Ledger
from logmedic.web.render import iso, page
from logmedic.web.site import Site

router = APIRouter()

DAYS = 30
DEAREST = 20  # incidents that are listed
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


class Dear(msgspec.Struct, frozen=True):
    """What was spent on one incident."""

    incident: browse.Row | None  # ``None``: it is no longer kept
    fingerprint: str
    requests: int
    cost: float | None  # US dollars


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
    entries = ledger.entries(now - DAYS * DAY)
    came_of = fates(Fixes(site.store.database).since(now - DAYS * DAY))
    return page(
        request,
        "usage.html",
        groups=grouped(entries),
        dollar=DOLLAR,
        days=daily(entries, now),
        dearest=dearest(site.store.database, entries),
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


def daily(entries: Sequence[Entry], now: int) -> list[tuple[str, int]]:
    """Money of each of the last days (UTC), today last: (day, the ledger's units)."""
    spent: dict[str, int] = {}
    for entry in entries:
        day = iso(entry.at)[:10]
        spent[day] = spent.get(day, 0) + (_amount(entry) or 0)
    days = [iso(now - back * DAY)[:10] for back in reversed(range(DAYS))]
    return [(day, spent.get(day, 0)) for day in days]


def dearest(database: sa.Engine, entries: Sequence[Entry]) -> list[Dear]:
    """The incidents on which most was spent; what was merged counts with what it was merged into."""
    own = browse.survivors(database, {entry.fingerprint for entry in entries})
    parts: dict[str, list[Entry]] = {}
    for entry in entries:
        parts.setdefault(own.get(entry.fingerprint, entry.fingerprint), []).append(entry)
    dear = sorted(parts.items(), key=lambda item: (-sum(_amount(e) or 0 for e in item[1]), item[0]))[:DEAREST]
    rows = browse.of_fingerprints(database, [fingerprint for fingerprint, _ in dear])
    return [Dear(rows.get(fingerprint), fingerprint, len(part), _cost(part)) for fingerprint, part in dear]


def _amount(entry: Entry) -> int | None:
    return 0 if entry.state == "failed" else entry.reserved if entry.cost is None else entry.cost


def _cost(entries: Sequence[Entry]) -> float | None:
    """What was billed, or set aside where the end is not known."""
    amounts = [_amount(entry) for entry in entries]
    return None if None in amounts else sum(amount or 0 for amount in amounts) / DOLLAR
