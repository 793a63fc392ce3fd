"""Small things that all statements share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from logmedic.model import Reason
from logmedic.reasons import render
from logmedic.store import tables as t

T = TypeVar("T")

COUNTING = {"preserve_rowcount": True}  # else the rows of an INSERT are not counted on PostgreSQL

# Made once, before there are threads: the process crashes where several are the first to decode a type (msgspec 0.22).
REASON = msgspec.json.Decoder(Reason)
_PARAMS = msgspec.json.Decoder(dict[str, int | float | str])


def insert_for(connection: sa.Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows ON CONFLICT, in the dialect of this connection."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def upsert(connection: sa.Connection, table: sa.Table, keys: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert counters, or add their ``count`` to that of the row that has the same keys.

    ``rows``: not empty, of the same columns, each key once, sorted by key: two transactions that lock rows in different
    orders would wait for each other for ever.
    """
    insert = insert_for(connection, table)
    adding = {"count": table.c["count"] + insert.excluded["count"]}
    if connection.dialect.name == "sqlite":
        connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=adding), rows)
        return
    # One statement with a list for each column, instead of one for each row.
    names = list(rows[0])
    lists = [sa.bindparam(name, type_=postgresql.ARRAY(table.c[name].type)) for name in names]
    given = sa.func.unnest(*lists).table_valued(*names).render_derived()
    chosen = insert.from_select(names, sa.select(*(given.c[name] for name in names)))
    statement = chosen.on_conflict_do_update(index_elements=keys, set_=adding)
    connection.execute(statement, {name: [row[name] for row in rows] for name in names})


def parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Lists short enough for one IN (…)."""
    for start in range(0, len(values), 500):
        yield values[start : start + 500]


def json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def reason(code: str, params: str, text: str) -> Reason:
    """What the columns of a reason hold; ``text`` is all that rows from before there were codes have."""
    return Reason(code, _PARAMS.decode(params)) if code else Reason("by-hand", {"words": text})


SELF = "logmedic"  # who did what nobody else did


def note(connection: sa.Connection, incident_id: int, at: int, event: str, why: Reason, *, actor: str) -> None:
    """A line in the timeline of an incident."""
    connection.execute(sa.insert(t.timeline).values(entry(incident_id, at, event, why, actor=actor)))


def entry(incident_id: int, at: int, event: str, why: Reason, *, actor: str = SELF) -> dict[str, object]:
    return {
        "incident_id": incident_id,
        "at": at,
        "event": event,
        "reason": render(why).en,
        "code": why.code,
        "params": json(why.params),
        "actor": actor,
    }
