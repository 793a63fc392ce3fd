"""``logmedic db`` as somebody types it: each command says what it did, or in one line why not."""

from __future__ import annotations

import json
import shutil
from typing import Any

import sqlalchemy as sa
from cli_shell import Shell

from logmedic.store.database import open_database
from logmedic.store.lock import InstanceLock
from postgres import Postgres


def err(done: Any) -> str:
    return str(done.stderr.decode())


def test_upgrade_says_where_the_tables_stand(watched: Shell) -> None:
    assert "schema none yet" in err(watched.run("db", "upgrade", "--check", code=1))
    assert "schema none yet, now 0" in err(watched.run("db", "upgrade"))
    assert err(watched.run("db", "upgrade", "--check")).rstrip().endswith("up to date")


def test_prune_counts_first_and_keeps_a_month_at_least(watched: Shell, record: Any) -> None:
    old = record("apples broke", timestamp="2024-01-01T00:00:00Z")
    watched.write("app.log", old, record("pears broke"))
    watched.run("scan")
    state = watched.folder / ".logmedic" / "state.db"
    database = open_database(f"sqlite:///{state}")
    with database.begin() as connection:  # as if it had been counted then
        connection.execute(sa.text("UPDATE incidents SET created_at = first_seen"))
    database.dispose()
    would = watched.json("db", "prune", "--dry-run")
    assert (would["dry_run"], would["rows"]["incidents"]) == (True, 1)
    assert "forgotten: " in err(watched.run("db", "prune"))
    assert [i["title"] for i in watched.json("incidents", "list")] == ["pears broke"]
    assert "nothing is old enough" in err(watched.run("db", "prune"))
    refused = err(watched.run("db", "prune", "--older-than", "3d", code=2))
    assert refused == "logmedic: --older-than: at least 35d, because the caps on money look back 30 days\n"


def test_a_backup_takes_the_place_of_the_state(watched: Shell, record: Any) -> None:
    assert "there is no state yet" in err(watched.run("db", "backup", "copy.db", code=1))
    watched.write("app.log", record("apples broke"))
    watched.run("scan")
    assert "bytes, checked" in err(watched.run("db", "backup", "copy.db"))
    assert "is there already" in err(watched.run("db", "backup", "copy.db", code=2))
    watched.run("db", "backup", "--force", "copy.db")
    shutil.rmtree(watched.folder / ".logmedic")
    (watched.folder / ".logmedic").mkdir()
    (watched.folder / "copy.db").rename(watched.folder / ".logmedic" / "state.db")
    assert watched.json("scan")["lines"] == 0
    assert [i["title"] for i in watched.json("incidents", "list")] == ["apples broke"]


def test_a_state_moves_to_postgresql_and_nothing_is_read_or_told_twice(
    watched: Shell, record: Any, postgres: Postgres
) -> None:
    watched.write("app.log", record("apples broke"))
    watched.run("scan")
    name = postgres.create()
    url = postgres.url(name)
    done = err(watched.run("db", "move", url))
    assert "  incidents: 1\n" in done
    assert f'Now set [store] url = "{url}"' in done
    again = err(watched.run("db", "move", url, code=1))
    assert "is not empty (incidents, " in again
    assert again.count("\n") == 1
    watched.write("logmedic.toml", f"[store]\nurl = {json.dumps(url)}\n")
    watched.write("app.log", record("apples broke"), record("pears broke"))
    found = watched.json("scan")
    assert found["lines"] == 2
    counts = {i["title"]: i["count"] for i in watched.json("incidents", "list")}
    assert counts == {"apples broke": 2, "pears broke": 1}
    told = [json.loads(line) for line in (watched.folder / "told.jsonl").read_text("utf-8").splitlines()]
    assert [one["incident"]["title"] for one in told] == ["apples broke", "pears broke"]
    assert "pg_dump --format=custom" in err(watched.run("db", "backup", "copy.db", code=2))
    postgres.drop(name)


def test_what_cannot_be_moved_is_one_line(watched: Shell, record: Any) -> None:
    assert "there is no state to move" in err(watched.run("db", "move", "sqlite:///other.db", code=1))
    watched.write("app.log", record("apples broke"))
    watched.run("scan")
    same = err(watched.run("db", "move", "sqlite:///.logmedic/state.db", code=2))
    assert "is what [store] url names already" in same
    nonsense = err(watched.run("db", "move", "nonsense", code=78))
    assert nonsense.count("\n") == 1
    lock = InstanceLock(watched.folder / ".logmedic" / "state.db")
    lock.acquire()
    assert "another logmedic (process " in err(watched.run("db", "move", "sqlite:///other.db", code=75))
    lock.release()
