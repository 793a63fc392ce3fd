"""F35 to F43 of ``docs/faults.md``: whatever happens to the process or to its state, each line counts once."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import alembic.command
import alembic.config
import pytest
import sqlalchemy as sa
from keeping_world import HOUR, UNWELL, World
from pipeline_scenes import Project, line, minutes_ago

from logmedic.errors import StoreError
from logmedic.store import HEAD, database
from logmedic.store.database import open_database
from logmedic.store.store import Store
from logmedic.testing.doors import FakeClock

WORDS = ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliett", "kilo", "lima"]
POINTS = 12  # of syscalls at which the process is killed
QUIET = '\n[[rules]]\nname = "surge"\nenabled = false\n[policy]\nstorm = 0\n'


def counts(project: Project) -> dict[str, int]:
    return {title: incident.count for title, incident in project.incidents().items()}


def straced(project: Project, *injected: str) -> subprocess.CompletedProcess[bytes]:
    if shutil.which("strace") is None:
        pytest.skip("no strace, by which syscalls are made to fail")
    command = ["strace", "-f", "-qq", "-o", "/dev/null", *(f"--inject={each}" for each in injected)]
    done = subprocess.run(
        [*command, *project.command("scan")], cwd=project.folder, capture_output=True, timeout=170, check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")},
    )  # fmt: skip
    if b"ptrace" in done.stderr:
        pytest.skip("strace may not trace here")
    return done


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_f35_killed_at_any_syscall_every_line_counts_once(tmp_path: Path) -> None:
    project = Project(tmp_path, QUIET)
    chance = random.Random(35)
    killed = written = 0
    for _ in range(POINTS):
        project.write(*(line(minutes_ago(1), "stock is negative") for _ in range(50)))
        written += 50
        syscall, most = chance.choice([("pwrite64", 60), ("fsync,fdatasync", 6), ("pread64", 80), ("write", 30)])
        done = straced(project, f"{syscall}:signal=KILL:when={chance.randint(1, most)}")
        killed += done.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL)
    assert project.run("scan").returncode == 0
    print(f"{killed} of {POINTS} were killed")
    assert killed >= POINTS // 4
    assert counts(project) == {"stock is negative": written}


def test_f36_a_state_that_lost_its_latest_transactions_reads_again_and_counts_once(tmp_path: Path) -> None:
    """With ``synchronous=NORMAL`` a power cut may undo what stood in the log of writes alone."""
    project = Project(tmp_path, QUIET)
    state = tmp_path / ".logmedic/state.db"
    project.write(*(line(minutes_ago(2), "stock is negative") for _ in range(5)))
    project.scan()
    with sqlite3.connect(state) as now, sqlite3.connect(tmp_path / "before.db") as kept:
        now.backup(kept)
    project.write(*(line(minutes_ago(1), "stock is negative") for _ in range(7)))
    project.scan()
    assert counts(project) == {"stock is negative": 12}
    for each in state.parent.glob("state.db*"):
        if each.suffix != ".lock":
            each.unlink()
    shutil.copy(tmp_path / "before.db", state)
    project.scan()
    assert counts(project) == {"stock is negative": 12}


@pytest.mark.parametrize("damage", ["nul", "flipped", "missing"])
def test_f37_a_state_that_is_damaged_is_named_with_the_remedy_and_a_missing_one_begun_anew(
    tmp_path: Path, damage: str
) -> None:
    project = Project(tmp_path, QUIET)
    project.write(*(line(minutes_ago(1), "stock is negative") for _ in range(3)))
    project.scan()
    state = tmp_path / ".logmedic/state.db"
    whole = state.read_bytes()
    if damage == "missing":
        for each in state.parent.glob("state.db*"):
            each.unlink()
    else:
        broken = bytes(len(whole)) if damage == "nul" else bytes(byte ^ 0xFF for byte in whole[:4096]) + whole[4096:]
        state.write_bytes(broken)
        with pytest.raises(StoreError, match="move the file away") as caught:
            project.scan()
        assert "\n" not in str(caught.value)
        assert state.read_bytes() == broken, "whoever wants to rescue it can"
        state.rename(tmp_path / "broken.db")
    project.scan()
    assert counts(project) == {"stock is negative": 3}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MB: SQLite keeps up to 4 MB of writes beside the state until it folds them in."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip(f"no file system may be mounted here: {made.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Take all the room that is left."""
    filler = disk / "filler"
    fd = os.open(filler, os.O_WRONLY | os.O_CREAT)
    with contextlib.suppress(OSError):  # which says that it is full
        while os.write(fd, b"x" * 65536):
            pass
    os.close(fd)
    return filler


@pytest.mark.parametrize(
    "fault",
    ["full", *(pytest.param(fault, marks=pytest.mark.slow) for fault in ("nearly full", "EIO", "ENOSPC"))],
)
def test_f38_when_the_disk_refuses_positions_stop_it_is_said_and_afterwards_all_of_it_counts(
    tmp_path: Path, fault: str, request: pytest.FixtureRequest
) -> None:
    disk = request.getfixturevalue("small_disk") if "full" in fault else tmp_path
    project = Project(tmp_path, f'\n[store]\nurl = "sqlite:///{disk}/state.db"\n{QUIET}')
    project.write(*(line(minutes_ago(3), "stock is negative") for _ in range(3)))
    project.scan()
    project.write(*(line(minutes_ago(1), f"stock of {word} is negative " + "x" * 4000) for word in WORDS))
    if "full" in fault:
        filler = fill(disk)
        os.truncate(filler, filler.stat().st_size - (8192 if fault == "nearly full" else 0))  # room for the lock
        refused = project.run("scan")
        filler.unlink()
        assert b"disk is full" in refused.stderr
    else:
        refused = straced(project, f"fsync,fdatasync,pwrite64:error={fault}:when=1+")
    assert refused.returncode != 0
    assert b"Traceback" not in refused.stderr
    assert project.run("scan").returncode == 0
    assert sum(counts(project).values()) == 3 + len(WORDS)


