"""A state that cannot be used ends in one line that says what to do, never in a traceback."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from logmedic import build
from logmedic.errors import ConfigError, StoreError
from logmedic.store import HEAD
from logmedic.store.database import open_database
from logmedic.store.lock import InstanceLock
from logmedic.store.peek import peek
from logmedic.store.store import Store

SOURCE = Path(__file__).resolve().parents[2] / "src"


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCE), "LANG": "C.UTF-8"}
    done = subprocess.run(
        [sys.executable, "-m", "logmedic.cli.main", *arguments], cwd=folder, env=env, capture_output=True,
        timeout=60, check=False,
    )  # fmt: skip
    return done.returncode, done.stderr.decode()


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scanned")
    (folder / "a.log").write_text('{"level":"ERROR","message":"boom"}\n')
    previous = os.umask(0o022)
    try:
        assert run(folder, "scan", "a.log", "--json")[0] == 0
    finally:
        os.umask(previous)
    return folder


@pytest.fixture
def state(scanned: Path, tmp_path: Path) -> Path:
    """A copy of a used state."""
    copy = tmp_path / "state.db"
    with sqlite3.connect(scanned / ".logmedic" / "state.db") as old, sqlite3.connect(copy) as new:
        old.backup(new)
    return copy


def change(state: Path, statement: str) -> Store:
    with sqlite3.connect(state) as database:
        database.execute(statement)
    return Store(open_database(f"sqlite:///{state}"))


READS: list[tuple[str, Callable[[Store], object]]] = [
    ("UPDATE incidents SET rules = 'q'", lambda store: store.list_incidents()),
    ("UPDATE incidents SET state = 'weird'", lambda store: store.incident(1)),
    ("UPDATE incidents SET diagnosis = 'zz'", lambda store: store.by_fingerprint("v1")),
    ("UPDATE samples SET body = 'zz'", lambda store: store.samples(1)),
    ("UPDATE positions SET token = 'zz'", lambda store: store.positions("files")),
    ("UPDATE effects SET receipt = 'zz'", lambda store: store.receipt(1, "console")),
]


@pytest.mark.parametrize(("statement", "read"), READS, ids=[statement for statement, _ in READS])
def test_damaged_rows_are_reported_with_the_remedy(
    state: Path, statement: str, read: Callable[[Store], object]
) -> None:
    store = change(state, statement)
    with pytest.raises(StoreError, match=r"state database: .*move the file away"):
        read(store)
    store.close()


def test_a_quick_look_at_damaged_positions_finds_nothing_out(state: Path) -> None:
    assert peek(state, HEAD) is not None
    change(state, "UPDATE positions SET token = 'zz'").close()
    assert peek(state, HEAD) is None


@pytest.mark.parametrize("statement", ["UPDATE carried SET value = x'00ff'", "DROP TABLE incidents"])
def test_a_scan_on_a_damaged_state_says_so_in_one_line(scanned: Path, state: Path, statement: str) -> None:
    change(state, statement).close()
    (state.parent / "c.toml").write_text(f'[store]\nurl = "sqlite:///{state}"\n')
    (state.parent / "b.log").write_text('{"level":"ERROR","message":"boom"}\n')
    code, told = run(state.parent, "scan", "b.log", "--config", "c.toml")
    assert code == 1
    assert told.count("\n") == 1, told


def test_a_damaged_page_is_reported_in_one_line(state: Path) -> None:
    with sqlite3.connect(state) as database:
        (page,) = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'incidents'").fetchone()
        (size,) = database.execute("PRAGMA page_size").fetchone()
    with state.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    store = Store(open_database(f"sqlite:///{state}"))
    with pytest.raises(StoreError, match="malformed"):
        store.list_incidents()
    store.close()


def test_a_place_where_no_state_can_stand_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "b.db.lock").mkdir()
    for path in (tmp_path / "file" / "a.db", tmp_path / "b.db", Path("/proc/none/a.db"), Path("a\0b/c.db")):
        with pytest.raises(StoreError, match="give \\[store\\] url another place"):
            InstanceLock(path).acquire()
    with pytest.raises(StoreError, match="another place"):
        open_database(f"sqlite:///{tmp_path}/file/a.db")


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite:///:memory:"])
def test_a_state_that_would_be_forgotten_is_a_config_error(tmp_path: Path, url: str) -> None:
    config = tmp_path / "logmedic.toml"
    config.write_text(f'[store]\nurl = "{url}"\n')
    with pytest.raises(ConfigError, match="names no file; give one"):
        build.load_config(str(config), tmp_path)


@pytest.mark.parametrize(
    ("table", "key", "value"),
    [
        ("window", "dedup_seconds", "inf"), ("window", "dedup_seconds", "nan"), ("window", "dedup_seconds", "-1"),
        ("window", "escalation_factor", "nan"), ("window", "new_incidents", "-1"),
        ("window", "new_incidents_seconds", "inf"), ("retry", "deadline_s", "inf"), ("retry", "tries", "0"),
        ("retry", "max_delay_s", "nan"), ("retry", "first_delay_s", "-0.1"),
    ],
)  # fmt: skip
def test_a_number_that_cannot_work_is_a_config_error_that_names_the_key(
    tmp_path: Path, table: str, key: str, value: str
) -> None:
    config = tmp_path / "logmedic.toml"
    config.write_text(f"[{table}]\n{key} = {value}\n")
    with pytest.raises(ConfigError, match=f"{table}: `{key}` must be"):
        build.load_config(str(config), tmp_path)


def test_the_state_can_be_read_by_its_owner_only(scanned: Path) -> None:
    folder = scanned / ".logmedic"
    with sqlite3.connect(folder / "state.db") as database:
        database.execute("CREATE TABLE extra (x)")
        database.commit()
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
        database.execute("DROP TABLE extra")
    assert {"state.db", "state.db.lock", "state.db-wal"} <= set(modes)
    assert set(modes.values()) == {0o600}
