"""Pages of incidents for people who look through many: filtered, sorted, and continued behind the last row shown.

A page starts behind a row (keyset paging), so page 2,000 costs what page 1 does, and rows that arrive meanwhile move
nothing.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from logmedic.errors import UsageError
from logmedic.model import Bucket, DiagnosisStatus, Severity, State, Substate, Text
from logmedic.store import aliases
from logmedic.store import tables as t
from logmedic.store.reading import LIVING, histograms

MOST_ROWS = 200  # a page
LONGEST_SEARCH = 200  # characters


class Order(enum.StrEnum):
    """What the rows are sorted by; the largest or latest first."""

    LAST_SEEN = "last_seen"
    FIRST_SEEN = "first_seen"
    COUNT = "count"
    SEVERITY = "severity"


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """Which incidents. An empty tuple or text asks for nothing in particular."""

    states: tuple[State, ...] = ()
    severities: tuple[Severity, ...] = ()
    service: str = ""
    search: str = ""  # in title, culprit, service, error code and fingerprint; any case of ASCII letters
    since: int = 0  # ns; seen at this time or later
    order: Order = Order.LAST_SEEN
    after: tuple[int, int] | None = None  # the value that is sorted by and the number, of the last row before
    limit: int = 50


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """An incident as one row of a list: what there is to say without its evidence."""

    id: int
    fingerprint: str
    title: str
    culprit: str
    service: str
    error_code: str | None
    state: State
    substate: Substate
    severity: Severity
    first_seen: int  # ns
    last_seen: int  # ns
    count: int
    histogram: tuple[Bucket, ...]
    rules: tuple[str, ...]
    verdict: Text | None  # the root cause
    confidence: float | None  # 0…1
    status: DiagnosisStatus | None


class Page(msgspec.Struct, frozen=True):
    rows: tuple[Row, ...]
    after: tuple[int, int] | None  # for the next page; ``None`` on the last one


class Facet(msgspec.Struct, frozen=True):
    state: State
    severity: Severity
    count: int  # incidents


class _Verdict(msgspec.Struct):
    """The little that a row shows of a diagnosis; the rest is skipped while decoding."""

    root_cause: Text
    confidence: float
    status: DiagnosisStatus


_VERDICT = msgspec.json.Decoder(_Verdict)  # made before there are threads; see ``store.rows``
_RANK = {severity.value: severity.rank for severity in Severity}


def page(database: sa.Engine, query: Query) -> Page:
    """The rows that a query asks for. Raises :class:`UsageError` for a limit or a search beyond the bounds."""
    if not 1 <= query.limit <= MOST_ROWS:
        raise UsageError(f"limit: {query.limit} rows; a page has 1 to {MOST_ROWS}")
    if len(query.search) > LONGEST_SEARCH:
        raise UsageError(f"search: {len(query.search)} characters; {LONGEST_SEARCH} at most")
    key = _key(query.order)
    conditions = _conditions(query, database.dialect.name)
    if query.after is not None:
        value, number = query.after
        conditions.append(sa.tuple_(key, t.incidents.c.id) < sa.tuple_(sa.literal(value), sa.literal(number)))
    # First only which ones: that is read from the index ``ix_incidents_browse`` alone.
    chosen = (
        sa.select(t.incidents.c.id, key.label("sorted_by"))
        .where(*conditions)
        .order_by(key.desc(), t.incidents.c.id.desc())
        .limit(query.limit + 1)
    )
    with database.connect() as connection:
        found = connection.execute(chosen).all()
        shown = found[: query.limit]
        ids = [row.id for row in shown]
        whole = {row.id: row for row in connection.execute(sa.select(t.incidents).where(t.incidents.c.id.in_(ids)))}
        bars = histograms(connection, {row.id: row.last_seen for row in whole.values()})
    last = shown[-1] if len(found) > query.limit else None
    return Page(
        tuple(_row(whole[number], bars.get(number, ())) for number in ids if number in whole),
        None if last is None else (int(last.sorted_by), int(last.id)),
    )


def rows(database: sa.Engine, ids: Sequence[int]) -> tuple[Row, ...]:
    """These incidents as rows, latest seen first; those that are gone or merged are left out."""
    c = t.incidents.c
    statement = sa.select(t.incidents).where(LIVING, c.id.in_(ids)).order_by(c.last_seen.desc(), c.id.desc())
    with database.connect() as connection:
        found = connection.execute(statement).all()
        bars = histograms(connection, {row.id: row.last_seen for row in found})
    return tuple(_row(row, bars.get(row.id, ())) for row in found)


def survivors(database: sa.Engine, fingerprints: Iterable[str]) -> dict[str, str]:
    """Of these fingerprints those that count as another incident's, with the fingerprint of that one."""
    with database.connect() as connection:
        return aliases.survivors(connection, fingerprints)


