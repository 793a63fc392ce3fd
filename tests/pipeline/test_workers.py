"""Several processes on one PostgreSQL: one dies, one freezes, the database restarts; every line counts once."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pipeline_scenes import Project, line, minutes_ago

from postgres import Postgres, server

SOURCES = ("app1", "app2", "app3")
NO_WEB = "\n[web]\nenabled = false\n"
NO_SURGE = '\n[[rules]]\nname = "surge"\nkind = "surge"\nenabled = false\n'
PATIENCE = 90.0  # seconds; what usually takes ten


class Team:
    """Processes of one configuration: three logs, one database, one file of alerts."""

    def __init__(self, folder: Path, url: str) -> None:
        self.project = Project(folder, f'\n[store]\nurl = "{url}"\n{NO_WEB}{NO_SURGE}{_more_sources()}')
        self.written = Counter[str]()
        self.processes: list[subprocess.Popen[bytes]] = []
        self.kinds = 0

    def join(self) -> subprocess.Popen[bytes]:
        self.processes.append(self.project.start("serve"))
        return self.processes[-1]

    def write(self, kind: str, count: int = 40) -> None:
        """Errors of one kind, in every log."""
        for name in SOURCES:
            path = self.project.folder / ("app.log" if name == SOURCES[0] else f"{name}.log")
            with path.open("a", encoding="utf-8") as file:
                file.writelines(line(minutes_ago(0), f"{kind} is broken") + "\n" for _ in range(count))
            self.written[kind] += count

    def counted(self) -> Counter[str]:
        return Counter({title.split()[0]: i.count for title, i in self.project.incidents().items()})

    def told(self) -> Counter[str]:
        return Counter(entry["incident"]["title"].split()[0] for entry in self.project.told())

    def readers(self) -> dict[str, str]:
        """Source → who holds its lease."""
        with self.project.store() as store, store.database.connect() as connection:
            rows = connection.exec_driver_sql(
                "SELECT name, holder FROM leases WHERE name LIKE 'source:%%' AND until > 0"
            )
            return {name.removeprefix("source:"): holder for name, holder in rows}

    def held_by(self, process: subprocess.Popen[bytes]) -> set[str]:
        return {name for name, holder in self.readers().items() if f"-{process.pid}-" in holder}

    def complete(self) -> bool:
        return self.counted() == self.written and set(self.told()) == set(self.written)

    def end(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(signal.SIGCONT)
                process.terminate()
        for process in self.processes:
            process.wait(PATIENCE)
            assert process.stdout is not None
            process.stdout.close()


def _more_sources() -> str:
    return "".join(f'\n[[sources]]\nkind = "file"\nname = "{name}"\npaths = ["{name}.log"]\n' for name in SOURCES[1:])


def wait_for(condition: Callable[[], object]) -> float:
    """Until it holds. Returns after how many seconds that was."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < PATIENCE, "it did not happen in time"
        time.sleep(0.1)
    return time.monotonic() - began


@pytest.fixture
def team(tmp_path: Path, postgres: Postgres, postgres_template: str) -> Iterator[Team]:
    name = postgres.create(postgres_template)
    made = Team(tmp_path, postgres.url(name))
    yield made
    made.end()
    postgres.drop(name)


def test_what_a_killed_process_read_and_told_is_taken_over(team: Team) -> None:
    first = team.join()
    team.write("apples")
    wait_for(team.complete)
    team.join()
    team.join()
    assert team.held_by(first) == {"app", *SOURCES[1:]}
    team.write("pears")
    first.kill()
    first.wait()
    team.write("plums")
    took = wait_for(team.complete)
    print(f"\ntaken over in {took:.1f} s")
    assert max(team.told().values()) == 1
    assert team.counted() == team.written


def test_a_frozen_process_that_comes_back_counts_nothing_twice_and_ends(team: Team) -> None:
    first = team.join()
    team.write("apples")
    wait_for(team.complete)
    second = team.join()
    first.send_signal(signal.SIGSTOP)
    team.write("pears")
    took = wait_for(team.complete)
    print(f"\ntaken over in {took:.1f} s")
    first.send_signal(signal.SIGCONT)
    team.write("plums")
    assert first.wait(PATIENCE) == 1
    assert "took this one for dead" in (team.project.folder / "stderr.txt").read_text("utf-8")
    wait_for(team.complete)
    assert second.poll() is None
    assert max(team.told().values()) == 1


@pytest.mark.usefixtures("postgres")  # skips where there is none
def test_a_restart_of_the_database_loses_nothing_and_kills_nobody(tmp_path: Path) -> None:
    with server() as own, contextlib.ExitStack() as stack:
        team = Team(tmp_path, own.url(own.create()))
        stack.callback(team.end)
        team.join()
        team.join()  # at once: both find a database without a table
        team.write("apples")
        wait_for(team.complete)
        own.stop(signal.SIGQUIT)
        team.write("pears")
        time.sleep(2.0)
        own.start()
        team.write("plums")
        took = wait_for(team.complete)
        print(f"\ngone on in {took:.1f} s")
        assert [process.poll() for process in team.processes] == [None, None]
        assert max(team.told().values()) == 1
