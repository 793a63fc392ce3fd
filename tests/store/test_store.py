"""The state database: one transaction for all that comes of a batch."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import alembic.command
import alembic.config
import msgspec
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from logmedic.errors import AlreadyRunningError, ConfigError, StalePositionError, StoreError
from logmedic.model import (
    Grouping,
    LogRecord,
    Match,
    Outcome,
    Reason,
    Ref,
    Reject,
    Result,
    Sample,
    Severity,
    State,
    Substate,
)
from logmedic.store import HEAD, activity, database
from logmedic.store.database import open_database
from logmedic.store.incident_rows import SAMPLES_KEPT, IncidentChange, KnownIncident
from logmedic.store.lock import InstanceLock
from logmedic.store.peek import peek
from logmedic.store.positions import StoredPosition, Totals
from logmedic.store.store import MINUTE, Store
from logmedic.store.tables import metadata

NOW = 1_767_225_600_000_000_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@pytest.fixture
def store(state_url: str) -> Iterator[Store]:
    """Of each database in turn."""
    opened = Store(open_database(state_url))
    yield opened
    opened.close()


@pytest.fixture
def sqlite(path: Path) -> Iterator[Store]:
    opened = Store(open_database(f"sqlite:///{path}"))
    yield opened
    opened.close()


def change(fingerprint: str, known: KnownIncident | None = None, *, offset: int = 0, added: int = 1) -> IncidentChange:
    record = LogRecord(ref=Ref("app", "s1", offset), time=NOW, message="boom", raw=b"{}")
    match = Match("error-level", "why", Severity.WARNING)
    return IncidentChange(
        known=known,
        fingerprint=fingerprint,
        title="KeyError: plan",
        culprit="shop.price",
        service="shop",
        error_code=None,
        state=State.OPEN,
        substate=Substate.NEW,
        severity=Severity.WARNING,
        floor=Severity.WARNING,
        first_seen=NOW,
        last_seen=NOW,
        last_raised=NOW,
        added=added,
        generation=1,
        why=Reason("new"),
        event="new" if known is None else None,
        rules=("error-level",),
        snoozed_until=None,
        minutes={NOW // MINUTE: added},
        samples=[Sample(record, Grouping(fingerprint, "KeyError: plan", "shop.price"), (match,))],
    )


def test_the_migrations_make_exactly_the_tables_that_the_code_uses(store: Store) -> None:
    with store.database.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    if store.database.dialect.name == "postgresql":  # what only SQLite has: PostgreSQL reads lists well without
        differences = [each for each in differences if getattr(each[1], "name", "") != "ix_incidents_browse"]
    assert differences == []


def test_a_state_of_the_first_schema_is_brought_up_to_date_with_all_that_it_holds(path: Path) -> None:
    config = alembic.config.Config()
    config.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, "0001")
        connection.exec_driver_sql(
            "INSERT INTO incidents (fingerprint, title, culprit, service, state, substate, severity, floor, first_seen,"
            " last_seen, last_raised, count, generation, handled_generation, reason, rules, created_at) VALUES"
            " ('v1:aa', 'boom', '', 'shop', 'open', 'new', 'warning', 'warning', 1, 2, 2, 3, 1, 1, 'new', '[]', 1)"
        )
        connection.exec_driver_sql(
            "INSERT INTO timeline (incident_id, at, event, reason, actor) VALUES (1, 1, 'new', 'new', 'logmedic')"
        )
    engine.dispose()
    store = Store(open_database(f"sqlite:///{path}"))
    (incident,) = store.list_incidents()
    assert (incident.title, incident.count, incident.reason, incident.aliases) == ("boom", 3, "new", ())
    assert [(e.event, e.why) for e in store.timeline(1)] == [("new", Reason("by-hand", {"words": "new"}))]
    with store.ingest() as ingest:
        assert ingest.survivors(["v1:aa"]) == {}
        ingest.write([change("v1:aa", ingest.known(["v1:aa"])["v1:aa"])], NOW)
    assert store.list_incidents()[0].count == 4
    store.close()


def test_a_batch_is_stored_whole_or_not_at_all(store: Store) -> None:
    position = StoredPosition("app", "s1", 100, {"inode": 7}, False)

    def interrupted() -> None:
        with store.ingest() as ingest:
            ingest.advance(position, None, 10, 1, NOW)
            ingest.write([change("v1:aa")], NOW)
            raise ConnectionAbortedError

    with pytest.raises(ConnectionAbortedError):
        interrupted()
    assert store.positions("app") == []
    assert store.list_incidents() == []
    with store.ingest() as ingest:
        ingest.advance(position, None, 10, 1, NOW)
        ingest.write([change("v1:aa")], NOW)
    assert store.positions("app") == [position]
    assert [i.count for i in store.list_incidents()] == [1]
    assert [(t.lines, t.rejects) for t in store.totals()] == [(10, 1)]


def test_a_position_that_somebody_else_moved_on_is_refused(store: Store) -> None:
    with store.ingest() as ingest:
        ingest.advance(StoredPosition("app", "s1", 100, {}, False), None, 1, 0, NOW)
    for expected in (None, 50):
        with pytest.raises(StalePositionError, match="read on by another process"), store.ingest() as ingest:
            ingest.advance(StoredPosition("app", "s1", 200, {}, False), expected, 1, 0, NOW)
    with store.ingest() as ingest:
        ingest.advance(StoredPosition("app", "s1", 200, {}, False), 100, 1, 0, NOW)
    assert store.positions("app")[0].offset == 200


def test_lines_of_a_stream_that_is_forgotten_still_count(store: Store) -> None:
    def read(stream: str, lines: int) -> StoredPosition:
        position = StoredPosition("app", stream, 100, {"inode": 7}, True)
        with store.ingest() as ingest:
            ingest.advance(position, None, lines, 1, NOW)
        return position

    def forget(stream: str, expected: int | None, now: int) -> None:
        with store.ingest() as ingest:
            ingest.advance(StoredPosition("app", stream, 100, {}, True, forgotten=True), expected, 0, 0, now)

    read("s1", 10)
    read("s2", 20)
    left = read("s3", 40)
    for stream in ("s1", "s2"):
        forget(stream, 100, NOW + 5)
    assert store.positions("app") == [left]
    assert [s.stream for s in activity.streams(store.database, "app")] == ["s3"]
    assert store.totals() == [Totals("app", 70, 3)]
    assert activity.last_read(store.database) == {"app": NOW}, "nothing was read when it was forgotten"
    for stream, expected in (("s1", 100), ("s3", 50), ("s3", None), ("never", None)):
        with pytest.raises(StalePositionError, match="read on by another process"):
            forget(stream, expected, NOW)
    assert store.totals() == [Totals("app", 70, 3)]


def test_repeats_add_to_counts_histogram_and_keep_a_bounded_number_of_samples(store: Store) -> None:
    with store.ingest() as ingest:
        ingest.write([change("v1:aa")], NOW)
    for n in range(1, 3 * SAMPLES_KEPT):
        with store.ingest() as ingest:
            ingest.write([change("v1:aa", ingest.known(["v1:aa"])["v1:aa"], offset=n, added=2)], NOW)
    (incident,) = store.list_incidents()
    assert incident.count == 1 + 2 * (3 * SAMPLES_KEPT - 1)
    assert [b.count for b in incident.histogram] == [incident.count]
    kept = [s.record.ref.offset for s in store.samples(incident.id, limit=100)]
    assert len(kept) <= SAMPLES_KEPT
    assert {0, 3 * SAMPLES_KEPT - 1} <= set(kept)


def test_the_same_occurrence_is_a_sample_only_once(store: Store) -> None:
    for _ in range(2):
        with store.ingest() as ingest:
            ingest.write([change("v1:aa", ingest.known(["v1:aa"]).get("v1:aa"))], NOW)
    assert len(store.samples(1)) == 1


def test_rejects_and_rule_counts_are_kept(store: Store) -> None:
    with store.ingest() as ingest:
        ingest.keep_rejects([Reject(Ref("app", "s1", 5), "only NUL bytes", "")] * 2, NOW)
        ingest.count_rules({("error-level", "shop", NOW // MINUTE): 3})
        ingest.count_rules({("error-level", "shop", NOW // MINUTE): 4})
    assert store.error_counts("shop", NOW - MINUTE, NOW) == 7
    assert store.error_counts("shop", NOW + 2 * MINUTE, NOW + 3 * MINUTE) == 0


def test_an_effect_with_an_outcome_is_never_begun_again_but_a_deferred_one_is(store: Store) -> None:
    with store.ingest() as ingest:
        ingest.write([change("v1:aa")], NOW)
    assert store.begin_effect("k", 1, 1, "discord", NOW) is None
    assert store.begin_effect("k", 1, 1, "discord", NOW) is None, "a crash between trying and noting tries again"
    assert store.waiting()
    store.end_effect("k", Outcome(Result.DEFERRED, "429"), NOW)
    assert store.begin_effect("k", 1, 1, "discord", NOW) is None
    assert not store.waiting(), "what was put off is not waited for"
    store.end_effect("k", Outcome(Result.SENT, "", {"message_id": "9"}), NOW)
    earlier = store.begin_effect("k", 1, 1, "discord", NOW)
    assert earlier is not None
    assert earlier.result is Result.SENT
    assert store.receipt(1, "discord") == {"message_id": "9"}
    store.mark_handled(1, 1)
    assert store.unhandled() == []


def test_a_peek_sees_positions_and_unfinished_work_without_sqlalchemy(sqlite: Store, path: Path) -> None:
    with sqlite.ingest() as ingest:
        ingest.advance(StoredPosition("app", "s1", 100, {"a": 1}, True), None, 1, 0, NOW)
    peeked = peek(path, HEAD)
    assert peeked is not None
    assert peeked.positions == [("app", "s1", 100, {"a": 1}, True)]
    assert not peeked.unhandled
    with sqlite.ingest() as ingest:
        ingest.write([change("v1:aa")], NOW)
    assert peek(path, HEAD) == msgspec.structs.replace(peeked, unhandled=True)
    assert peek(path, "older") is None
    assert peek(path.with_name("none.db"), HEAD) is None
    code = "import sys, logmedic.store.peek, logmedic.store.lock; sys.exit('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_file_that_is_no_database_is_named_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(b"\0" * 8192)
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreError, match="move the file away"):
        open_database(f"sqlite:///{path}")


def test_a_state_of_a_newer_release_is_refused(path: Path) -> None:
    open_database(f"sqlite:///{path}").dispose()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="newer logmedic"):
        open_database(f"sqlite:///{path}")


def test_other_databases_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"store\.url: mysql is not supported"):
        open_database("mysql://x/y")
    with pytest.raises(ConfigError, match="is not a database URL"):
        open_database("state.db")


def test_a_second_instance_is_refused_with_the_first_ones_process_id(path: Path) -> None:
    first, second = InstanceLock(path), InstanceLock(path)
    first.acquire()
    with pytest.raises(AlreadyRunningError, match=r"another logmedic \(process \d+\) works on this state") as caught:
        second.acquire()
    assert caught.value.exit_code == 75
    first.release()
    second.acquire()
    second.release()


def test_sqlite_is_set_up_for_one_writer_and_many_readers(sqlite: Store) -> None:
    with sqlite.database.connect() as connection:
        pragma = {
            p: connection.execute(sa.text(f"PRAGMA {p}")).scalar()
            for p in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragma == {"journal_mode": "wal", "synchronous": 1, "foreign_keys": 1}