def of_fingerprints(database: sa.Engine, fingerprints: Sequence[str]) -> dict[str, Row]:
    """The incidents with these fingerprints of their own, as far as they are still there."""
    with database.connect() as connection:
        found = connection.execute(sa.select(t.incidents).where(t.incidents.c.fingerprint.in_(fingerprints))).all()
    return {row.fingerprint: _row(row, ()) for row in found}


def facets(database: sa.Engine) -> tuple[Facet, ...]:
    """How many incidents there are of each state and severity."""
    c = t.incidents.c
    number = sa.func.count().label("number")
    with database.connect() as connection:
        found = connection.execute(sa.select(c.state, c.severity, number).where(LIVING).group_by(c.state, c.severity))
        return tuple(Facet(State(row.state), Severity(row.severity), int(row.number)) for row in found)


def services(database: sa.Engine, limit: int = 200) -> tuple[str, ...]:
    """The services that have incidents, by name."""
    c = t.incidents.c
    with database.connect() as connection:
        found = connection.execute(
            sa.select(c.service).where(c.service != "").distinct().order_by(c.service).limit(limit)
        )
        return tuple(found.scalars())


class Mark(msgspec.Struct, frozen=True):
    """A point in what happens to incidents, to ask later what has changed since."""

    last_seen: int  # ns
    timeline: int  # number of the last line


def mark(database: sa.Engine) -> Mark:
    """Where things stand now. Two reads from the ends of indexes."""
    with database.connect() as connection:
        seen = connection.execute(sa.select(sa.func.max(t.incidents.c.last_seen))).scalar() or 0
        line = connection.execute(sa.select(sa.func.max(t.timeline.c.id))).scalar() or 0
    return Mark(int(seen), int(line))


def changed_since(database: sa.Engine, before: Mark, limit: int) -> tuple[int, ...]:
    """Incidents that were seen again, or that something happened to; the latest ``limit`` of them."""
    c, line = t.incidents.c, t.timeline.c
    seen = sa.select(c.id).where(c.last_seen > before.last_seen).order_by(c.last_seen.desc()).limit(limit)
    noted = sa.select(line.incident_id).where(line.id > before.timeline).order_by(line.id.desc()).limit(limit)
    with database.connect() as connection:
        ids = [*connection.execute(seen).scalars(), *connection.execute(noted).scalars()]
    return tuple(dict.fromkeys(ids))[:limit]


def _key(order: Order) -> sa.ColumnElement[Any]:
    c = t.incidents.c
    if order is Order.SEVERITY:
        return sa.case(*((c.severity == value, rank) for value, rank in _RANK.items()), else_=-1)
    return {Order.LAST_SEEN: c.last_seen, Order.FIRST_SEEN: c.first_seen, Order.COUNT: c["count"]}[order]


def _conditions(query: Query, dialect: str) -> list[sa.ColumnElement[bool]]:
    c = t.incidents.c
    conditions: list[sa.ColumnElement[bool]] = [LIVING]
    if query.states:
        conditions.append(c.state.in_([state.value for state in query.states]))
    if query.severities:
        conditions.append(c.severity.in_([severity.value for severity in query.severities]))
    if query.service:
        conditions.append(c.service == query.service)
    if query.since:
        conditions.append(c.last_seen >= query.since)
    for word in query.search.split():
        pattern = "%" + word.replace("/", "//").replace("%", "/%").replace("_", "/_") + "%"
        text = c.title + "\n" + c.culprit + "\n" + c.service + "\n" + sa.func.coalesce(c.error_code, "")
        searched = text + "\n" + c.fingerprint
        # SQLite's LIKE takes ASCII letters of either case for the same.
        like = searched.ilike if dialect == "postgresql" else searched.like
        conditions.append(like(pattern, escape="/"))
    return conditions


def _row(row: sa.Row[Any], bars: tuple[Bucket, ...]) -> Row:
    verdict = None if row.diagnosis is None else _VERDICT.decode(row.diagnosis)
    return Row(
        id=row.id,
        fingerprint=row.fingerprint,
        title=row.title,
        culprit=row.culprit,
        service=row.service,
        error_code=row.error_code,
        state=State(row.state),
        substate=Substate(row.substate),
        severity=Severity(row.severity),
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        count=row._mapping["count"],  # a row has a method of that name
        histogram=bars,
        rules=tuple(msgspec.json.decode(row.rules)),
        verdict=None if verdict is None else verdict.root_cause,
        confidence=None if verdict is None else verdict.confidence,
        status=None if verdict is None else verdict.status,
    )
