"""From rows to incidents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from logmedic.model import NANOSECONDS, Bucket, Diagnosis, Incident, Severity, State, Substate
from logmedic.store import aliases
from logmedic.store import tables as t
from logmedic.store.rows import REASON, reason

MINUTE = 60 * NANOSECONDS
HISTOGRAM_MINUTES = 24 * 60  # how far an incident's histogram reaches back from its last occurrence

# Made once, before there are threads; see ``store.rows``.
_DIAGNOSIS = msgspec.json.Decoder(Diagnosis)

LIVING = sa.and_(t.incidents.c.count > 0, ~sa.exists().where(t.aliases.c.fingerprint == t.incidents.c.fingerprint))
"""Neither merged into another, nor split off without having been seen since."""


def incidents(connection: sa.Connection, *conditions: sa.ColumnElement[bool], limit: int) -> list[Incident]:
    """The incidents that fulfil the conditions, latest seen first."""
    query = (
        sa.select(t.incidents).where(*conditions)
        .order_by(t.incidents.c.last_seen.desc(), t.incidents.c.id.desc()).limit(limit)
    )  # fmt: skip
    rows = connection.execute(query).all()
    bars = histograms(connection, {row.id: row.last_seen for row in rows})
    others = aliases.of_incidents(connection, [row.id for row in rows])
    merged = aliases.merged_into(connection, [row.fingerprint for row in rows])
    return [_incident(row, bars.get(row.id, ()), others.get(row.id, ()), merged.get(row.fingerprint)) for row in rows]


def _incident(row: sa.Row[Any], bars: tuple[Bucket, ...], others: tuple[str, ...], merged: int | None) -> Incident:
    return Incident(
        id=row.id,
        fingerprint=row.fingerprint,
        title=row.title,
        culprit=row.culprit,
        service=row.service,
        error_code=row.error_code,
        state=State(row.state),
        substate=Substate(row.substate),
        severity=Severity(row.severity),
        floor=Severity(row.floor),
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        count=row._mapping["count"],  # a row has a method of that name
        generation=row.generation,
        reason=row.reason,
        histogram=bars,
        rules=tuple(msgspec.json.decode(row.rules)),
        snoozed_until=row.snoozed_until,
        diagnosis=None if row.diagnosis is None else _DIAGNOSIS.decode(row.diagnosis),
        why=reason(row.reason_code, row.reason_params, row.reason),
        held=None if row.held is None else REASON.decode(row.held),
        snooze_count=row.snooze_count,
        resolved_in=row.resolved_in,
        resolved_next=row.resolved_next,
        aliases=others,
        merged_into=merged,
    )


def histograms(connection: sa.Connection, last_seen: Mapping[int, int]) -> dict[int, tuple[Bucket, ...]]:
    """The bars of each incident in the day before its last occurrence (ns)."""
    if not last_seen:
        return {}
    c = t.histogram.c
    earliest = min(last_seen.values()) // MINUTE - HISTOGRAM_MINUTES
    query = (
        sa.select(c.incident_id, c.minute, c.count)
        .where(c.incident_id.in_(list(last_seen)), c.minute > earliest)
        .order_by(c.incident_id, c.minute)
    )
    bars: dict[int, list[Bucket]] = {}
    for incident_id, minute, count in connection.execute(query):
        if minute > last_seen[incident_id] // MINUTE - HISTOGRAM_MINUTES:
            bars.setdefault(incident_id, []).append(Bucket(minute * MINUTE, count))
    return {incident_id: tuple(buckets) for incident_id, buckets in bars.items()}
