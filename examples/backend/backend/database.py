"""The one place that speaks SQL: SQLite behind a connection pool."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from sqlalchemy import Connection, QueuePool, create_engine, event, exc, text

from backend.config import Config
from backend.errors import PoolExhaustedError

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS tickets (id INTEGER PRIMARY KEY, customer INTEGER, subject TEXT, body TEXT)",
    "CREATE TABLE IF NOT EXISTS customers (id INTEGER PRIMARY KEY, name TEXT, plan TEXT)",
)
_CUSTOMERS = [
    {"id": 1, "name": "Harbour Bakery", "plan": "business"},
    {"id": 2, "name": "Kim Optics", "plan": "free"},
    {"id": 3, "name": "North Ferry", "plan": "business"},
    {"id": 7, "name": "Blue Door Books", "plan": "trial"},
]
_TICKETS = [
    {"id": number, "customer": (1, 2, 3, 7)[number % 4], "subject": f"Order {4000 + number}", "body": "It is late."}
    for number in range(1, 25)
]


class Database:
    def __init__(self, config: Config) -> None:
        self._engine = create_engine(
            f"sqlite:///{config.database}",
            poolclass=QueuePool,
            pool_size=config.pool_size,
            max_overflow=config.max_overflow,
            pool_timeout=config.pool_timeout_s,
            connect_args={"check_same_thread": False},
        )
        event.listen(self._engine, "connect", _use_wal)
        with self._engine.begin() as connection:
            for statement in _SCHEMA:
                connection.execute(text(statement))
            connection.execute(text("INSERT OR IGNORE INTO customers VALUES (:id, :name, :plan)"), _CUSTOMERS)
            connection.execute(text("INSERT OR IGNORE INTO tickets VALUES (:id, :customer, :subject, :body)"), _TICKETS)

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection for as long as the block lasts; raises when none gets free in time."""
        try:
            connection = self._engine.connect()
        except exc.TimeoutError as error:
            raise PoolExhaustedError("no database connection became free") from error
        with connection:
            yield connection

    @contextmanager
    def connections(self, count: int) -> Iterator[list[Connection]]:
        """Several connections at once, for work that reads side by side."""
        with ExitStack() as stack:
            yield [stack.enter_context(self.connection()) for _ in range(count)]

    def one(self, statement: str, **values: Any) -> dict[str, Any] | None:
        with self.connection() as connection:
            row = connection.execute(text(statement), values).mappings().first()
            return None if row is None else dict(row)

    def close(self) -> None:
        self._engine.dispose()


def _use_wal(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
