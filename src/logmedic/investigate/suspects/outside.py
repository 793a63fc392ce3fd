"""Signs that an outage came from outside: that no change of ours has to be behind it. Pure.

Each sign is a number from 0 to 1. :mod:`.ranking` weighs them
against the best suspect; none of them decides alone.
"""

# ruff: noqa: E501  a table reads best with one thing a row

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from logmedic.investigate.changes.vocabulary import bounded_search
from logmedic.investigate.faults.cascade import core_name
from logmedic.investigate.faults.kind import Code
from logmedic.investigate.suspects.scene import Scene
from logmedic.model import NANOSECONDS, Level, LogRecord

NEAR = 30 * 60  # s between the onset and what others tell of it
DENSER = 3.0  # times: from where lines of a kind that come closer together mean more traffic
LEAST_LINES = 8  # of a kind, to tell how dense they are
LEAST_ALIKE = 3  # errors that name the same caller

SIGNS = {
    "provider": r"maintenance|status page|outage|service update|fail-?over|provider\b|degraded|incident\b|investigating|service_unavailable|scheduled|slow ?down|overloaded|reduce your request rate",
    "platform": r"reclaim|preempt|spot\b|drain|not ?ready|hardware|coredns|kube-system|i/o (?:stall|wait)|iowait|steal|chrony|ntp\b|clock offset|clock skew|synchroni[sz]e|node .{0,40}(?:lost|gone|cordon)|natgateway|portallocation|host-agent|kernel",
    "expiry": r"(?<!timeout )has expired|expired on|expired at|is expired|not after|lapsed|certificateexpired|nxdomain|servfail|domain .{0,20}expired",
    "revoked": r"revoked|suspended|leaked|disabled by|has been disabled|account (?:closed|locked)|blocked by",
    "load": r"rps\b|requests last minute|requests per|at maximum|max ?replicas|maximum of|queue full|referr?er|campaign|visitors|waiting=\d{3}|in_flight|shed|surge|rate=\d",
    "client": r"user.?agent|crawler|bot\b|stuffing|wrong password|invalid (?:email|credentials)|failed logins|validation failed|bad request|malformed|\b400\b|\b422\b",
    "data": r"out of range|maximum value|nextval|wraparound|sequence .{0,40}(?:limit|exhaust)|invalid (?:start|continuation) byte|truncated file|unexpected end of (?:file|data)|row \d+|line \d+ of|upload",
}
_URL = re.compile(r"https?://([\w.-]+)|(?:tcp|host|to) ([\w-]+(?:\.[\w-]+)+)")
_INSIDE = re.compile(r"internal|local|svc|corp|\A\d+\.\d+")
# Fields that tell for whom or on what a request ran.
_ASKED_BY = frozenset(
    [
        "agent",
        "user_agent",
        "user-agent",
        "ua",
        "client",
        "partner",
        "app",
        "supplier",
        "tenant",
        "customer",
        "firmware",
        "node",
        "host",
        "device",
        "carrier",
        "vendor",
        "app_version",
        "merchant",
        "source",
        "sender",
        "brand",
        "region",
        "issued_by",
        "user",
    ]
)
_DIGITS = re.compile(r"\d+")


def signs(scene: Scene, texts: Sequence[tuple[str, float]], owners: Iterable[str]) -> dict[str, float]:
    """Name → strength. ``texts``: the errors of the episode, and how near each is to where it began; ``owners``:
    the services that the changes belong to.
    """
    ours = {*owners, *scene.deployed}
    notes = "\n".join(_notes(scene, ours))
    one, new = _one_caller(scene)
    alien = scene.hit[:1] and scene.hit[0] not in ours
    said = "\n".join(text for text, _ in texts)
    found = {name: _strongest(pattern, texts) for name, pattern in SIGNS.items()}
    return found | {
        "note": float(any(bounded_search(pattern)(notes) for pattern in SIGNS.values())),
        "foreign": float(any(_foreign(said, scene.services))),
        "one-caller": float(one),
        "new-caller": float(new),
        "traffic": float(_denser(scene.told) >= DENSER),
        "alien": float(bool(alien)),
        "lone": float(len(scene.changes) == 1),  # it is easily the best of one
        "kind": float(scene.kind.code is Code.OUTSIDE),
    }


def _strongest(pattern: str, texts: Sequence[tuple[str, float]]) -> float:
    search = bounded_search(pattern)
    return max((weight for text, weight in texts if search(text)), default=0.0)


def text_of(record: LogRecord) -> str:
    """All that a record says, in the order of its parts."""
    parts = (record.message, record.exception_type, record.exception_message, (record.stack_text or "")[:4_000])
    return "\n".join(filter(None, (*parts, *(f"{key} {value}" for key, value in flat(record.fields)))))


def flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """The texts and numbers in fields, however deep, each with the name of its own field in lower case."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flat(inner, str(key).lower())
    elif isinstance(value, list):
        for inner in value[:20]:
            yield from flat(inner, name)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield name, str(value)


def once(records: Iterable[LogRecord]) -> list[LogRecord]:
    """The first line of each kind of line of each service."""
    kinds: dict[tuple[str, int, str | None, str], LogRecord] = {}
    for record in records:
        kinds.setdefault((record.service, record.level, record.exception_type, _template(record)), record)
    return list(kinds.values())


def _template(record: LogRecord) -> str:
    return "".join(_DIGITS.split(record.message[:200]))


def _notes(scene: Scene, ours: Collection[str]) -> Iterator[str]:
    """What those tell at the time of the onset who are no service that we deploy."""
    for record in once(scene.told):
        near = abs(record.time // NANOSECONDS - scene.first_seen) < NEAR
        if near and record.level < Level.ERROR and record.service not in ours:
            yield text_of(record)


def _foreign(said: str, services: Sequence[str]) -> Iterator[bool]:
    """Whether each address that the errors name is of somebody else."""
    ours = {core_name(name) for name in services}
    for found in _URL.finditer(said):
        host = (found[1] or found[2]).lower()
        yield "." in host and not _INSIDE.search(host) and ours.isdisjoint(re.split(r"[.-]", host))


def _denser(records: Sequence[LogRecord]) -> float:
    """How many times closer together the lines of a kind came in the end than at first; the most of all kinds."""
    times: dict[tuple[str, str], list[int]] = {}
    for record in records:
        if record.level < Level.WARN:
            times.setdefault((record.service, _template(record)[:60]), []).append(record.time)
    most = 1.0
    for at in times.values():
        gaps = [after - before for before, after in itertools.pairwise(at)]
        few = max(3, len(gaps) // 6)
        if len(at) >= LEAST_LINES:
            early, late = sorted(gaps[:few])[few // 2], sorted(gaps[-few:])[few // 2]
            most = max(most, early / max(late, NANOSECONDS // 20))
    return most


def _one_caller(scene: Scene) -> tuple[bool, bool]:
    """Whether all errors name one caller while others are served, and whether nobody saw that caller before."""
    failed = [dict(flat(r.fields)) for r in scene.told if r.level >= Level.ERROR and r.service in scene.hit[:1]]
    served = [
        dict(flat(r.fields)) for r in scene.told if r.level < Level.WARN and r.time // NANOSECONDS < scene.first_seen
    ]
    one = new = False
    for key in _ASKED_BY:
        values = [fields[key] for fields in failed if key in fields]
        known = {fields[key] for fields in served if key in fields}
        if len(values) >= LEAST_ALIKE and len(set(values)) == 1:
            one = one or bool(known - set(values))
            new = new or (bool(known) and values[0] not in known)
    return one, new
