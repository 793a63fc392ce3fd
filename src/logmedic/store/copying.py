"""A whole state as a file, or in another database: all of it or nothing, and compared afterwards."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from logmedic.errors import StoreError
from logmedic.store import tables as t
from logmedic.store.refusal import refusal

ROWS_AT_A_TIME = 5_000
BACKUP_PAGES = 2_048  # copied at a time; in between, whoever writes can
# Leases are of processes, not of the state; the row of the other is made with the tables.
_NOT_COPIED = frozenset({"leases", "spending_turn"})
_NEVER_EMPTY = frozenset({"carried"})  # one of its rows is made with the tables, too
_MASK = (1 << 64) - 1


class Copied(msgspec.Struct, frozen=True):
    table: str
    rows: int


def backup(source: Path, target: Path) -> int:
    """Copy a SQLite state while others work on it; returns its bytes. The copy is checked and appears whole or not.

    Raises:
        StoreError: one of the files cannot be used, or the copy is damaged.
    """
    part = target.with_name(target.name + ".part")
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as from_,
            closing(sqlite3.connect(part)) as to,
        ):
            from_.backup(to, pages=BACKUP_PAGES)
            to.execute("PRAGMA journal_mode=DELETE")
            found = [row[0] for row in to.execute("PRAGMA integrity_check")]
        if found != ["ok"]:
            raise StoreError(f"{source}: the copy is damaged ({found[0]}), so the state is, too; nothing was written")
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(target)
        return target.stat().st_size
    except sqlite3.Error as error:
        raise StoreError(f"{source}: cannot be copied to {target}: {error}") from None
    except OSError as error:
        raise StoreError(f"{target}: cannot be written: {error.strerror or error}; choose another place") from None
    finally:
        part.unlink(missing_ok=True)


def filled(database: sa.Engine) -> list[str]:
    """Names of our tables that hold anything, of those that are copied."""
    found = []
    with _transaction(database) as connection:
        for table in _tables():
            any_row = sa.select(sa.literal(1)).select_from(table).limit(1)
            if table.name not in _NEVER_EMPTY and connection.execute(any_row).first() is not None:
                found.append(table.name)
    return found


def copy(source: sa.Engine, target: sa.Engine, progress: Callable[[Copied], None]) -> list[Copied]:
    """Copy every row into the empty tables of ``target``, in one transaction each, and compare what has arrived.

    Raises:
        StoreError: a database refused, or what has arrived is not what was read; then nothing is kept.
    """
    copied = []
    with _transaction(source) as reading, _transaction(target) as writing:
        for table in _tables():
            if table.name in _NEVER_EMPTY:
                writing.execute(sa.delete(table))
            told, rows = _copy(table, reading, writing)
            there = _sum(rows for rows in _read(table, writing))
            if there != told:
                raise StoreError(f"table {table.name}: what has arrived is not what was read; nothing was kept")
            if writing.dialect.name == "postgresql" and "id" in table.c and table.c.id.autoincrement is True:
                _count_on(table, writing)
            copied.append(Copied(table.name, rows))
            progress(copied[-1])
        writing.commit()
    return copied


def _tables() -> list[sa.Table]:
    return [table for table in t.metadata.sorted_tables if table.name not in _NOT_COPIED]


@contextmanager
def _transaction(database: sa.Engine) -> Iterator[sa.Connection]:
    """One view of the database from begin to end; rolled back unless it is committed within."""
    try:
        with database.connect() as connection:
            if database.dialect.name == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ")  # noqa: PLW2901
                connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
            yield connection
    except sa.exc.DBAPIError as error:
        raise StoreError(f"{database.url.render_as_string()}: {refusal(error)}") from None


def _read(table: sa.Table, connection: sa.Connection) -> Iterator[Sequence[tuple[Any, ...]]]:
    result = connection.execute(sa.select(table), execution_options={"yield_per": ROWS_AT_A_TIME})
    for part in result.partitions():
        yield [tuple(row) for row in part]


def _sum(parts: Iterator[Sequence[tuple[Any, ...]]]) -> tuple[int, int]:
    """How many rows, and a sum that does not depend on their order; within one process only."""
    rows = total = 0
    for part in parts:
        rows += len(part)
        total = (total + sum(map(hash, part))) & _MASK
    return rows, total


def _copy(table: sa.Table, reading: sa.Connection, writing: sa.Connection) -> tuple[tuple[int, int], int]:
    rows = total = 0
    names = [column.name for column in table.c]
    for part in _read(table, reading):
        if writing.dialect.name == "postgresql":
            part = [_without_nul(row) for row in part]  # noqa: PLW2901
            _stream(table, names, part, writing)
        else:
            writing.execute(sa.insert(table), [dict(zip(names, row, strict=True)) for row in part])
        rows += len(part)
        total = (total + sum(map(hash, part))) & _MASK
    return (rows, total), rows


def _without_nul(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """PostgreSQL keeps no NUL in a text."""
    if any(type(value) is str and "\x00" in value for value in row):
        return tuple(value.replace("\x00", "\ufffd") if type(value) is str else value for value in row)
    return row


def _stream(table: sa.Table, names: Sequence[str], rows: Sequence[tuple[Any, ...]], writing: sa.Connection) -> None:
    quote = writing.dialect.identifier_preparer.quote
    columns = ", ".join(map(quote, names))
    driver: Any = writing.connection.dbapi_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {quote(table.name)} ({columns}) FROM STDIN") as stream:
        for row in rows:
            stream.write_row(row)


def _count_on(table: sa.Table, writing: sa.Connection) -> None:
    """Let new rows be numbered behind those that were copied."""
    highest = sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0)).scalar_subquery()
    sequence = sa.func.pg_get_serial_sequence(table.name, "id")
    writing.execute(sa.select(sa.func.setval(sequence, highest + 1, False)))
