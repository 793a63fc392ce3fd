"""How long pages of a big store take: 100,000 incidents with 5 million occurrences on SQLite.

    python benchmarks/web/pages.py [--incidents 100000] [--requests 100]

The real ``logmedic scan`` makes one incident with its diagnosis, evidence and samples; SQL makes the others of it, each
with a title, place, service and time of its own. Then the real ``logmedic serve`` is asked for pages over loopback,
one after the other; the peer is its ``/healthz``, which reads nothing. Times run from the request to the last byte;
beside them the CPU time of the process, which says the same on a machine that others use as well.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import json
import os
import re
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

CONFIG = '[[sources]]\nkind = "file"\nname = "shop"\npaths = ["shop.log"]\n[web]\nlisten = "127.0.0.1:{port}"\n'
LOGMEDIC = str(Path(sys.executable).with_name("logmedic"))
MINUTES = 20  # in which each incident was seen
OCCURRENCES = 50  # of each
STACK = "".join(f'  File "/srv/app/shop/part{n}.py", line {n}, in step{n}\n    return go({n})\n' for n in range(30))
FILL = """
WITH RECURSIVE n(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM n WHERE n < :count)
INSERT INTO incidents ({columns}) SELECT {values} FROM n, incidents i WHERE i.id = 1
"""
OWN = {
    "id": "n",
    "fingerprint": "printf('v1:%016x', n)",
    "title": "printf('OrderError: step%d of order%d broke', n % 1000, n)",
    "culprit": "printf('shop.part%d.run', n % 5000)",
    "service": "printf('service-%d', n % 50)",
    "severity": "CASE n % 10 WHEN 0 THEN 'critical' WHEN 1 THEN 'info' ELSE 'warning' END",
    "first_seen": "i.first_seen - n * 1000000000",
    "last_seen": "i.last_seen - n * 1000000000",
    "count": str(OCCURRENCES),
}
MORE = (
    "WITH RECURSIVE m(m) AS (SELECT 0 UNION ALL SELECT m + 1 FROM m WHERE m < :minutes - 1) "
    "INSERT OR REPLACE INTO histogram (incident_id, minute, count) "
    "SELECT id, last_seen / 60000000000 - m * 7, CASE WHEN m < 10 THEN 3 ELSE 2 END FROM incidents, m",
    "INSERT INTO samples (incident_id, source, stream, offset, time, body, fingerprint) "
    "SELECT i.id, s.source, s.stream, i.id, i.last_seen, s.body, s.fingerprint FROM incidents i, samples s "
    "WHERE s.incident_id = 1 AND i.id > 1",
    "INSERT INTO timeline (incident_id, at, event, reason, actor, code) "
    "SELECT i.id, i.last_seen, t.event, t.reason, t.actor, t.code FROM incidents i, timeline t "
    "WHERE t.incident_id = 1 AND i.id > 1",
)


def fill(folder: Path, count: int) -> None:
    """A state with so many incidents, of which one was really found."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    stack = f"Traceback (most recent call last):\n{STACK}OrderError: it broke"
    line = {"timestamp": stamp, "level": "ERROR", "service": "shop", "message": "it broke", "exception": stack}
    (folder / "shop.log").write_text(json.dumps(line) + "\n", "utf-8")
    subprocess.run([LOGMEDIC, "scan", "--json"], cwd=folder, check=False, capture_output=True)
    with closing(sqlite3.connect(folder / ".logmedic" / "state.db")) as state, state:
        columns = [row[1] for row in state.execute("PRAGMA table_info(incidents)")]
        names = ", ".join(f'"{name}"' for name in columns)
        values = ", ".join(OWN.get(name, f'i."{name}"') for name in columns)
        state.execute(FILL.format(columns=names, values=values), {"count": count})
        state.execute(MORE[0], {"minutes": MINUTES})
        for statement in MORE[1:]:
            state.execute(statement)


def asked(port: int, path: str) -> tuple[float, bytes]:
    """Milliseconds to the last byte, and the bytes that went over the wire."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    began = time.perf_counter()
    connection.request("GET", path, headers={"accept": "text/html", "accept-encoding": "gzip"})
    answer = connection.getresponse()
    body = answer.read()
    took = (time.perf_counter() - began) * 1e3
    connection.close()
    if answer.status != 200:
        raise SystemExit(f"{path}: {answer.status}")
    return took, body


def cpu(process: int) -> float:
    """Milliseconds of CPU time so far."""
    fields = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") * 1e3


class Figures(NamedTuple):
    median: float  # ms
    p95: float  # ms
    cpu: float  # ms a request

    def __str__(self) -> str:
        return f"p95 {self.p95:.0f} ms, median {self.median:.0f} ms, CPU {self.cpu:.0f} ms"


def figures(port: int, process: int, paths: list[str]) -> Figures:
    before = cpu(process)
    took = [asked(port, path)[0] for path in paths]
    spent = (cpu(process) - before) / len(paths)
    return Figures(statistics.median(took), statistics.quantiles(took, n=20)[-1], spent)


def first_view(port: int) -> int:
    """Bytes over the wire of the list and all that it loads."""
    body = asked(port, "/")[1]
    page = gzip.decompress(body).decode()
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    return len(body) + sum(len(asked(port, name)[1]) for name in files)


def measured(port: int, process: int, incidents: int, requests: int) -> None:
    several = range(requests)
    idle = figures(port, process, ["/healthz"] * requests)
    views = {
        "list (≤ 100 ms)": ["/"] * requests,
        "list, most frequent": ["/?order=count"] * requests,
        "list, one service": [f"/?service=service-{n % 50}" for n in several],
        "search, 1 of 1,000 (≤ 300 ms)": [f"/?q=step{n * 37 % 1000}+broke" for n in several],
        "search for what is not there": [f"/?q=unheard{n}" for n in several],
        "incident (≤ 150 ms)": [f"/incidents/{1 + n * 7919 % incidents}" for n in several],
        "API, 50 incidents": ["/api/v1/incidents"] * requests,
        "metrics": ["/metrics"] * requests,
    }
    print(f"/healthz, the peer: {idle}")
    for name, paths in views.items():
        took = figures(port, process, paths)
        print(f"{name}: {took}; {took.median / idle.median:.0f}× the peer")
    print(f"first view: {first_view(port) / 1e3:.0f} kB over the wire (≤ 150 kB)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--incidents", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, socket.socket() as probe:
        folder = Path(name)
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
        probe.close()
        (folder / "logmedic.toml").write_text(CONFIG.format(port=port), "utf-8")
        fill(folder, options.incidents)
        size = (folder / ".logmedic" / "state.db").stat().st_size
        print(f"{options.incidents:,} incidents, {options.incidents * OCCURRENCES:,} occurrences, {size / 1e9:.1f} GB")
        quiet = subprocess.DEVNULL
        serving = subprocess.Popen([LOGMEDIC, "serve"], cwd=folder, stdout=quiet, stderr=quiet)
        try:
            for _ in range(600):
                try:
                    asked(port, "/")
                    break
                except OSError:
                    time.sleep(0.1)  # it does not listen yet
            measured(port, serving.pid, options.incidents, options.requests)
        finally:
            serving.terminate()
            serving.wait()


if __name__ == "__main__":
    main()
