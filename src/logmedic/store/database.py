"""Opening the database: one SQLite file by default, any SQLAlchemy URL of PostgreSQL otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from logmedic.errors import ConfigError, StoreError
from logmedic.store import HEAD, postgres
from logmedic.store.lock import make_folder, make_private
from logmedic.store.refusal import refusal

BUSY_MILLISECONDS = 30_000


def open_database(url: str) -> sa.Engine:
    """Open the state database and bring its tables up to date.

    Several processes may do so at once; one of them changes the tables, and the others wait.

    On SQLite: WAL, synchronous NORMAL, foreign keys, and transactions that take the write lock at their first write.

    Raises:
        ConfigError: the URL is not one of SQLite or PostgreSQL.
        StoreError: the database cannot be reached or opened, is too old, or was written by a newer logmedic.
    """
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise ConfigError(f"store.url: {url!r} is not a database URL; write sqlite:///path or postgresql://…") from None
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        if parsed.database not in (None, "", ":memory:"):
            path = Path(str(parsed.database)).absolute()
            make_folder(path)
            if not path.is_dir():  # else SQLite says what is wrong
                make_private(path)
        # Last in, first out: each connection holds up to 2 MB of pages and 128 statements; in turn all fill them.
        pool: dict[str, Any] = {"pool_size": 10, "max_overflow": 20, "pool_use_lifo": True} if parsed.database else {}
        engine = sa.create_engine(parsed, **pool)
        event.listen(engine, "connect", _tune_sqlite)
    elif backend == "postgresql":
        engine = postgres.open_postgres(parsed)
    else:
        raise ConfigError(f"store.url: {backend} is not supported; write sqlite:///path or postgresql://…")
    try:
        if backend == "postgresql":
            postgres.check_server(engine)
        _migrate(engine)
    except sa.exc.DBAPIError as error:
        engine.dispose()
        raise StoreError(f"{parsed.render_as_string()}: {refusal(error)}") from None
    except StoreError:
        engine.dispose()
        raise
    return engine


def version(url: str) -> str | None:
    """The newest migration that this state has seen; ``None`` for one that is not there yet. Changes nothing.

    Raises:
        StoreError: the database cannot be reached or read.
    """
    parsed = sa.make_url(url)
    sqlite = parsed.get_backend_name() == "sqlite"
    if sqlite and not Path(str(parsed.database)).exists():
        return None
    engine = sa.create_engine(parsed) if sqlite else postgres.open_postgres(parsed)
    try:
        return _version(engine)
    except sa.exc.DBAPIError as error:
        raise StoreError(f"{parsed.render_as_string()}: {refusal(error)}") from None
    finally:
        engine.dispose()


def _tune_sqlite(connection: Any, _record: object) -> None:
    # The driver begins a transaction before the first write; IMMEDIATE makes it take the write lock there and then
    # instead of failing half-way with "database is locked".
    connection.isolation_level = "IMMEDIATE"
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _migrate(engine: sa.Engine) -> None:
    current = _version(engine)
    if current == HEAD:
        return
    if current is not None and current > HEAD:
        raise StoreError(
            f"{engine.url.render_as_string()}: written by a newer logmedic (schema {current}); upgrade this one"
        )
    from alembic import command, config  # noqa: PLC0415  0.6 s that an up-to-date database must not pay

    settings = config.Config()
    settings.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.connect() as connection:
        settings.attributes["connection"] = connection
        if engine.dialect.name == "sqlite":
            # The driver begins no transaction before a CREATE TABLE, so a death half-way would leave some of them.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            postgres.take_turn(connection, postgres.MIGRATING)
        command.upgrade(settings, "head")
        connection.commit()


def _version(engine: sa.Engine) -> str | None:
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
