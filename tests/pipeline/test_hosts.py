"""Three hosts in network namespaces and one PostgreSQL in a fourth: whatever befalls them, every line counts once."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pipeline_scenes import Project, environment, line, minutes_ago
from test_workers import NO_SURGE, NO_WEB, PATIENCE, wait_for

from postgres import Postgres, server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

HOSTS = 3
LOGS = 9
SHARDS = 6
SOURCE = f'[[sources]]\nkind = "file"\nname = "app"\npaths = ["app*.log"]\nshards = {SHARDS}\n'


class Network:
    """Hosts on a cable each to the machine of the database, and no way elsewhere."""

    def __init__(self) -> None:
        self._names = [f"lm{os.getpid()}-{number}" for number in range(HOSTS + 1)]
        self.database = self._names[HOSTS]

    def open(self) -> None:
        for name in self._names:
            _ip("netns", "add", name)
            _ip("-n", name, "link", "set", "lo", "up")
        for number, host in enumerate(self._names[:HOSTS]):
            _ip(
                "-n", self.database, "link", "add", f"to{number}", "type", "veth", "peer", "name", "eth0", "netns", host
            )
            for name, device, end in ((self.database, f"to{number}", 1), (host, "eth0", 2)):
                _ip("-n", name, "address", "add", f"10.77.{number}.{end}/30", "dev", device)
                _ip("-n", name, "link", "set", device, "up")

    def close(self) -> None:
        for name in self._names:
            with contextlib.suppress(subprocess.CalledProcessError):
                _ip("netns", "delete", name)

    def inside(self, number: int) -> list[str]:
        return ["ip", "netns", "exec", self._names[number]]

    def cut(self, number: int) -> None:
        """Nothing is closed; packets are lost, in both directions."""
        _ip("-n", self.database, "link", "set", f"to{number}", "down")

    def mend(self, number: int) -> None:
        _ip("-n", self.database, "link", "set", f"to{number}", "up")


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


class Writer:
    """Writes to every log without a pause, and rotates them by turns."""

    def __init__(self, folder: Path) -> None:
        self.written = Counter[str]()
        self.kind = "apples"
        self._folder = folder
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        turn = 0
        while not self._stop.wait(0.05):
            kind = self.kind
            for number in range(LOGS):
                with (self._folder / f"app{number:02d}x.log").open("a", encoding="utf-8") as file:
                    file.write(line(minutes_ago(0), f"{kind} are broken") + "\n")
                self.written[kind] += 1
            turn += 1
            # Every two seconds another one; not before all are followed: what was rotated until then is not named.
            if turn % 40 == 0 and turn > 200:
                path = self._folder / f"app{turn // 40 % LOGS:02d}x.log"
                path.rename(path.with_suffix(f".log.{turn}"))


class Team:
    def __init__(self, folder: Path, network: Network, postgres: Postgres) -> None:
        self.network = network
        self.name = postgres.create()
        self.project = Project(folder, f'\n[store]\nurl = "{postgres.url(self.name)}"\n')  # by the socket, to look on
        channel = f'[[channels]]\nkind = "jsonl"\nname = "jsonl"\npath = "{self.project.told_file}"\n'
        for number in range(HOSTS):
            url = f"postgresql://logmedic@10.77.{number}.1/{self.name}"
            text = f'{SOURCE}{channel}[store]\nurl = "{url}"\n{NO_WEB}{NO_SURGE}'
            (folder / f"host{number}.toml").write_text(text, "utf-8")
        self.processes: dict[int, subprocess.Popen[bytes]] = {}

    def join(self, number: int) -> None:
        command = [sys.executable, "-m", "logmedic.cli.main", "serve", "--config", f"host{number}.toml"]
        with (self.project.folder / f"stderr{number}.txt").open("ab") as errors:
            self.processes[number] = subprocess.Popen(
                [*self.network.inside(number), *command], cwd=self.project.folder, env=environment(), stderr=errors
            )

    def shared(self) -> bool:
        """Whether all hosts read as much. One that was starved for so long that others took it for dead is started
        again, as systemd would."""
        for number, process in list(self.processes.items()):
            if process.poll() == 1:
                self.join(number)
        with self.project.store() as store, store.database.connect() as connection:
            rows = connection.exec_driver_sql(
                "SELECT holder FROM leases WHERE name LIKE 'source:%%' AND until > extract(epoch FROM now()) * 1e9"
            ).all()
        return sorted(Counter(holder for (holder,) in rows).values()) == [SHARDS // HOSTS] * HOSTS

    def counted(self) -> Counter[str]:
        return Counter({title.split()[0]: i.count for title, i in self.project.incidents().items()})

    def end(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
        for process in self.processes.values():
            process.wait(PATIENCE)


@pytest.fixture
def team(tmp_path: Path) -> Iterator[tuple[Team, Postgres]]:
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("network namespaces need root and `ip`")
    network = Network()
    with contextlib.ExitStack() as stack:
        stack.callback(network.close)
        network.open()
        postgres = stack.enter_context(server(network.database))
        made = Team(tmp_path, network, postgres)
        stack.callback(made.end)
        yield made, postgres


def test_hosts_that_die_freeze_and_lose_their_database_count_every_line_once(team: tuple[Team, Postgres]) -> None:
    it, postgres = team
    for number in range(HOSTS):
        it.join(number)
    wait_for(it.shared)
    writer = Writer(it.project.folder)

    def go_on(kind: str, what: str) -> None:
        """Errors of a new kind come up in every log, and then of an old one; all the new ones are counted."""
        began, writer.kind = time.monotonic(), kind
        wait_for(lambda: writer.written[kind] >= 10 * LOGS)
        writer.kind = "apples"
        wait_for(lambda: it.counted()[kind] == writer.written[kind])
        print(f"\n{what}: gone on in {time.monotonic() - began:.1f} s")

    def come_back(number: int, *, ends: Callable[[], int]) -> None:
        assert ends() == 1
        assert "took this one for dead" in (it.project.folder / f"stderr{number}.txt").read_text("utf-8")
        it.join(number)
        wait_for(it.shared)

    try:
        wait_for(lambda: it.counted()["apples"] >= 10 * LOGS)
        it.processes[0].kill()
        it.processes[0].wait()
        go_on("pears", "one was killed")
        it.join(0)
        wait_for(it.shared)

        it.processes[1].send_signal(signal.SIGSTOP)
        go_on("plums", "one froze")
        it.processes[1].send_signal(signal.SIGCONT)
        come_back(1, ends=lambda: it.processes[1].wait(PATIENCE))

        it.network.cut(2)
        go_on("cherries", "one was cut off from the database")
        it.network.mend(2)
        come_back(2, ends=lambda: it.processes[2].wait(PATIENCE))

        postgres.stop(signal.SIGINT)
        time.sleep(3.0)
        postgres.start()
        go_on("grapes", "the database was started again")
    finally:
        writer.stop()
    with contextlib.suppress(AssertionError):  # the comparison below says by how much
        wait_for(lambda: it.counted() == writer.written)
    assert it.counted() == writer.written
    told = Counter((entry["incident"]["title"], entry["incident"]["generation"]) for entry in it.project.told())
    wait_for(lambda: len(it.project.told()) >= len(writer.written))
    assert {title.split()[0] for title, _ in told} == set(writer.written)
    assert max(told.values()) == 1
