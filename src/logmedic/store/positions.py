"""How far each stream of each source has been read, and how many lines that were."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from logmedic.errors import StalePositionError
from logmedic.store import tables as t
from logmedic.store.rows import COUNTING, insert_for, json

FORGOTTEN = ""  # the stream of a source that counts the lines of those that are forgotten


class StoredPosition(msgspec.Struct, frozen=True):
    """As ``collect.interface.Position``; the store does not import the steps above it."""

    source: str
    stream: str
    offset: int
    token: dict[str, Any]
    done: bool
    forgotten: bool = False


class Totals(msgspec.Struct, frozen=True):
    """What has been read of one source since the state was made."""

    source: str
    lines: int
    rejects: int


def of_source(connection: sa.Connection, source: str) -> list[StoredPosition]:
    p = t.positions.c
    rows = connection.execute(sa.select(t.positions).where(p.source == source, p.stream != FORGOTTEN)).all()
    return [StoredPosition(r.source, r.stream, r.offset, msgspec.json.decode(r.token), r.done) for r in rows]


def totals(connection: sa.Connection) -> list[Totals]:
    p = t.positions.c
    query = sa.select(p.source, sa.func.sum(p.lines), sa.func.sum(p.rejects)).group_by(p.source).order_by(p.source)
    return [Totals(source, int(lines), int(rejects)) for source, lines, rejects in connection.execute(query)]


def advance(
    connection: sa.Connection, position: StoredPosition, expected: int | None, *, lines: int, rejects: int, now: int
) -> None:
    """As ``Ingest.advance``. The row of a stream that is forgotten goes; its lines stay in the totals."""
    p = t.positions.c
    if position.forgotten:
        lines, rejects, now = _take_away(connection, position, expected, lines, rejects)
        position = StoredPosition(position.source, FORGOTTEN, 0, {}, done=True)
        expected = _forgotten_before(connection, position.source)
    values = {
        "offset": position.offset,
        "token": json(position.token),
        "done": position.done,
        "updated_at": now,
    }
    if expected is None:
        written = connection.execute(
            insert_for(connection, t.positions)
            .values(source=position.source, stream=position.stream, lines=lines, rejects=rejects, **values)
            .on_conflict_do_nothing(index_elements=["source", "stream"]),
            execution_options=COUNTING,
        )
    else:
        written = connection.execute(
            sa.update(t.positions)
            .where(p.source == position.source, p.stream == position.stream, p.offset == expected)
            .values(lines=p.lines + lines, rejects=p.rejects + rejects, **values)
        )
    if written.rowcount != 1:
        raise _stale(position)


def _take_away(
    connection: sa.Connection, position: StoredPosition, expected: int | None, lines: int, rejects: int
) -> tuple[int, int, int]:
    """Delete a row; returns its lines and rejects with those added, and when (ns) it was written."""
    p = t.positions.c
    where = (p.source == position.source, p.stream == position.stream, p.offset == expected)
    # A write first: what is read next is read under the write lock.
    written = connection.execute(
        sa.update(t.positions).where(*where).values(lines=p.lines + lines, rejects=p.rejects + rejects)
    )
    if written.rowcount != 1:
        raise _stale(position)
    row = connection.execute(sa.select(p.lines, p.rejects, p.updated_at).where(*where)).one()
    connection.execute(sa.delete(t.positions).where(*where))
    return row.lines, row.rejects, row.updated_at


def _forgotten_before(connection: sa.Connection, source: str) -> int | None:
    """The offset of the row that counts them, ``None`` when there is none yet."""
    p = t.positions.c
    offset: int | None = connection.execute(
        sa.select(p.offset).where(p.source == source, p.stream == FORGOTTEN)
    ).scalar()
    return offset


def _stale(position: StoredPosition) -> StalePositionError:
    return StalePositionError(
        f"source {position.source}: {position.stream} was read on by another process; "
        "this one starts again from the stored position"
    )
