"""What only PostgreSQL does: many processes at once, and servers that refuse."""

from __future__ import annotations

import builtins
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from logmedic.errors import ConfigError, StoreError
from logmedic.store import HEAD
from logmedic.store import postgres as dialect
from logmedic.store import tables as t
from logmedic.store.database import open_database
from logmedic.store.rows import upsert
from logmedic.store.store import Store
from postgres import Postgres, server

NOW = 1_767_225_600_000_000_000


@pytest.fixture
def url(postgres: Postgres, postgres_template: str) -> Iterator[str]:
    name = postgres.create(postgres_template)
    yield postgres.url(name)
    postgres.drop(name)


def refused(url: str) -> str:
    with pytest.raises(StoreError) as caught:
        open_database(url)
    said = str(caught.value)
    assert "\n" not in said
    return said


def test_processes_that_open_an_empty_database_at_once_make_its_tables_once(postgres: Postgres) -> None:
    name = postgres.create()
    together = threading.Barrier(4)

    def open_it(_number: int) -> None:
        together.wait()
        open_database(postgres.url(name)).dispose()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(open_it, range(4)))
    assert postgres.ask(name, "SELECT version_num FROM alembic_version") == [(HEAD,)]
    postgres.drop(name)


def test_a_wrong_password_is_named_without_showing_it(postgres: Postgres) -> None:
    postgres.ask("postgres", "CREATE ROLE secured LOGIN PASSWORD 'right'")
    name = postgres.create()
    said = refused(postgres.url(name, user="secured", password="wr0ng"))
    assert "password authentication failed" in said
    assert "check user and password in [store] url" in said
    assert "wr0ng" not in said
    assert "give one in [store] url, in PGPASSWORD" in refused(postgres.url(name, user="secured"))
    postgres.drop(name)


def test_a_database_that_is_not_there_is_named(postgres: Postgres) -> None:
    said = refused(postgres.url("nowhere"))
    assert 'database "nowhere" does not exist' in said
    assert "create it, or correct its name in [store] url" in said


def test_a_server_that_does_not_run_is_named(tmp_path: Path) -> None:
    said = refused(f"postgresql://me:s3cret@/state?host={tmp_path}")
    assert str(tmp_path) in said
    assert "check that the server runs there" in said
    assert "s3cret" not in said


def test_a_server_that_is_too_old_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialect, "OLDEST", 99)
    assert "is too old; 99 or newer is needed" in refused(url)


def test_a_state_of_a_newer_release_is_refused(url: str) -> None:
    database = open_database(url)
    with database.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    database.dispose()
    assert "newer logmedic (schema 9999)" in refused(url)


def test_a_driver_that_cannot_be_loaded_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    load = builtins.__import__

    def without(name: str, *more: object, **options: object) -> object:
        if name.split(".", maxsplit=1)[0] == "psycopg":
            raise ImportError("no pq wrapper available")
        return load(name, *more, **options)  # type: ignore[arg-type]

    for name in [each for each in sys.modules if each.split(".")[0] == "psycopg"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigError, match=r"cannot be loaded \(no pq wrapper available\); pip install"):
        open_database("postgresql://me@/state")


def _counters(services: Sequence[int], count: int) -> list[dict[str, object]]:
    return [{"rule": "r", "service": f"s{each:03}", "minute": 1, "count": count} for each in services]


def test_writers_of_the_same_counters_neither_wait_for_ever_nor_lose_any(url: str) -> None:
    database = open_database(url)

    def write(number: int) -> None:
        for _ in range(30):
            with database.begin() as connection:
                upsert(
                    connection, t.rule_counts, ["rule", "service", "minute"], _counters(range(0, 200, 1 + number), 1)
                )

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(write, range(3)))
    with database.connect() as connection:
        found = dict(connection.execute(sa.select(t.rule_counts.c.service, t.rule_counts.c["count"])).all())
    database.dispose()
    assert found == {f"s{n:03}": 30 * (1 + (n % 2 == 0) + (n % 3 == 0)) for n in range(200)}


def test_counters_are_written_in_one_statement_however_many_there_are(url: str) -> None:
    database = open_database(url)
    statements: list[str] = []
    sa.event.listen(database, "before_cursor_execute", lambda *given: statements.append(given[2]))
    with database.begin() as connection:
        upsert(connection, t.rule_counts, ["rule", "service", "minute"], _counters(range(1_000), 1))
    with database.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(t.rule_counts)).scalar() == 1_000
    database.dispose()
    assert len([each for each in statements if each.startswith("INSERT")]) == 1


def test_a_transaction_of_a_frozen_process_is_ended_by_the_server(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else its locks would keep the work from everybody else for as long as it is frozen."""
    monkeypatch.setattr(dialect, "IDLE_WITHIN_TRANSACTION", "200ms")
    frozen, other = Store(open_database(url)), Store(open_database(url))
    began = threading.Event()

    def freeze() -> None:
        with frozen.ingest() as ingest:
            ingest.carry("surge", b"frozen")
            began.set()
            taken.wait(30)
            ingest.carry("surge", b"revived")

    taken = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(freeze)
        began.wait(30)
        with other.ingest() as ingest:
            ingest.carry("surge", b"other")
        taken.set()
        with pytest.raises(StoreError, match="nothing of this batch was kept"):
            late.result()
    assert other.carried("surge") == b"other"
    frozen.close()
    other.close()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
@pytest.mark.usefixtures("postgres")  # skips where there is none
def test_a_state_goes_on_after_its_server_was_restarted(how: signal.Signals) -> None:
    """On a server of its own: the others' would lose their connections."""
    with server() as own:
        store = Store(open_database(own.url(own.create())))
        with store.ingest() as ingest:
            ingest.carry("surge", b"before")
        own.stop(how)
        with pytest.raises(StoreError, match="nothing of this batch was kept"), store.ingest() as ingest:
            ingest.carry("surge", b"meanwhile")
        own.start()
        assert store.carried("surge") == b"before"
        store.close()
