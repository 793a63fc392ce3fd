"""What has been read of each source, and what the rules made of it."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from logmedic.model import Reason
from logmedic.store import tables as t
from logmedic.store.changes import JUDGED, RIGHT, WRONG
from logmedic.store.positions import FORGOTTEN
from logmedic.store.reading import MINUTE
from logmedic.store.rows import SELF, reason

RECENT = 100_000  # entries of timelines that are looked through for what people did


class Stream(msgspec.Struct, frozen=True):
    """How far one stream of a source has been read."""

    stream: str
    offset: int
    lines: int
    rejects: int
    updated_at: int  # ns
    done: bool


class Rejected(msgspec.Struct, frozen=True):
    """A line that no record could be made of."""

    source: str
    stream: str
    offset: int
    reason: str
    sample: str


def streams(database: sa.Engine, source: str, limit: int = 100) -> tuple[Stream, ...]:
    """The streams of a source, latest read first."""
    p = t.positions.c
    columns = (p.stream, p.offset, p.lines, p.rejects, p.updated_at, p.done)
    query = (
        sa.select(*columns)
        .where(p.source == source, p.stream != FORGOTTEN)
        .order_by(p.updated_at.desc(), p.stream)
        .limit(limit)
    )
    with database.connect() as connection:
        return tuple(Stream(*row) for row in connection.execute(query))


def rejects(database: sa.Engine, limit: int) -> tuple[Rejected, ...]:
    """The latest lines that could not be read."""
    r = t.rejects.c
    query = sa.select(r.source, r.stream, r.offset, r.reason, r.sample).order_by(r.at.desc()).limit(limit)
    with database.connect() as connection:
        return tuple(Rejected(*row) for row in connection.execute(query))


def matches_by_hour(database: sa.Engine, since: int, until: int) -> dict[str, list[int]]:
    """Records that each rule matched, in each hour from ``since`` up to ``until`` (ns)."""
    c = t.rule_counts.c
    first = since // MINUTE
    hours = max(1, (until // MINUTE - first + 59) // 60)
    query = (
        sa.select(c.rule, c.minute, sa.func.sum(c["count"]))
        .where(c.minute >= first, c.minute <= until // MINUTE)
        .group_by(c.rule, c.minute)
    )
    found: dict[str, list[int]] = {}
    with database.connect() as connection:
        for rule, minute, count in connection.execute(query):
            found.setdefault(rule, [0] * hours)[min(hours - 1, (minute - first) // 60)] += int(count)
    return found


def last_read(database: sa.Engine) -> dict[str, int]:
    """When each source was last read from, ns."""
    p = t.positions.c
    with database.connect() as connection:
        found = connection.execute(sa.select(p.source, sa.func.max(p.updated_at)).group_by(p.source))
        return {source: int(at) for source, at in found}


def matches(database: sa.Engine) -> dict[str, int]:
    """Records that each rule has matched, as far as its counters are kept."""
    c = t.rule_counts.c
    with database.connect() as connection:
        found = connection.execute(sa.select(c.rule, sa.func.sum(c["count"])).group_by(c.rule).order_by(c.rule))
        return {rule: int(count) for rule, count in found}


class Deed(msgspec.Struct, frozen=True):
    """What somebody did to an incident."""

    at: int  # ns
    incident_id: int
    event: str
    why: Reason
    actor: str


def deeds(database: sa.Engine, limit: int) -> tuple[Deed, ...]:
    """What people, and trackers in their name, did last; the latest first."""
    c = t.timeline.c
    recent = sa.select(sa.func.max(c.id) - RECENT).scalar_subquery()
    query = sa.select(t.timeline).where(c.actor != SELF, c.id > recent).order_by(c.id.desc()).limit(limit)
    with database.connect() as connection:
        return tuple(
            Deed(row.at, row.incident_id, row.event, reason(row.code, row.params, row.reason), row.actor)
            for row in connection.execute(query)
        )


def judged(database: sa.Engine, since: int) -> tuple[int, int]:
    """Incidents whose diagnosis people found (right, wrong) since then (ns); of several judgements the last counts."""
    c = t.timeline.c
    last = (
        sa.select(sa.func.max(c.id)).where(c.event == JUDGED, c.at >= since).group_by(c.incident_id).scalar_subquery()
    )
    query = sa.select(c.code, sa.func.count()).where(c.id.in_(last)).group_by(c.code)
    with database.connect() as connection:
        found = {code: int(count) for code, count in connection.execute(query)}
    return found.get(RIGHT, 0), found.get(WRONG, 0)


def deliveries(database: sa.Engine) -> dict[tuple[str, str], int]:
    """Alerts by (channel, result)."""
    e = t.effects.c
    query = sa.select(e.channel, e.result, sa.func.count()).group_by(e.channel, e.result).order_by(e.channel, e.result)
    with database.connect() as connection:
        return {(channel, result): int(count) for channel, result, count in connection.execute(query)}
