"""What is forgotten after a while, in small transactions, so that nobody who counts waits for long.

An incident goes with all that belongs to it (samples, timeline, deliveries, fixes), once it has not occurred for so
many days and nothing about it is under way. One that somebody has told us to ignore stays: it would be told of again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import sqlalchemy as sa

from logmedic.model import NANOSECONDS, State
from logmedic.store import tables as t
from logmedic.store.bulletins import storing
from logmedic.store.reading import HISTOGRAM_MINUTES, MINUTE
from logmedic.store.rows import insert_for

DAY = 86_400 * NANOSECONDS
MESSAGES_DAYS = 35  # that sent digests, reminders and rejected lines are kept: a month and some
INCIDENTS_AT_A_TIME = 50
ROWS_AT_A_TIME = 5_000
PRUNED = "pruned-at"  # what is carried of the last time


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """Days; 0: for ever."""

    days: int
    minutes_days: int


class Step(msgspec.Struct, frozen=True):
    """What goes from one table. ``some`` deletes a few rows and returns how many, ``None`` at the end; ``count``: how
    many in all."""

    name: str
    count: Callable[[sa.Connection], int]
    some: Callable[[sa.Connection], int | None]


def steps(keep: Retention, now: int) -> list[Step]:
    """All that is older than it need be at ``now`` (ns)."""
    found = []
    old = now - MESSAGES_DAYS * DAY
    b, r = t.bulletins.c, t.rejects.c
    sent = sa.and_(b.result.not_in(("pending", "deferred")), b.updated_at < old)
    found.append(_rows("messages", t.bulletins, [b.key], sent))
    found.append(_rows("rejected lines", t.rejects, [r.source, r.stream, r.offset], r.at < old))
    if keep.minutes_days:
        found += _minutes((now - keep.minutes_days * DAY) // MINUTE)
    if keep.days:
        before = now - keep.days * DAY
        s, m, a, q = t.spending.c, t.model_reports.c, t.self_alerts.c, t.silences.c
        found.append(_rows("incidents", t.incidents, [t.incidents.c.id], _forgotten(before), INCIDENTS_AT_A_TIME))
        found.append(_rows("requests to models", t.spending, [s.id], s.at < before))
        found.append(_rows("reports of models", t.model_reports, [m.fingerprint], m.at < before))
        found.append(_rows("own troubles", t.self_alerts, [a.name], a.cleared_at < before))
        found.append(_rows("silences", t.silences, [q.id], q.until < before))
    return found


def count(database: sa.Engine, keep: Retention, now: int) -> dict[str, int]:
    """How many rows of each kind would go; nothing is changed."""
    with storing(database, writing=False) as connection:
        return {step.name: step.count(connection) for step in steps(keep, now)}


def prune(database: sa.Engine, keep: Retention, now: int) -> Iterator[tuple[str, int]]:
    """Forget what is old. Tells after each small transaction what went and how many, so that a caller can stop."""
    for step in steps(keep, now):
        while True:
            with storing(database) as connection:
                gone = step.some(connection)
            if gone is None:
                break
            yield step.name, gone


def pruned_at(database: sa.Engine) -> int:
    """When all that was old had gone (ns); 0: never."""
    with storing(database, writing=False) as connection:
        value = connection.execute(sa.select(t.carried.c.value).where(t.carried.c.name == PRUNED)).scalar()
    return 0 if value is None else int(value)


def note_pruned(database: sa.Engine, now: int) -> None:
    value = str(now).encode()
    with storing(database) as connection:
        insert = insert_for(connection, t.carried).values(name=PRUNED, value=value)
        connection.execute(insert.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def _forgotten(before: int) -> sa.ColumnElement[bool]:
    i, f, a = t.incidents.c, t.fixes.c, t.aliases.c
    fixing = sa.select(f.incident_id).where(f.ended_at.is_(None) | (f.fate == "open"))
    merged = sa.select(a.fingerprint)  # goes after the incident that it has been merged into
    return sa.and_(
        i.last_seen < before,
        i.created_at < before,
        i.handled_generation >= i.generation,
        i.state != State.IGNORED.value,
        i.id.not_in(fixing),
        i.fingerprint.not_in(merged),
    )


def _minutes(before: int) -> list[Step]:
    """Counts by the minute; of each incident the last day stays, which its page and its messages show."""
    h, i, r = t.histogram.c, t.incidents.c, t.rule_counts.c
    shown = sa.select(i.last_seen // MINUTE - HISTOGRAM_MINUTES).where(i.id == h.incident_id).scalar_subquery()
    old = sa.and_(h.minute < before, h.minute < shown)
    done = 0  # the last incident that was looked at: so the table is gone through once

    def some(connection: sa.Connection) -> int | None:
        nonlocal done
        ids = sa.select(i.id).where(i.id > done).order_by(i.id).limit(INCIDENTS_AT_A_TIME)
        last = connection.execute(sa.select(sa.func.max(ids.subquery().c.id))).scalar()
        if last is None:
            return None
        deleted = connection.execute(sa.delete(t.histogram).where(h.incident_id > done, h.incident_id <= last, old))
        done = last
        return deleted.rowcount

    return [
        Step("minutes of incidents", _count(t.histogram, old), some),
        _rows("minutes of rules", t.rule_counts, [r.rule, r.service, r.minute], r.minute < before),
    ]


def _rows(
    name: str, table: sa.Table, key: list[sa.Column[Any]], old: sa.ColumnElement[bool], most: int = ROWS_AT_A_TIME
) -> Step:
    chosen = sa.select(*key).where(old).limit(most)
    which = key[0] if len(key) == 1 else sa.tuple_(*key)

    def some(connection: sa.Connection) -> int | None:
        return connection.execute(sa.delete(table).where(which.in_(chosen))).rowcount or None

    return Step(name, _count(table, old), some)


def _count(table: sa.Table, old: sa.ColumnElement[bool]) -> Callable[[sa.Connection], int]:
    query = sa.select(sa.func.count()).select_from(table).where(old)
    return lambda connection: int(connection.execute(query).scalar_one())
