"""A state in another database is the same state; half of one is none."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from life import Life

from logmedic.errors import StoreError
from logmedic.store import copying
from logmedic.store import tables as t
from logmedic.store.copying import backup, copy, filled
from logmedic.store.database import open_database
from postgres import Postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    if request.param == "sqlite":
        database = open_database(f"sqlite:///{tmp_path / 'other.db'}")
        yield database
        database.dispose()
        return
    running: Postgres = request.getfixturevalue("postgres")
    name = running.create(request.getfixturevalue("postgres_template"))
    database = open_database(running.url(name))
    yield database
    database.dispose()
    running.drop(name)


def content(database: sa.Engine) -> dict[str, list[tuple[object, ...]]]:
    with database.connect() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(sa.select(table))), key=repr)
            for table in t.metadata.sorted_tables
        }


def lived(life: Life) -> Life:
    life.errors("사과가 상했습니다 🍎", [0, 1, 2], request_id="r-1")
    life.errors("pears broke", [3], release="1.2.0")
    with life.store.database.begin() as connection:
        connection.execute(sa.insert(t.digest_windows).values(cadence="hourly", until=5))
        connection.execute(sa.insert(t.leases).values(name="source:app", holder="gone", epoch=3, until=0))
    return life


def test_every_row_arrives_but_leases_which_belong_to_processes(life: Life, empty: sa.Engine) -> None:
    lived(life)
    told: list[copying.Copied] = []
    copied = copy(life.store.database, empty, told.append)
    assert told == copied
    before, after = content(life.store.database), content(empty)
    assert before.pop("leases") != after.pop("leases") == []
    assert after == before


def test_the_state_lives_on_with_new_numbers_and_old_positions(life: Life, empty: sa.Engine) -> None:
    lived(life)
    copy(life.store.database, empty, lambda _: None)
    there = Life(empty.url.render_as_string(hide_password=False))
    there.errors("pears broke", [10], release="1.3.0")
    there.errors("plums broke", [11])
    assert there.the("pears").count == 2
    assert there.the("plums").id > there.the("pears").id
    there.store.close()


def test_a_text_with_a_nul_arrives_readable_where_none_can_be_kept(
    postgres: Postgres, postgres_template: str, tmp_path: Path
) -> None:
    source = open_database(f"sqlite:///{tmp_path / 'state.db'}")
    with source.begin() as connection:
        connection.execute(sa.insert(t.digest_windows).values(cadence="a\x00b", until=5))
    name = postgres.create(postgres_template)
    target = open_database(postgres.url(name))
    copy(source, target, lambda _: None)
    assert content(target)["digest_windows"] == [("a\ufffdb", 5)]
    source.dispose()
    target.dispose()
    postgres.drop(name)


def test_what_arrives_otherwise_is_noticed_and_nothing_is_kept(
    life: Life, empty: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    lived(life)
    whole = copying._read

    def cut(table: sa.Table, connection: sa.Connection) -> Iterator[list[tuple[object, ...]]]:
        for part in whole(table, connection):
            yield list(part)[:-1] if table.name == "samples" and connection.engine is empty else list(part)

    monkeypatch.setattr(copying, "_read", cut)
    with pytest.raises(StoreError, match="table samples: what has arrived is not what was read; nothing was kept"):
        copy(life.store.database, empty, lambda _: None)
    assert filled(empty) == []


def test_a_backup_is_whole_while_somebody_writes(tmp_path: Path) -> None:
    life = Life(f"sqlite:///{tmp_path / 'state.db'}")
    lived(life)
    with life.store.database.begin() as connection:
        connection.execute(sa.insert(t.digest_windows).values(cadence="under way", until=5))
        size = backup(tmp_path / "state.db", tmp_path / "copy.db")
    assert size == (tmp_path / "copy.db").stat().st_size
    assert (tmp_path / "copy.db").stat().st_mode & 0o077 == 0
    assert not list(tmp_path.glob("*.part"))
    copied = Life(f"sqlite:///{tmp_path / 'copy.db'}")
    assert [i.title for i in copied.everything()] == [i.title for i in life.everything()]
    assert "under way" not in [row[0] for row in content(copied.store.database)["digest_windows"]]
    life.store.close()
    copied.store.close()


def test_a_damaged_state_makes_no_backup(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    with sqlite3.connect(state) as connection:
        connection.execute("CREATE TABLE a (b TEXT)")
        connection.executemany("INSERT INTO a VALUES (?)", [("x" * 3_000,)] * 50)
    connection.close()
    damaged = bytearray(state.read_bytes())
    damaged[8_192:9_000] = b"\xff" * 808
    state.write_bytes(damaged)
    with pytest.raises(StoreError, match=r"the copy is damaged|cannot be copied"):
        backup(state, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


def test_a_backup_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    life = Life(f"sqlite:///{tmp_path / 'state.db'}")
    life.store.close()
    with pytest.raises(StoreError, match="cannot be written: No such file or directory; choose another place"):
        backup(tmp_path / "state.db", tmp_path / "nowhere" / "copy.db")
