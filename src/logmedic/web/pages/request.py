"""One request through all services: its lines in the order of time, and its spans."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from logmedic.model import NANOSECONDS, Level, LogRecord
from logmedic.web.render import page
from logmedic.web.site import Site

router = APIRouter()

AROUND = 15 * 60 * NANOSECONDS  # looked for before and after a line that names the request
LONGEST_ID = 200
MOST_LINES = 2_000
LATEST = 2**62  # ns: the year 2116


class Line(msgspec.Struct, frozen=True):
    record: LogRecord
    offset_ms: float  # since the first line


class Span(msgspec.Struct, frozen=True):
    """A span as far as its lines tell: from the first to the last line written within it."""

    name: str
    service: str
    depth: int
    start_ms: float
    length_ms: float
    failed: bool


@router.get("/requests/{name:path}")
def request_page(request: Request, name: str, at: Annotated[int, Query(ge=0, le=LATEST)] = 0) -> Response:
    site: Site = request.app.state.site
    wanted = name[:LONGEST_ID]
    middle = at or site.clock.now()
    found = sorted(site.logs.by_request(wanted, middle - AROUND, middle + AROUND), key=lambda r: r.time)
    cut = max(0, len(found) - MOST_LINES)
    records = found[:MOST_LINES]
    first = records[0].time if records else 0
    lines = [Line(record, (record.time - first) / 1e6) for record in records]
    total = max((line.offset_ms for line in lines), default=0.0)
    return page(
        request, "request.html", name=wanted, lines=lines, cut=cut, spans=spans(lines), total=total, Level=Level
    )


def spans(lines: list[Line]) -> list[Span]:
    """Outermost first, each before what it encloses."""
    reach: dict[tuple[str, tuple[str, ...]], list[Line]] = {}
    for line in lines:
        record = line.record
        for depth in range(1, len(record.spans) + 1):
            reach.setdefault((record.service, record.spans[:depth]), []).append(line)
    found = []
    for (service, path), inside in reach.items():
        start, end = inside[0].offset_ms, inside[-1].offset_ms
        failed = any(line.record.level >= Level.ERROR for line in inside)
        found.append((start, service, path, Span(path[-1], service, len(path) - 1, start, end - start, failed)))
    return [span for _, _, _, span in sorted(found, key=lambda item: item[:3])]
