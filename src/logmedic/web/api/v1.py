"""Version 1 of the API."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Path, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from logmedic.errors import UsageError
from logmedic.model import NANOSECONDS, Severity, State
from logmedic.pipeline.page import as_json, read
from logmedic.pipeline.shown import iso
from logmedic.respond.spoken import title
from logmedic.store import browse
from logmedic.web import acting
from logmedic.web.access import Role
from logmedic.web.api import shapes
from logmedic.web.api.answers import answer
from logmedic.web.needs import needs
from logmedic.web.pages import fixes
from logmedic.web.render import language_of, name_of
from logmedic.web.site import Site
from logmedic.web.sources import watched

_PROBLEM: dict[str, Any] = {
    "description": "what went wrong, in the reader's language",
    "content": {"application/problem+json": {"schema": shapes.Problem.model_json_schema()}},
}
router = APIRouter(
    prefix="/api/v1",
    responses=dict.fromkeys((401, 403, 404, 421, 422, 503), _PROBLEM),
)

_CURSOR = msgspec.json.Decoder(tuple[int, int])
AROUND = 15 * 60 * NANOSECONDS
LONGEST_CURSOR = 100  # characters
MOST_LINES = 2_000


@router.get("/incidents", response_model=shapes.Rows)
def incidents(
    request: Request,
    state: Annotated[list[State] | None, Query()] = None,
    severity: Annotated[list[Severity] | None, Query()] = None,
    service: Annotated[str, Query(max_length=500)] = "",
    search: Annotated[str, Query(max_length=browse.LONGEST_SEARCH)] = "",
    order: browse.Order = browse.Order.LAST_SEEN,
    limit: Annotated[int, Query(ge=1, le=browse.MOST_ROWS)] = 50,
    cursor: Annotated[str, Query(max_length=LONGEST_CURSOR)] = "",
) -> Response:
    """Incidents that fit, a page at a time; ``next`` is the ``cursor`` of the page after."""
    site: Site = request.app.state.site
    query = browse.Query(
        states=tuple(state or ()), severities=tuple(severity or ()), service=service, search=search, order=order,
        after=_after(cursor), limit=limit,
    )  # fmt: skip
    found = browse.page(site.store.database, query)
    language = language_of(request, site.loaded.language)
    after = None if found.after is None else base64.urlsafe_b64encode(msgspec.json.encode(found.after)).decode()
    return answer(request, {"incidents": [_row(row, language) for row in found.rows], "next": after})


@router.get("/incidents/{number}", response_model=shapes.Incident)
def incident(request: Request, number: Annotated[int, Path(ge=1, le=2**63 - 1)]) -> Response:
    """One incident with its diagnosis, evidence, timeline, and what was told of it."""
    site: Site = request.app.state.site
    found = site.store.incident(number)
    if found is None:
        raise HTTPException(404)
    page = read(site.store, found, site.explain)
    return answer(request, as_json(page, language_of(request, site.loaded.language)))


@router.post("/incidents/changes", response_model=shapes.Changed)
@needs(Role.OPERATOR)
def change(request: Request, change: shapes.Change) -> Response:
    """Acknowledge, resolve, snooze, ignore, reopen or merge incidents, all in one transaction."""
    site: Site = request.app.state.site
    action = acting.Action(
        do=change.do, ids=tuple(dict.fromkeys(change.ids)), release=change.release.strip(), seconds=change.seconds,
        more=change.more, into=change.into,
    )  # fmt: skip
    changed = acting.act(site.store, action, now=site.clock.now(), actor=name_of(request))
    site.live.poke()
    return answer(request, {"changed": changed})


@router.post("/incidents/{number}/fix", response_model=shapes.Asked, status_code=202, responses={409: _PROBLEM})
@needs(Role.OPERATOR)
def fix(request: Request, number: Annotated[int, Path(ge=1, le=2**63 - 1)]) -> Response:
    """Let an agent try to mend the incident's bug; refused (409, with the reason) where it may not or need not."""
    begun = fixes.asked(request, number)
    page = f"/fixes/{quote(begun.key, safe='')}"
    return answer(request, {"fix": begun.key, "state": begun.state, "page": page}, 202)


@router.get("/requests/{name}", response_model=shapes.Lines)
def lines(
    request: Request,
    name: Annotated[str, Path(min_length=1, max_length=200)],
    at: Annotated[int, Query(ge=0, le=2**62, description="ns since the epoch; looked for 15 minutes around it")] = 0,
) -> Response:
    """The lines of one request, of all services, in the order of time."""
    site: Site = request.app.state.site
    middle = at or site.clock.now()
    found = sorted(site.logs.by_request(name, middle - AROUND, middle + AROUND), key=lambda record: record.time)
    body = [
        {
            "time": iso(r.time),
            "level": r.level.name,
            "service": r.service,
            "message": r.message,
            "spans": list(r.spans),
            "target": r.target,
            "duration_ms": r.duration_ms,
        }
        for r in found[:MOST_LINES]
    ]
    return answer(request, {"request": name, "lines": body})


@router.get("/sources", response_model=list[shapes.Source])
def sources(request: Request) -> Response:
    """The configured sources, with what has been read of each."""
    site: Site = request.app.state.site
    return answer(
        request,
        [
            {
                "name": s.name,
                "kind": s.kind,
                "what": s.what,
                "lines": s.lines,
                "lines_per_s": s.lines_per_s,
                "rejects": s.rejects,
                "unread_bytes": s.backlog.bytes,
                "behind_s": s.backlog.seconds,
                "problem": s.backlog.problem or None,
            }
            for s in watched(site)
        ],
    )


def _row(row: browse.Row, language: str) -> dict[str, Any]:
    return {
        "id": row.id,
        "fingerprint": row.fingerprint,
        "title": title(row, language),
        "culprit": row.culprit,
        "service": row.service,
        "error_code": row.error_code,
        "state": row.state.value,
        "substate": row.substate.value,
        "severity": row.severity.value,
        "count": row.count,
        "first_seen": iso(row.first_seen),
        "last_seen": iso(row.last_seen),
        "verdict": None if row.verdict is None else row.verdict.in_(language),
        "confidence": row.confidence,
    }


def _after(cursor: str) -> tuple[int, int] | None:
    if not cursor:
        return None
    try:
        value, number = _CURSOR.decode(base64.urlsafe_b64decode(cursor.encode()))
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise UsageError("cursor: not one that a page of this list has given") from None
    if not (-(2**63) <= value < 2**63 and -(2**63) <= number < 2**63):
        raise UsageError("cursor: not one that a page of this list has given")
    return value, number
