"""Incidents as rows: what a batch needs to know of them, and how its changes are written.

Many rows with each statement: one for each incident would cost more than all the rest of a scan.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from logmedic.model import Reason, Sample, Severity, State, Substate
from logmedic.reasons import render
from logmedic.store import tables as t
from logmedic.store.rows import REASON, entry, insert_for, json, parts, reason, upsert

SAMPLES_KEPT = 20  # per fingerprint of an incident: the first few and the latest


class KnownIncident(msgspec.Struct, frozen=True, kw_only=True):
    """What a decision about a known fingerprint needs."""

    id: int
    fingerprint: str
    state: State
    substate: Substate
    severity: Severity
    floor: Severity
    first_seen: int
    last_seen: int
    last_raised: int
    count: int
    generation: int
    handled: bool  # people have been told of this generation
    why: Reason
    rules: tuple[str, ...]
    snoozed_until: int | None
    recent: tuple[tuple[int, int], ...]  # (minute since the epoch, count) of the last 25 hours of its own time
    snooze_count: int | None = None
    resolved_in: str | None = None
    resolved_next: bool = False
    held: Reason | None = None


class IncidentChange(msgspec.Struct, frozen=True, kw_only=True):
    """The new values of one incident after a batch, with what is added to its tables."""

    known: KnownIncident | None  # None: insert
    fingerprint: str
    title: str
    culprit: str
    service: str
    error_code: str | None
    state: State
    substate: Substate
    severity: Severity
    floor: Severity
    first_seen: int
    last_seen: int
    last_raised: int
    added: int
    generation: int
    why: Reason
    event: str | None  # what to write into the timeline, with the reason
    rules: tuple[str, ...]
    snoozed_until: int | None
    minutes: Mapping[int, int]  # minute since the epoch → occurrences to add
    samples: Sequence[Sample]
    snooze_count: int | None = None
    resolved_in: str | None = None
    resolved_next: bool = False
    held: Reason | None = None  # why it was only counted; into the timeline when it was not held before


def known(connection: sa.Connection, fingerprints: Iterable[str]) -> dict[str, KnownIncident]:
    """The incidents that these fingerprints already have. Their rows are locked, where a database locks rows."""
    found: dict[str, KnownIncident] = {}
    c = t.incidents.c
    for part in parts(list(fingerprints)):
        query = sa.select(t.incidents).where(c.fingerprint.in_(part)).order_by(c.fingerprint).with_for_update()
        rows = connection.execute(query).all()
        recent = _recent(connection, [row.id for row in rows])
        for row in rows:
            found[row.fingerprint] = KnownIncident(
                id=row.id,
                fingerprint=row.fingerprint,
                state=State(row.state),
                substate=Substate(row.substate),
                severity=Severity(row.severity),
                floor=Severity(row.floor),
                first_seen=row.first_seen,
                last_seen=row.last_seen,
                last_raised=row.last_raised,
                count=row._mapping["count"],  # a row has a method of that name
                generation=row.generation,
                handled=row.handled_generation >= row.generation,
                why=reason(row.reason_code, row.reason_params, row.reason),
                rules=tuple(msgspec.json.decode(row.rules)),
                snoozed_until=row.snoozed_until,
                recent=recent.get(row.id, ()),
                snooze_count=row.snooze_count,
                resolved_in=row.resolved_in,
                resolved_next=row.resolved_next,
                held=None if row.held is None else REASON.decode(row.held),
            )
    return found


def write(connection: sa.Connection, changes: Sequence[IncidentChange], now: int) -> dict[str, int]:
    """Insert and update incidents. Returns the incident id of each fingerprint."""
    ordered = sorted(changes, key=lambda c: c.fingerprint)  # one order for all writers: no deadlocks
    ids = _insert(connection, [c for c in ordered if c.known is None], now)
    ids.update(_update(connection, [(c, c.known.id) for c in ordered if c.known is not None]))
    bars = [
        {"incident_id": ids[c.fingerprint], "minute": minute, "count": n}
        for c in ordered
        for minute, n in c.minutes.items()
    ]
    if bars:
        bars.sort(key=lambda b: (b["incident_id"], b["minute"]))  # and one for all their rows
        upsert(connection, t.histogram, ["incident_id", "minute"], bars)
    _keep_samples(connection, [(c, ids[c.fingerprint]) for c in ordered if c.samples])
    events = [entry(ids[c.fingerprint], now, c.event, c.why) for c in ordered if c.event is not None]
    events += [
        entry(ids[c.fingerprint], now, "held", c.held)
        for c in ordered
        if c.held is not None and (c.known is None or c.known.held is None)
    ]
    if events:
        connection.execute(sa.insert(t.timeline), events)
    return ids


def _recent(connection: sa.Connection, incident_ids: Sequence[int]) -> dict[int, tuple[tuple[int, int], ...]]:
    if not incident_ids:
        return {}
    c = t.histogram.c
    latest = sa.select(sa.func.max(c.minute)).where(c.incident_id.in_(incident_ids)).scalar_subquery()
    query = (
        sa.select(c.incident_id, c.minute, c.count)
        .where(c.incident_id.in_(incident_ids), c.minute > latest - 25 * 60)
        .order_by(c.incident_id, c.minute)
    )
    recent: dict[int, list[tuple[int, int]]] = {}
    for incident_id, minute, count in connection.execute(query):
        recent.setdefault(incident_id, []).append((minute, count))
    return {incident_id: tuple(bars) for incident_id, bars in recent.items()}


def _insert(connection: sa.Connection, changes: Sequence[IncidentChange], now: int) -> dict[str, int]:
    if not changes:
        return {}
    rows = [
        {
            "fingerprint": c.fingerprint,
            "title": c.title,
            "culprit": c.culprit,
            "service": c.service,
            "error_code": c.error_code,
            "count": c.added,
            "handled_generation": 0,
            "created_at": now,
            **_changing(c),
        }
        for c in changes
    ]
    connection.execute(sa.insert(t.incidents), rows)
    column = t.incidents.c
    found: dict[str, int] = {}
    for part in parts([c.fingerprint for c in changes]):
        query = sa.select(column.fingerprint, column.id).where(column.fingerprint.in_(part))
        found.update((fingerprint, incident_id) for fingerprint, incident_id in connection.execute(query))
    return found


def _update(connection: sa.Connection, changes: Sequence[tuple[IncidentChange, int]]) -> dict[str, int]:
    if not changes:
        return {}
    c = t.incidents.c
    names = _changing(changes[0][0])
    statement = (
        sa.update(t.incidents)
        .where(c.id == sa.bindparam("key"))
        .values({"count": c.count + sa.bindparam("added"), **{name: sa.bindparam(f"new_{name}") for name in names}})
    )
    rows = [
        {"key": key, "added": change.added, **{f"new_{name}": value for name, value in _changing(change).items()}}
        for change, key in changes
    ]
    connection.execute(statement, rows)
    return {change.fingerprint: key for change, key in changes}


def _keep_samples(connection: sa.Connection, changes: Sequence[tuple[IncidentChange, int]]) -> None:
    rows = [
        {
            "incident_id": incident_id,
            "source": sample.record.ref.source,
            "stream": sample.record.ref.stream,
            "offset": sample.record.ref.offset,
            "time": sample.record.time,
            "body": json(sample),
            "fingerprint": sample.grouping.fingerprint,
        }
        for change, incident_id in changes
        for sample in change.samples
    ]
    if not rows:
        return
    connection.execute(
        insert_for(connection, t.samples).on_conflict_do_nothing(
            index_elements=["incident_id", "source", "stream", "offset"]
        ),
        rows,
    )
    c = t.samples.c
    half = SAMPLES_KEPT // 2
    for change, incident_id in changes:
        if change.known is None or change.known.count < SAMPLES_KEPT:
            continue
        for fingerprint in {sample.grouping.fingerprint for sample in change.samples}:
            of_it = (c.incident_id == incident_id, c.fingerprint == fingerprint)
            first = sa.select(c.id).where(*of_it).order_by(c.id).limit(half)
            last = sa.select(c.id).where(*of_it).order_by(c.id.desc()).limit(half)
            connection.execute(sa.delete(t.samples).where(*of_it, c.id.not_in(first), c.id.not_in(last)))


def _changing(change: IncidentChange) -> dict[str, Any]:
    return {
        "state": change.state.value,
        "substate": change.substate.value,
        "severity": change.severity.value,
        "floor": change.floor.value,
        "first_seen": change.first_seen,
        "last_seen": change.last_seen,
        "last_raised": change.last_raised,
        "generation": change.generation,
        "reason": render(change.why).en,
        "reason_code": change.why.code,
        "reason_params": json(change.why.params),
        "rules": json(change.rules),
        "snoozed_until": change.snoozed_until,
        "snooze_count": change.snooze_count,
        "resolved_in": change.resolved_in,
        "resolved_next": change.resolved_next,
        "held": None if change.held is None else json(change.held),
    }
