"""Several processes on one PostgreSQL: what a line costs them, how soon they take over, how fast counters are written.

    python benchmarks/store/workers.py [--lines 3000000] [--rounds 3]

``logmedic serve`` on three logs, as one process and as three that share them out, until the positions in the database
stand at the ends of the logs: CPU time of all processes, without that of the same processes on empty logs; the peer is
the one. Then one of three is killed while lines are written. Then counters in batches; the peer is a COPY.
Needs Debian's PostgreSQL; starts one of its own, with fsync off.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from logmedic.store import tables as t
from logmedic.store.database import open_database
from logmedic.store.rows import upsert

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))
from postgres import Postgres, server

NAMES = ("a", "b", "c")
OK = (
    b'{"timestamp":"2026-01-01T00:00:00Z","level":"INFO","fields":{"message":"order placed","id":%d},"target":"shop"}\n'
)
BAD = OK.replace(b"INFO", b"ERROR").replace(b"placed", b"lost")
SETTLED = 30.0  # seconds, the same for every run: idle processes cost something as well
PATIENCE = 120.0
BATCH, BATCHES = 1_000, 60


class Team:
    """Processes of one configuration in one folder, on a database of their own."""

    def __init__(self, postgres: Postgres, folder: Path) -> None:
        self.folder = folder
        self.url = postgres.url(postgres.create())
        self.processes: list[subprocess.Popen[bytes]] = []
        sources = [f'[[sources]]\nkind = "file"\nname = "{n}"\npaths = ["{n}.log"]\n' for n in NAMES]
        rest = f'[store]\nurl = "{self.url}"\n[web]\nenabled = false\n'
        (folder / "logmedic.toml").write_text("".join(sources) + rest)

    def join(self, number: int) -> None:
        """So many more, and wait until all of them read as much as the others."""
        command = [sys.executable, "-m", "logmedic.cli.main", "serve", "--json"]
        started = [
            subprocess.Popen(
                command, cwd=self.folder, env=dict(os.environ), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            for _ in range(number)
        ]
        for process in started:
            assert process.stdout is not None
            process.stdout.readline()
        self.processes += started
        self.wait(lambda: len(self.readers()) == len(NAMES) and len(set(self.readers().values())) == self.living)

    @property
    def living(self) -> int:
        return sum(process.poll() is None for process in self.processes)

    def ask(self, query: str, *values: object) -> list[tuple[object, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(query, values).fetchall()  # type: ignore[arg-type]  our own

    def readers(self) -> dict[str, str]:
        rows = self.ask("SELECT name, holder FROM leases WHERE starts_with(name, 'source:') AND until > 0")
        return {str(name): str(holder) for name, holder in rows}

    def read(self) -> int:
        """Bytes."""
        ((total,),) = self.ask('SELECT coalesce(sum("offset"), 0)::bigint FROM positions')
        assert isinstance(total, int)
        return total

    def wait(self, condition: Callable[[], bool]) -> float:
        began = time.monotonic()
        while not condition():
            assert time.monotonic() - began < PATIENCE
            time.sleep(0.05)
        return time.monotonic() - began

    def end(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            process.communicate()


@contextmanager
def team(postgres: Postgres, processes: int) -> Iterator[Team]:
    with tempfile.TemporaryDirectory(prefix="logmedic-workers-") as name:
        made = Team(postgres, Path(name))
        try:
            made.join(processes)
            yield made
        finally:
            made.end()


def cpu(postgres: Postgres, lines: int, processes: int) -> float:
    """Seconds of CPU from the start of the processes until every log has been read, and a little longer."""
    each = lines // len(NAMES)
    text = b"".join((BAD if n % 1_000 == 0 else OK) % n for n in range(each))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with team(postgres, processes) as it:
        began = time.monotonic()
        for name in NAMES:
            (it.folder / f"{name}.new").write_bytes(text)
            (it.folder / f"{name}.new").rename(it.folder / f"{name}.log")
        it.wait(lambda: it.read() == len(text) * len(NAMES))
        assert time.monotonic() - began < SETTLED, "give fewer --lines"
        time.sleep(SETTLED - (time.monotonic() - began))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def sharing(postgres: Postgres, lines: int, rounds: int) -> None:
    cost: dict[int, list[float]] = {1: [], 3: []}
    for _ in range(rounds):
        for processes, costs in cost.items():  # side by side, so that a noisy machine is noisy for both
            idle = cpu(postgres, 0, processes)
            costs.append((cpu(postgres, lines, processes) - idle) / lines * 1e6)
    for processes, costs in cost.items():
        shown = ", ".join(f"{each:.2f}" for each in sorted(costs))
        print(f"{processes} processes: {statistics.median(costs):.2f} µs of CPU a line ({shown})")
    print(f"three / one: {statistics.median(cost[3]) / statistics.median(cost[1]):.2f}")


def failing_over(postgres: Postgres, rounds: int) -> None:
    """From a kill -9 until every line that was written before and after has been counted."""
    took = []
    with team(postgres, 3) as it:
        written = 0
        for _ in range(rounds):
            for name in NAMES:
                with (it.folder / f"{name}.log").open("ab") as log:
                    log.write(BAD % 1)
            written += len(NAMES) * len(BAD % 1)
            victim = next(process for process in it.processes if process.poll() is None)
            it.wait(lambda: it.read() == written)  # noqa: B023  called here and now
            victim.kill()
            victim.wait()
            began = time.monotonic()
            for name in NAMES:
                with (it.folder / f"{name}.log").open("ab") as log:
                    log.write(BAD % 1)
            written += len(NAMES) * len(BAD % 1)
            it.wait(lambda: it.read() == written)  # noqa: B023
            took.append(time.monotonic() - began)
            it.join(1)
    print(f"killed, and all counted: {statistics.median(took):.1f} s, at most {max(took):.1f} s, of {rounds}")


def counting(url: str) -> None:
    database = open_database(url)
    batches = [
        [{"rule": "r", "service": f"s{n:05}", "minute": b // 2, "count": 1} for n in range(BATCH)]
        for b in range(BATCHES)
    ]
    began = time.monotonic()
    for batch in batches:
        with database.begin() as connection:
            upsert(connection, t.rule_counts, ["rule", "service", "minute"], batch)
    ours = BATCH * BATCHES / (time.monotonic() - began)
    with psycopg.connect(url) as plain:
        plain.execute("CREATE TABLE plain (rule text, service text, minute bigint, count bigint)")
        plain.commit()
        began = time.monotonic()
        for batch in batches:
            with plain.cursor().copy("COPY plain FROM STDIN") as into:
                for row in batch:
                    into.write_row(tuple(row.values()))
            plain.commit()
        peer = BATCH * BATCHES / (time.monotonic() - began)
    print(f"counters: {ours:,.0f} rows/s in batches of {BATCH:,}; COPY: {peer:,.0f} rows/s; ratio {ours / peer:.2f}")
    database.dispose()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines", type=int, default=3_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with server() as postgres:
        sharing(postgres, given.lines, given.rounds)
        failing_over(postgres, given.rounds)
        counting(postgres.url(postgres.create()))


if __name__ == "__main__":
    main()
