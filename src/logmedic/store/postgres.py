"""What is PostgreSQL's own: connections that notice when the far side is gone, and refusals with their remedy."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from logmedic.errors import ConfigError, StoreError
from logmedic.store.refusal import refusal, said

OLDEST = 14  # major version; nothing that we use is newer
CONNECT_SECONDS = 10
# Without them a connection whose far side has vanished is waited for until the kernel gives up: minutes, or for ever.
NOTICING = {"keepalives_idle": 10, "keepalives_interval": 3, "keepalives_count": 3, "tcp_user_timeout": 15_000}
LOCK_WAIT = "30s"
# A process that is frozen within a transaction must not keep its locks: the server ends the transaction, nothing of it
# is kept, and whoever goes on with the work can.
IDLE_WITHIN_TRANSACTION = "5s"
# Keys of advisory locks: any numbers of our own.
MIGRATING = 7_064_812_301  # tables are changed
COUNTING_FINDINGS = 7_064_812_302


def open_postgres(url: sa.URL) -> sa.Engine:
    """An engine on this URL; nothing is connected yet.

    Raises:
        ConfigError: the driver (psycopg 3) cannot be loaded.
    """
    defaults = {"connect_timeout": CONNECT_SECONDS, "application_name": "logmedic", **NOTICING}
    given = {name: value for name, value in defaults.items() if name not in url.query}
    try:
        engine = sa.create_engine(
            url.set(drivername="postgresql+psycopg"), pool_size=10, pool_pre_ping=True, connect_args=given,
            isolation_level="READ COMMITTED",
        )  # fmt: skip
    except ImportError as error:
        raise ConfigError(
            f"store.url: the PostgreSQL driver cannot be loaded ({said(error)}); pip install 'psycopg[binary]'"
        ) from None
    event.listen(engine, "connect", _tune)
    return engine


def check_server(engine: sa.Engine) -> None:
    """Connect once.

    Raises:
        StoreError: the server cannot be reached, lets us not in, or is too old; in one line, with the remedy.
    """
    try:
        with engine.connect() as connection:
            version = connection.dialect.server_version_info
    except sa.exc.DBAPIError as error:
        raise StoreError(f"{shown(engine)}: {refusal(error)}") from None
    if version is not None and int(version[0]) < OLDEST:
        raise StoreError(
            f"{shown(engine)}: PostgreSQL {'.'.join(map(str, version))} is too old; {OLDEST} or newer is needed"
        )


def shown(engine: sa.Engine) -> str:
    """The URL without its password."""
    return engine.url.set(drivername="postgresql").render_as_string()


def take_turn(connection: sa.Connection, key: int) -> None:
    """Wait until no other transaction holds this advisory lock, and hold it until ours ends."""
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))


def _tune(connection: Any, _record: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{LOCK_WAIT}'")
        cursor.execute(f"SET idle_in_transaction_session_timeout = '{IDLE_WITHIN_TRANSACTION}'")
    connection.commit()
