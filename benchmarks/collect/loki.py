"""What Loki as a source costs, against the stand-in for it (a process of its own): python benchmarks/collect/loki.py

1. Catching up with a million lines of which 0.5 % match a rule: bytes of the answers, with the rules pushed down and
   without. The peer is the same source without push-down.
2. Pushed to Loki → incident stored, in a process that `serve` runs, woken by Loki's tail. The peer is the same source
   asking once a second.
3. 30,000 lines pushed at 16,000 a second: how many are counted, and how many the tail alone would have told.

The stand-in answers as a real Loki did (tests/data/loki), but in Python: bytes and counts carry over, times of its
searching do not.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from logmedic import build
from logmedic.build import lokis
from logmedic.collect.interface import Batch
from logmedic.collect.loki.config import LokiSourceConfig
from logmedic.detect import build_rules
from logmedic.pipeline.digest import Digest, Digester

SERVER = """
import json, sys, time
from logmedic.testing.loki import FakeLoki
lines, every = int(sys.argv[1]), int(sys.argv[2])
with FakeLoki() as loki:
    start = time.time_ns() - 3_000_000_000_000
    for first in range(0, lines, 10_000):
        values = []
        for n in range(first, min(first + 10_000, lines)):
            level = "ERROR" if n % every == 0 else "INFO"
            fields = {"message": f"order {n} placed", "request_id": f"{n:08x}", "duration_ms": n % 900}
            line = {"timestamp": "2026-11-22T00:00:00Z", "level": level, "fields": fields, "target": "shop::orders",
                    "span": {"name": "request", "method": "POST", "path": "/api/orders"}}
            values.append((start + n * 1_000_000, json.dumps(line)))
        loki.push({"app": "shop"}, values)
    print(loki.url, flush=True)
    for command in sys.stdin:
        print(json.dumps({"sent": loki.sent, "dropped": loki.dropped, "asked": len(loki.asked)}), flush=True)
"""

PUSHER = """
import json, sys, time, urllib.request
url, start = sys.argv[1] + "/loki/api/v1/push", time.monotonic()
for first in range(0, 30_000, 800):
    values = []
    for n in range(first, min(first + 800, 30_000)):
        now = time.time_ns()
        fields = {"message": f"cannot charge order {n}", "written": now, "bug": n % 7}
        values.append([str(now), json.dumps({"level": "ERROR", "fields": fields, "target": "shop"})])
    body = json.dumps({"streams": [{"stream": {"app": "shop"}, "values": values}]}).encode()
    urllib.request.urlopen(urllib.request.Request(url, body, {"Content-Type": "application/json"})).read()
    time.sleep(max(0.0, start + (first + 800) / 16_000 - time.monotonic()))
