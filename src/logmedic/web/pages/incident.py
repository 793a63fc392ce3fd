"""One incident: the verdict first, then what it rests on."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Sequence
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from logmedic.build import fixing
from logmedic.errors import ShellError
from logmedic.model import Claim, Diagnosis, Evidence, Frame, LogRecord, Stack, State
from logmedic.pipeline.page import read
from logmedic.store.fixes import Fixes
from logmedic.web.access import Role
from logmedic.web.marks import marks, on_histogram
from logmedic.web.needs import needs
from logmedic.web.pages.stream import _note
from logmedic.web.render import language_of, name_of, page, user_of
from logmedic.web.site import Site
from logmedic.web.words import WORDS

router = APIRouter()

MOST_DIFF_LINES = 400
SIMILAR = 8
_ONE_AT_A_TIME = threading.Lock()  # a diagnosis takes a core for a second
LARGEST_NUMBER = 2**63 - 1
_POINTED = re.compile(r"\s*\d+>")  # the number of a line, and a mark
_NUMBER = re.compile(r"\s*\d+[> ]")
LEAST_QUOTED = 3  # characters; a letter or two stand everywhere
LEAST_WITHIN = 8  # characters of a line that count as part of a quotation
# What has one button, in which states it makes a difference.
_SIMPLE = {
    "ack": (State.OPEN, State.SNOOZED),
    "ignore": (State.OPEN, State.ACKED, State.SNOOZED),
    "reopen": (State.ACKED, State.SNOOZED, State.RESOLVED, State.IGNORED),
}


class Group(msgspec.Struct, frozen=True):
    """Frames that follow each other and are all ours, or all of libraries."""

    in_app: bool
    frames: tuple[Frame, ...]


class Part(msgspec.Struct, frozen=True):
    type: str
    message: str
    groups: tuple[Group, ...]


class Folded(msgspec.Struct, frozen=True):
    """A stack with the frames of libraries folded; the innermost cause first, each with its deepest call first."""

    parts: tuple[Part, ...]


class Shelf(msgspec.Struct, frozen=True):
    """Evidence in the order of use: what claims cite, the plain lines around, the rest."""

    cited: tuple[Evidence, ...]
    lines: tuple[Evidence, ...]
    others: tuple[Evidence, ...]


class Diff(msgspec.Struct, frozen=True):
    lines: tuple[tuple[str, str], ...]  # (kind, text)
    more: int  # lines that are not shown


@router.get("/incidents/{number}")
def incident(request: Request, number: int, done: Annotated[int | None, Query(ge=0, le=10_000)] = None) -> Response:
    site: Site = request.app.state.site
    found = site.store.incident(number) if 0 < number <= LARGEST_NUMBER else None
    if found is None:
        raise HTTPException(404)
    shown = read(site.store, found, site.explain)
    record = None if shown.sample is None else shown.sample.record
    stack = None if shown.sample is None else shown.sample.grouping.stack or shown.sample.record.stack
    user = user_of(request)
    marked = marks(site.store, found, shown.timeline)
    return page(
        request,
        "incident.html",
        page=shown,
        record=record,
        fields="" if record is None else _fields(record),
        evidence=None if found.diagnosis is None else shelve(found.diagnosis),
        stack=None if stack is None else fold(stack),
        diffs={} if found.diagnosis is None else _diffs(site, found.diagnosis),
        simple=[name for name, states in _SIMPLE.items() if found.state in states],
        lines_of=lines_of,
        no_fix=fixing.in_the_way(site.loaded, site.store, found, now=site.clock.now()),
        similar=site.store.similar(found, SIMILAR),
        marks=on_histogram(marked, found.last_seen),
        happened=sorted([*shown.timeline, *(m for m in marked if m.release)], key=lambda entry: entry.at),
        fixes=Fixes(site.store.database).of_incident(found.id),
        may_diagnose=site.again is not None,
        may_change=user is not None and user.role.may(Role.OPERATOR),
        note=_note(done, language_of(request, site.loaded.language)),
    )


@router.post("/incidents/{number}/diagnosis")
@needs(Role.OPERATOR)
def diagnose(request: Request, number: int) -> Response:
    """Look again at what the logs, the repository and the history say now; one at a time."""
    site: Site = request.app.state.site
    if site.again is None or not 0 < number <= LARGEST_NUMBER or site.store.incident(number) is None:
        raise HTTPException(404)
    if not _ONE_AT_A_TIME.acquire(blocking=False):
        raise HTTPException(409, WORDS["act.diagnose.busy"].in_(language_of(request, site.loaded.language)))
    try:
        site.again(number, name_of(request))
    finally:
        _ONE_AT_A_TIME.release()
    site.live.poke()
    return RedirectResponse(f"/incidents/{number}?done=1", 303)


def shelve(diagnosis: Diagnosis) -> Shelf:
    cited = {name for claim in diagnosis.claims for name in claim.citations}
    rest = [item for item in diagnosis.evidence if item.id not in cited]
    return Shelf(
        tuple(item for item in diagnosis.evidence if item.id in cited),
        tuple(item for item in rest if item.kind == "log"),
        tuple(item for item in rest if item.kind != "log"),
    )


def lines_of(item: Evidence, claims: Sequence[Claim]) -> list[list[tuple[bool, str]]]:
    """The lines of an item in parts, and which of these are in question.

    That is what claims quote of it; in source code also the line that ``source.show`` points at.
    """
    said = {" ".join(q.text.split()) for claim in claims for q in claim.quotes if q.evidence == item.id}
    quotes = {quote for quote in said if len(quote) >= LEAST_QUOTED}
    found = []
    for line in item.text.splitlines():
        if item.kind == "source" and _POINTED.match(line) is not None:
            found.append([(True, line)])
        else:
            found.append(_parts(line, quotes))
    return found


def _parts(line: str, quotes: set[str]) -> list[tuple[bool, str]]:
    """A line that is within a quotation of several is in question as a whole."""
    within = " ".join(_NUMBER.sub("", line, count=1).split())
    if len(within) >= LEAST_WITHIN and any(within in quote for quote in quotes):
        return [(True, line)]
    words = [r"\s+".join(map(re.escape, quote.split())) for quote in sorted(quotes, key=len, reverse=True)]
    pieces = re.split(f"({'|'.join(words)})", line) if words else [line]
    return [(bool(at % 2), piece) for at, piece in enumerate(pieces) if piece or len(pieces) == 1]


def fold(stack: Stack) -> Folded:
    """What a reader looks at first comes first."""
    parts = []
    for part in reversed(stack.parts):
        groups = itertools.groupby(reversed(part.frames), key=lambda frame: frame.in_app)
        parts.append(Part(part.type, part.message, tuple(Group(ours, tuple(frames)) for ours, frames in groups)))
    return Folded(tuple(parts))


def _fields(record: LogRecord) -> str:
    """What was logged beside the message, for people."""
    shown = {
        "level": record.level.name, "target": record.target, "spans": list(record.spans), "release": record.release,
        "duration_ms": record.duration_ms, "request_id": record.request_id, "trace_id": record.trace_id,
        "flags": list(record.flags), "at": str(record.ref), **record.fields,
    }  # fmt: skip
    kept = {name: value for name, value in shown.items() if value not in (None, "", [], {})}
    return msgspec.json.format(msgspec.json.encode(kept), indent=2).decode()


def _diffs(site: Site, diagnosis: Diagnosis) -> dict[str, Diff]:
    """The changes of the suspects. Only commits that the diagnosis names, which come from the repository itself."""
    if site.git is None:
        return {}
    found = {}
    for suspect in diagnosis.suspects[:5]:
        try:
            text = site.git.run("show", "--format=", "--no-color", "--stat", "--patch", suspect.commit)
        except ShellError:
            continue  # the repository has moved on, or was another one
        found[suspect.commit] = shortened(text.decode(errors="replace"))
    return found


def shortened(text: str) -> Diff:
    """The first lines of a diff, each with its kind."""
    lines = text.splitlines()
    shown = tuple((_kind(line), line[:400]) for line in lines[:MOST_DIFF_LINES])
    return Diff(shown, max(0, len(lines) - MOST_DIFF_LINES))


def _kind(line: str) -> str:
    if line.startswith("@@"):
        return "hunk"
    if line.startswith("+") and not line.startswith("+++"):
        return "add"
    return "del" if line.startswith("-") and not line.startswith("---") else "ctx"
