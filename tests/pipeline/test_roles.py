"""``serve --role``: one process reads, another tells, a third shows."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from pipeline_scenes import Project, line, minutes_ago
from test_workers import NO_SURGE, wait_for

from postgres import Postgres

ROLES = ("collector", "worker", "web")
NDJSON = {"Content-Type": "application/x-ndjson"}


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture
def split(tmp_path: Path, postgres: Postgres, postgres_template: str) -> Iterator[Project]:
    name = postgres.create(postgres_template)
    web = f'\n[web]\nlisten = "127.0.0.1:{free_port()}"\n'
    yield Project(tmp_path, f'\n[store]\nurl = "{postgres.url(name)}"\n{web}{NO_SURGE}')
    postgres.drop(name)


@contextlib.contextmanager
def running(project: Project, *roles: str) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    started = {role: project.start("serve", "--json", "--role", role) for role in roles}
    try:
        for process in started.values():
            assert process.stdout is not None
            assert b'"started"' in process.stdout.readline()
        yield started
    finally:
        for process in started.values():
            process.terminate()
        for process in started.values():
            out, _ = process.communicate(timeout=60)
            assert process.returncode == 0, (project.folder / "stderr.txt").read_text("utf-8")
            assert b'"stopped"' in out


def test_a_collector_counts_and_tells_nobody_and_a_worker_tells_what_it_has_counted(split: Project) -> None:
    split.write(*(line(minutes_ago(0), "apples are broken") for _ in range(30)))
    with running(split, "collector"):
        wait_for(lambda: [each.count for each in split.incidents().values()] == [30])
        time.sleep(1.0)  # two looks of an engine
        assert split.told() == []
        with running(split, "worker"):
            wait_for(split.told)
    assert len(split.told()) == 1


def test_a_dashboard_of_its_own_hears_of_what_others_count(split: Project) -> None:
    with running(split, "collector", "web") as processes:
        assert processes["web"].stdout is not None
        address = json.loads(processes["web"].stdout.readline())["url"]
        with urlopen(f"{address}/events", timeout=60) as news:
            assert news.readline().startswith(b"retry")
            time.sleep(1.0)  # it remembers where things stand
            split.write(line(minutes_ago(0), "apples are broken"))
            wait_for(split.incidents)
            began = time.monotonic()
            while b"apples" not in news.readline():
                assert time.monotonic() - began < 30
            print(f"\nshown {time.monotonic() - began:.2f} s after it was found stored")


@pytest.mark.parametrize("role", ROLES)
def test_on_sqlite_one_process_does_everything(tmp_path: Path, role: str) -> None:
    ran = Project(tmp_path).run("serve", "--role", role)
    assert ran.returncode == 78
    assert f"--role {role}: one process does everything on SQLite" in ran.stderr.decode()


def test_a_dashboard_that_is_switched_off_is_no_role(tmp_path: Path) -> None:
    off = '\n[store]\nurl = "postgresql://me@/nowhere"\n[web]\nenabled = false\n'
    assert "leaves it nothing to do" in Project(tmp_path, off).run("serve", "--role", "web").stderr.decode()


def listening(process: subprocess.Popen[bytes]) -> bool:
    """Whether a process waits for connections by TCP."""
    sockets = set()
    for fd in Path(f"/proc/{process.pid}/fd").iterdir():
        with contextlib.suppress(OSError):  # closed meanwhile
            sockets.add(str(fd.readlink()))
    rows = [
        row.split()
        for table in ("tcp", "tcp6")
        for row in Path(f"/proc/{process.pid}/net/{table}").read_text("ascii").splitlines()[1:]
    ]
    return any(row[3] == "0A" and f"socket:[{row[9]}]" in sockets for row in rows)


def test_a_port_is_open_for_people_and_for_senders_and_nowhere_else(split: Project) -> None:
    with running(split, *ROLES) as processes:
        assert {role: listening(process) for role, process in processes.items()} == {
            "collector": False, "worker": False, "web": True,
        }  # fmt: skip
        assert readers_of(split) == {processes["collector"].pid}


def readers_of(project: Project) -> set[int]:
    """Ids of the processes that hold the lease of a source."""
    with project.store() as store, store.database.connect() as connection:
        rows = connection.exec_driver_sql("SELECT holder FROM leases WHERE name LIKE 'source:%%' AND until > 0")
        return {int(holder.split("-")[-2]) for (holder,) in rows}


def test_what_is_pushed_to_two_machines_is_all_counted_once(
    tmp_path: Path, postgres: Postgres, postgres_template: str
) -> None:
    name = postgres.create(postgres_template)
    machines = []
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        port = free_port()
        web = f'\n[web]\nlisten = "127.0.0.1:{port}"\n[[sources]]\nkind = "push"\nname = "push"\n'
        store = f'\n[store]\nurl = "{postgres.url(name)}"\n'
        machines.append((Project(folder, f"{store}{web}{NO_SURGE}"), f"http://127.0.0.1:{port}/ingest"))
    here, there = machines
    total = 0
    with running(here[0], "collector") as first, running(there[0], "collector") as second:
        for turn in range(3):
            for project, address in machines:
                lines = [
                    line(minutes_ago(0), "apples are broken", turn=turn, at=project.folder.name) for _ in range(20)
                ]
                with urlopen(Request(address, "\n".join(lines).encode(), NDJSON), timeout=60) as answer:
                    assert answer.status // 100 == 2
                total += 20
        wait_for(lambda: [i.count for i in here[0].incidents().values()] == [total])
        assert listening(first["collector"])
        assert listening(second["collector"])
    with running(here[0], "collector"), running(there[0], "collector"):
        time.sleep(2.0)  # both have read their spools again
        assert [i.count for i in here[0].incidents().values()] == [total]
    postgres.drop(name)


def test_a_dashboard_alone_says_what_is_missing_and_when_it_is_there(split: Project) -> None:
    def said() -> str:
        return (split.folder / "stderr.txt").read_text("utf-8")

    with running(split, "web"):
        wait_for(lambda: "no process reads the sources: start `logmedic serve --role collector`" in said())
        assert "alerts wait: start `logmedic serve --role worker`" in said()
        with running(split, "collector"), running(split, "worker"):
            wait_for(lambda: "every part of the work has a process now" in said())
    with split.store() as store, store.database.connect() as connection:
        left = connection.exec_driver_sql("SELECT name FROM leases WHERE name LIKE 'duty:%%'").fetchall()
    assert left == []