print(30_000 / (time.monotonic() - start))
"""


class Server:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        assert process.stdout is not None
        self.url = process.stdout.readline().strip()

    def figures(self) -> dict[str, int]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("?\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def push(self, values: list[list[Any]]) -> None:
        body = json.dumps({"streams": [{"stream": {"app": "shop"}, "values": values}]}).encode()
        request = urllib.request.Request(
            self.url + "/loki/api/v1/push", body, {"Content-Type": "application/json"}, method="POST"
        )
        urllib.request.urlopen(request).read()


@contextmanager
def served(lines: int = 0, every: int = 200) -> Iterator[Server]:
    command = [sys.executable, "-c", SERVER, str(lines), str(every)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Server(process)
        finally:
            process.kill()


def catch_up(server: Server, *, pushdown: bool) -> tuple[int, int, float]:
    """Bytes of the answers, lines handed over, seconds."""
    config = LokiSourceConfig(url=server.url, query='{app="shop"}', pushdown=pushdown, tail=False, timeout_s=600.0)
    source = lokis.make(config, Path(), build.system_clock(), build_rules())
    before, started = server.figures()["sent"], time.monotonic()
    source.resume([])
    lines = sum(bytes(batch.data).count(b"\n") for batch in source.read())
    source.close()
    return server.figures()["sent"] - before, lines, time.monotonic() - started


class Noting(Digester):
    """A digester that notes when each error that it sees was pushed."""

    def __init__(self, inner: Digester) -> None:
        self._inner = inner
        self.waiting: list[int] = []
        self.counted = 0

    def add(self, digest: Digest, batch: Batch, received: int) -> tuple[int, int]:
        for line in bytes(batch.data).splitlines():
            self.counted += 1
            self.waiting.append(msgspec.json.decode(line)["fields"]["written"])
        return self._inner.add(digest, batch, received)


@contextmanager
def followed(server: Server, base: Path, *, tail: bool) -> Iterator[tuple[Noting, list[float]]]:
    """A pipeline as ``serve`` runs it; milliseconds from each push to its commit."""
    config = build.Config(
        sources=(LokiSourceConfig(url=server.url, query='{app="shop"}', tail=tail, remember=200_000),),
        channels=(),
        store=build.StoreConfig(url=f"sqlite:///{base / f'state-{tail}.db'}"),
    )
    with build.runtime(build.Loaded(config, base, None, "en")) as runtime:
        (reader,) = runtime.readers
        noting = Noting(reader.digester)
        reader.digester = noting  # type: ignore[assignment]
        stored: list[float] = []
        commit = runtime._intake.commit

        def noted(digest: Digest, moved: object, fence: object = None) -> object:
            taken = commit(digest, moved, fence)  # type: ignore[arg-type]
            now = time.time_ns()
            stored.extend((now - written) / 1e6 for written in noting.waiting)
            noting.waiting.clear()
            return taken

        runtime._intake.commit = noted  # type: ignore[method-assign,assignment]
        stop = threading.Event()
        thread = threading.Thread(target=runtime.serve, args=(stop,))
        thread.start()
        time.sleep(3)
        try:
            yield noting, stored
        finally:
            stop.set()
            thread.join()


def error(n: int) -> list[str]:
    now = time.time_ns()
    fields = {"message": f"cannot charge order {n}", "written": now, "bug": n % 7}
    return [str(now), json.dumps({"level": "ERROR", "fields": fields, "target": "shop"})]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--pushes", type=int, default=60)
    options = parser.parse_args()
    with served(options.lines) as server:
        moved, selected, took = catch_up(server, pushdown=True)
        all_moved, everything, all_took = catch_up(server, pushdown=False)
    print(f"{options.lines:,} lines: {selected:,} moved with push-down in {moved:,} bytes ({took:.0f} s), ", end="")
    print(f"{everything:,} without in {all_moved:,} bytes ({all_took:.0f} s): {all_moved / moved:.0f} times fewer")
    with tempfile.TemporaryDirectory(prefix="logmedic-loki-") as folder:
        for tail in (True, False):
            with served() as server, followed(server, Path(folder), tail=tail) as (noting, stored):
                for n in range(options.pushes):
                    server.push([error(n)])
                    time.sleep(0.137 + n % 7 / 10)
                time.sleep(2)
                warm = len(stored) // 10
                name = "woken by the tail" if tail else "asking once a second"
                p95 = statistics.quantiles(stored[warm:], n=20)[18]
                print(f"push → incident, {name}: median {statistics.median(stored[warm:]):.0f} ms, p95 {p95:.0f} ms")
                if not tail:
                    continue
                before = noting.counted
                pushed = subprocess.run([sys.executable, "-c", PUSHER, server.url], capture_output=True, check=True)
                rate = float(pushed.stdout)
                end = time.monotonic() + 120
                while noting.counted - before < 30_000 and time.monotonic() < end:
                    time.sleep(0.2)
                time.sleep(3)
                print(
                    f"pushed 30,000 lines at {rate:,.0f}/s: {noting.counted - before:,} counted; "
                    f"the tail left out {server.figures()['dropped']:,}"
                )


if __name__ == "__main__":
    main()
