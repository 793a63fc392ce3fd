"""What it takes to move a state of 100,000 incidents from SQLite to PostgreSQL, beside a bare COPY of the same rows.

``python benchmarks/store/moving.py [incidents]``. Starts a PostgreSQL of its own (Debian's programs, a socket, no
network). The peer streams rows out of one and into the other by the drivers alone, without comparing anything.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import psycopg
import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

from logmedic.store import copying, retention
from logmedic.store import tables as t
from logmedic.store.database import open_database
from postgres import Postgres, server

MINUTES, SAMPLES = 10, 3  # of each incident
DAY = 86_400 * 10**9
T0 = 1_767_225_600 * 10**9
PART = 2_000
SAMPLE = '{"record":{"message":"charge failed for order <num>: pool timed out after <dur>"}}' + " " * 700


def fill(database: sa.Engine, incidents: int) -> int:
    """Returns how many rows."""
    rows = 0
    for start in range(0, incidents, PART):
        ids = range(start + 1, min(start + PART, incidents) + 1)
        with database.begin() as connection:
            for table, made in _rows(ids).items():
                connection.execute(sa.insert(table), made)
                rows += len(made)
    return rows


def _rows(ids: range) -> dict[sa.Table, list[dict[str, object]]]:
    def incident(n: int) -> dict[str, object]:
        seen = T0 + n * 10**9
        return {
            "id": n, "fingerprint": f"v1:{n:016x}", "title": f"charge {n} failed: pool timed out", "culprit": "app.pay",
            "service": f"service-{n % 50}", "state": "open", "substate": "ongoing", "severity": "warning",
            "floor": "info", "first_seen": seen, "last_seen": seen + DAY, "last_raised": seen, "count": MINUTES,
            "generation": 1, "handled_generation": 1, "reason": "new", "rules": '["error-level"]', "created_at": seen,
            "diagnosis": '{"root_cause":"' + "x" * 3_000 + '"}',
        }  # fmt: skip

    minute = T0 // (60 * 10**9)
    return {
        t.incidents: [incident(n) for n in ids],
        t.histogram: [{"incident_id": n, "minute": minute + n + m, "count": 1} for n in ids for m in range(MINUTES)],
        t.samples: [
            {"incident_id": n, "source": "app", "stream": "s", "offset": n * 10 + k, "time": T0, "body": SAMPLE}
            for n in ids
            for k in range(SAMPLES)
        ],
        t.timeline: [
            {"incident_id": n, "at": T0, "event": "new", "reason": "first seen", "actor": "logmedic"} for n in ids
        ],
        t.effects: [
            {"key": f"v1:{n:016x}:1:team", "incident_id": n, "generation": 1, "channel": "team", "result": "sent",
             "reason": "", "receipt": '{"message":"123456789012345678"}', "updated_at": T0}
            for n in ids
        ],
    }  # fmt: skip


def peer(state: Path, url: str) -> float:
    """Seconds of a bare copy by the drivers."""
    began = time.perf_counter()
    with closing(sqlite3.connect(state)) as reading, psycopg.connect(url) as writing, writing.cursor() as cursor:
        for table in (t.incidents, t.histogram, t.samples, t.timeline, t.effects):
            names = ", ".join(f'"{column.name}"' for column in table.c)
            rows = reading.execute(f"SELECT {names} FROM {table.name}")
            whole = {at for at, column in enumerate(table.c) if isinstance(column.type, sa.Boolean)}
            with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as stream:
                for row in rows:
                    stream.write_row([bool(value) if at in whole else value for at, value in enumerate(row)])
    return time.perf_counter() - began


def moved(state: Path, running: Postgres) -> tuple[float, float]:
    """Seconds that we take, and the peer; in databases whose tables are there."""
    urls = []
    for _ in range(2):
        urls.append(running.url(running.create()))
        open_database(urls[-1]).dispose()
    source, target = open_database(f"sqlite:///{state}"), open_database(urls[0])
    began = time.perf_counter()
    copying.copy(source, target, lambda _: None)
    ours = time.perf_counter() - began
    source.dispose()
    target.dispose()
    return ours, peer(state, urls[1])


def main() -> None:
    incidents = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder, server() as running:
        state = Path(folder) / "state.db"
        database = open_database(f"sqlite:///{state}")
        rows = fill(database, incidents)
        ours, theirs = moved(state, running)
        size = state.stat().st_size / 1e6
        print(f"move of {incidents:,} incidents, {rows:,} rows, {size:,.0f} MB: {ours:.1f} s")
        print(f"bare COPY of the same rows: {theirs:.1f} s; ratio {ours / theirs:.2f}")
        began = time.perf_counter()
        copying.backup(state, Path(folder) / "copy.db")
        print(f"backup: {time.perf_counter() - began:.1f} s")
        keep = retention.Retention(days=35, minutes_days=8)
        began = time.perf_counter()
        longest, gone, before = 0.0, 0, began
        for _, count in retention.prune(database, keep, T0 + 100 * DAY):
            now = time.perf_counter()
            longest, gone, before = max(longest, now - before), gone + count, now
        print(f"prune of all of it: {before - began:.1f} s, {gone:,} rows, longest transaction {longest * 1e3:.0f} ms")
        database.dispose()


if __name__ == "__main__":
    main()