def test_f39_readers_a_writer_and_checkpoints_at_once_lose_nothing(tmp_path: Path) -> None:
    project = Project(tmp_path, QUIET)
    project.write(line(minutes_ago(3), "stock is negative"))
    project.scan()
    state, ended = tmp_path / ".logmedic/state.db", threading.Event()
    failed: list[str] = []
    looks = [0]

    def read() -> None:
        with project.store() as store:
            while not ended.is_set():
                try:
                    store.list_incidents()
                    store.totals()
                    looks[0] += 1
                except StoreError as error:
                    failed.append(str(error))

    def checkpoint() -> None:
        with sqlite3.connect(state, timeout=30) as connection:
            while not ended.wait(0.005):
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    threads = [threading.Thread(target=each) for each in (*[read] * 4, checkpoint)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        project.write(line(minutes_ago(1), "stock is negative"))
        project.scan()
    ended.set()
    for thread in threads:
        thread.join()
    assert (failed, looks[0] > 0) == ([], True)
    assert counts(project) == {"stock is negative": 6}
    with sqlite3.connect(state) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


VERSIONS = [f"{number:04}" for number in range(1, int(HEAD))]


@pytest.mark.parametrize("version", VERSIONS)
def test_f40_an_older_state_keeps_its_positions_and_one_of_a_newer_release_is_refused(
    tmp_path: Path, version: str
) -> None:
    state = tmp_path / "state.db"
    engine = sa.create_engine(f"sqlite:///{state}")
    settings = alembic.config.Config()
    settings.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
    with engine.connect() as connection:
        settings.attributes["connection"] = connection
        alembic.command.upgrade(settings, version)
        connection.execute(
            sa.text(
                "INSERT INTO positions (source, stream, offset, token, done, lines, rejects, updated_at)"
                " VALUES ('app', 's', 4711, '{\"path\": \"/x\"}', false, 9, 1, 1)"
            )
        )
        connection.commit()
    engine.dispose()
    store = Store(open_database(f"sqlite:///{state}"))
    (position,) = store.positions("app")
    store.close()
    assert (position.offset, position.token) == (4711, {"path": "/x"})
    with sqlite3.connect(state) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="written by a newer logmedic"):
        open_database(f"sqlite:///{state}")


def test_f41_a_clock_that_jumps_back_an_hour_or_on_a_day_sends_nothing_twice(
    world: World, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    off = [0.0]
    now = clock.now
    monkeypatch.setattr(clock, "now", lambda: now() + int(off[0] * 1e9))
    world.warn("precious")
    world.later(1)
    assert len(world.titles()) == 1
    off[0] = -HOUR
    for _ in range(4):
        world.later(0.2)
    assert len(world.titles()) == 1, "the hour comes again and its digest does not"
    world.troubles = [UNWELL]
    world.later(0.1)
    assert world.titles()[1:] == ["logmedic itself is in trouble"]
    off[0] = 24 * HOUR
    world.troubles = []
    world.later(0.1)
    world.warn("another")
    world.later(1.1)
    digests = [title for title in world.titles() if "digest" in title]
    assert "logmedic is well again" in world.titles(), "nothing is stuck in the past"
    assert len(digests) == len(set(digests)) <= 3


def test_f42_of_thousands_of_different_errors_a_capped_number_are_incidents_and_one_counts_the_rest(
    tmp_path: Path,
) -> None:
    project = Project(tmp_path, "\n[window]\nnew_incidents = 10\nnew_incidents_seconds = 3600\n")
    syllables = [a + b for a in "bdfgklmnprst" for b in "aeiou"]
    words = [f"{one}nor {two}mot" for one in syllables[:25] for two in syllables[:25]]
    project.write(*(line(minutes_ago(1), f"{word} went wrong") for word in words))
    project.scan()
    with project.store() as store:
        found = store.list_incidents(limit=1000)
    (overflow,) = [incident for incident in found if incident.rules == ("storm",)]
    opened = [incident for incident in found if incident.rules == ("error-level",)]
    assert len(opened) == 10
    assert overflow.count + sum(incident.count for incident in opened) == len(words)


def test_f43_told_to_end_in_the_midst_of_a_batch_it_drains_and_ends_with_success(tmp_path: Path) -> None:
    project = Project(tmp_path, QUIET + "[web]\nenabled = false\n")
    project.write(*(line(minutes_ago(1), "stock is negative") for _ in range(20_000)))
    process = project.start("serve")
    until = time.monotonic() + 100
    state = tmp_path / ".logmedic/state.db"
    while not state.exists() or state.stat().st_size == 0:
        assert time.monotonic() < until
        time.sleep(0.02)
    time.sleep(random.random())
    process.terminate()
    assert process.wait(60) == 0
    assert process.stdout is not None
    process.stdout.close()
    project.scan()
    assert counts(project) == {"stock is negative": 20_000}
