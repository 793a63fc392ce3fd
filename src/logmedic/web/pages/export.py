"""Incidents as CSV (RFC 4180), for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from logmedic.investigate import plain
from logmedic.respond.spoken import title
from logmedic.store import browse
from logmedic.web.pages.stream import View
from logmedic.web.render import iso, language_of
from logmedic.web.site import Site

router = APIRouter()

MOST_ROWS = 10_000
LONGEST = 2_000  # characters of one cell
COLUMNS = (
    "id", "title", "culprit", "service", "error_code", "severity", "state", "substate", "count", "first_seen",
    "last_seen", "verdict", "confidence", "fingerprint",
)  # fmt: skip
# What a spreadsheet would take for a formula (OWASP, CSV Injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@router.get("/incidents.csv")
def export(
    request: Request,
    q: Annotated[str, Query(max_length=200)] = "",
    state: str = "",
    severity: str = "",
    service: Annotated[str, Query(max_length=500)] = "",
    order: str = browse.Order.LAST_SEEN.value,
) -> Response:
    """What the list shows under this filter, up to 10,000 rows."""
    site: Site = request.app.state.site
    query = View(q.strip(), state, severity, service, order or browse.Order.LAST_SEEN.value).query()
    lines = _lines(site, query, language_of(request, site.loaded.language))
    headers = {"content-disposition": 'attachment; filename="incidents.csv"'}
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


def _lines(site: Site, query: browse.Query, language: str) -> Iterator[bytes]:
    yield "\ufeff".encode() + _line(COLUMNS)  # without the mark Excel takes Korean for another encoding
    left = MOST_ROWS
    while left:
        found = browse.page(site.store.database, msgspec.structs.replace(query, limit=min(left, browse.MOST_ROWS)))
        for row in found.rows:
            yield _line(cell(value) for value in _values(row, language))
        left -= len(found.rows)
        if found.after is None:
            return
        query = msgspec.structs.replace(query, after=found.after)


def _values(row: browse.Row, language: str) -> tuple[object, ...]:
    return (
        row.id, title(row, language), row.culprit, row.service, row.error_code or "", row.severity.value,
        row.state.value, row.substate.value, row.count, iso(row.first_seen), iso(row.last_seen),
        "" if row.verdict is None else row.verdict.in_(language),
        "" if row.confidence is None else f"{row.confidence:.2f}", row.fingerprint,
    )  # fmt: skip


def cell(value: object) -> str:
    """Text from a log calculates nothing in a spreadsheet, and fits on one line."""
    text = plain.line(value, LONGEST) if isinstance(value, str) else str(value)
    return f"'{text}" if isinstance(value, str) and text.lstrip().startswith(_FORMULA) else text


def _line(cells: Iterator[str] | tuple[str, ...]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue().encode("utf-8", "replace")
