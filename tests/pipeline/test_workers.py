"""Several processes on one PostgreSQL: one dies, one freezes, the database restarts; every line counts once."""

from __future__ import annotations

import contextlib
import re
import signal
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pipeline_scenes import Project, line, minutes_ago

from postgres import Postgres, server

LOGS = ("app.log", "other1.log", "other2.log")
SHARES = {"app", "others@1/2", "others@2/2"}
OTHERS = '\n[[sources]]\nkind = "file"\nname = "others"\npaths = ["other*.log"]\nshards = 2\n'
NO_WEB = "\n[web]\nenabled = false\n"
NO_SURGE = '\n[[rules]]\nname = "surge"\nkind = "surge"\nenabled = false\n'
PATIENCE = 90.0  # seconds; what usually takes ten


class Team:
    """Processes of one configuration: three logs, one database, one file of alerts."""

    def __init__(self, folder: Path, url: str) -> None:
        self.project = Project(folder, f'\n[store]\nurl = "{url}"\n{NO_WEB}{NO_SURGE}{OTHERS}')
        self.written = Counter[str]()
        self.processes: list[subprocess.Popen[bytes]] = []
        self.kinds = 0

    def join(self, url: str | None = None) -> subprocess.Popen[bytes]:
        """``url``: another way to the same database."""
        ours = self.project.config.read_text("utf-8")
        if url is not None:
            self.project.config.write_text(re.sub("(?m)^url = .*", f'url = "{url}"', ours), "utf-8")
        self.processes.append(self.project.start("serve", "--json"))
        if url is not None:
            out = self.processes[-1].stdout
            assert out is not None
            assert b'"started"' in out.readline()
            self.project.config.write_text(ours, "utf-8")
        return self.processes[-1]

    def write(self, kind: str, count: int = 40) -> None:
        """Errors of one kind, in every log."""
        for name in LOGS:
            with (self.project.folder / name).open("a", encoding="utf-8") as file:
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
                "SELECT name, holder FROM leases WHERE name LIKE 'source:%%' AND until > 0 ORDER BY name"
            )
            return {name.removeprefix("source:"): holder for name, holder in rows}

    def held_by(self, process: subprocess.Popen[bytes]) -> set[str]:
        return {name for name, holder in self.readers().items() if f"-{process.pid}-" in holder}

    def buried(self, process: subprocess.Popen[bytes]) -> bool:
        """Whether the others took it for dead. What it read is taken up first: it may be back before they do."""
        with self.project.store() as store, store.database.connect() as connection:
            rows = connection.exec_driver_sql("SELECT name FROM leases WHERE name LIKE 'worker:%%'")
            return not any(f"-{process.pid}-" in name for (name,) in rows)

    def shared(self) -> bool:
        """Whether each process that was not ended reads something, and all is read."""
        return (
            all(self.held_by(each) for each in self.processes if each.poll() is None) and set(self.readers()) == SHARES
        )

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
    assert team.held_by(first) == SHARES
    team.join()
    team.join()
    print(f"\nshared out after {wait_for(team.shared):.1f} s")
    team.write("pears")
    first.kill()
    first.wait()
    team.write("plums")
    took = wait_for(team.complete)
    print(f"\ntaken over in {took:.1f} s")
    assert max(team.told().values()) == 1
    assert team.counted() == team.written
    wait_for(team.shared)


def test_a_frozen_process_that_comes_back_counts_nothing_twice_and_ends(team: Team) -> None:
    first = team.join()
    team.write("apples")
    wait_for(team.complete)
    second = team.join()
    wait_for(team.shared)
    first.send_signal(signal.SIGSTOP)
    team.write("pears")
    took = wait_for(team.complete)
    print(f"\ntaken over in {took:.1f} s")
    wait_for(lambda: team.buried(first))
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


class Cable:
    """A way to a server by TCP, which can be cut: nothing is closed, and nothing arrives any more."""

    def __init__(self, postgres: Postgres) -> None:
        (self._far,) = postgres.folder.glob(".s.PGSQL.*[0-9]")
        self._whole = threading.Event()
        self._whole.set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = [self._listener]
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, name: str) -> str:
        return f"postgresql://logmedic@127.0.0.1:{self._listener.getsockname()[1]}/{name}"

    def cut(self) -> None:
        self._whole.clear()

    def mend(self) -> None:
        self._whole.set()

    def close(self) -> None:
        self.mend()
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(str(self._far))
                self._sockets += [near, far]
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self._forward, args=pair, daemon=True).start()

    def _forward(self, source: socket.socket, to: socket.socket) -> None:
        try:
            while data := source.recv(65_536):
                self._whole.wait()
                to.sendall(data)
            to.shutdown(socket.SHUT_WR)
        except OSError:  # one side has gone: the other hears of it
            for each in (source, to):
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)


def test_a_process_that_is_cut_off_from_the_database_counts_nothing_twice_and_ends(
    tmp_path: Path, postgres: Postgres, postgres_template: str
) -> None:
    name = postgres.create(postgres_template)
    cable = Cable(postgres)
    team = Team(tmp_path, postgres.url(name))
    with contextlib.ExitStack() as stack:
        stack.callback(postgres.drop, name)
        stack.callback(cable.close)
        stack.callback(team.end)
        first = team.join(cable.url(name))
        team.write("apples")
        wait_for(team.complete)
        second = team.join()
        wait_for(team.shared)
        cable.cut()
        team.write("pears")
        took = wait_for(team.complete)
        print(f"\ntaken over in {took:.1f} s")
        wait_for(lambda: team.buried(first))
        cable.mend()
        assert first.wait(PATIENCE) == 1
        team.write("plums")
        wait_for(team.complete)
        assert second.poll() is None
        assert max(team.told().values()) == 1
