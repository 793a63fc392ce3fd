"""Whether a process that is never restarted stays as it is: memory and descriptors of a real ``logmedic serve``.

    python benchmarks/scale/soak.py [--hours 24] [--speed 72] [--kinds 16000] [--per-minute 300] [--services 1000]

The clock of ``serve`` runs ``--speed`` times as fast (``accelerated.py``), and so do the times in the log: a day takes
20 minutes. First come ``--kinds`` errors at once that are all different (a storm: 1,000 open incidents, and every
cache fills); then ``--per-minute`` new ones a real minute, which all open an incident and run its workflow, repeats
of earlier ones, and other lines. The file is rotated every simulated hour. The dashboard is open: a page that follows
the news, and somebody who loads pages and metrics.

Fails when the last third of the run holds more descriptors than the second, or its highest memory is more than
``--most`` MB above that of the second third.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent))
import logs

CONFIG = """
channels = [{{ kind = "jsonl", name = "record", path = "{base}/told.jsonl" }}]
[[sources]]
kind = "file"
name = "soak"
paths = ["{base}/app.log"]
[store]
url = "sqlite:///{base}/state.db"
[web]
listen = "127.0.0.1:{port}"
"""
SAMPLE_SECONDS = 2.0
QUIET_LINES = 200  # a real second
REPEATS = 2  # a real second, of any earlier kind
STOP_SECONDS = 60.0
PARTS = 3  # that the rotation keeps
PAGES = ("/", "/metrics", "/api/v1/incidents", "/incidents/1", "/sources")


class Sample(NamedTuple):
    seconds: float  # real ones
    megabytes: float  # resident
    descriptors: int
    database: float  # MB


def resident(pid: int) -> float:
    """Megabytes of memory that the process holds now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def descriptors(pid: int) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


class Writer:
    """Appends to a file at the simulated time, and rotates it by renaming."""

    def __init__(self, path: Path, origin: float, speed: float, services: int) -> None:
        self._path, self._origin, self._speed, self._services = path, origin, speed, services
        self._file = path.open("ab", buffering=0)
        self._rng = random.Random(1)
        self.errors = 0

    def second(self, new: int, repeats: int = REPEATS) -> None:
        now = self._origin + (time.time() - self._origin) * self._speed
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(now))
        lines = [logs.quiet(self._rng, stamp) for _ in range(QUIET_LINES)]
        numbers = [*range(self.errors, self.errors + new)]
        numbers += [self._rng.randrange(self.errors) for _ in range(repeats if self.errors else 0)]
        lines += [logs.error(number, stamp, f"service-{number % self._services}") for number in numbers]
        self.errors += new
        self._file.write(b"".join(lines))

    def rotate(self) -> None:
        self._file.close()
        for number in range(PARTS - 1, 0, -1):
            part = self._path.with_name(f"{self._path.name}.{number}")
            if part.exists():
                part.rename(self._path.with_name(f"{self._path.name}.{number + 1}"))
        self._path.rename(self._path.with_name(f"{self._path.name}.1"))
        self._file = self._path.open("ab", buffering=0)


class Reader(threading.Thread):
    """Somebody at the dashboard: one page follows the news, others are loaded."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self._base = f"http://127.0.0.1:{port}"
        self.loaded = self.refused = 0
        threading.Thread(target=self._follow, daemon=True).start()

    def run(self) -> None:
        while True:
            for page in PAGES:
                try:
                    with urllib.request.urlopen(self._base + page, timeout=30) as answer:
                        answer.read()
                    self.loaded += 1
                except OSError:
                    self.refused += 1
                time.sleep(1)

    def _follow(self) -> None:
        while True:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{self._base}/events", timeout=60) as news:
                while news.readline():
                    pass
            time.sleep(1)


def watch(served: subprocess.Popen[bytes], writer: Writer, options: argparse.Namespace, database: Path) -> list[Sample]:
    """Every two seconds, while the log is written."""
    start = rotated = sampled = time.monotonic()
    written = 0
    seen: list[Sample] = []
    writer.second(options.kinds)
    while (now := time.monotonic()) - start < options.hours * 3600 / options.speed and served.poll() is None:
        writer.second(int((written + 1) * options.per_minute / 60) - int(written * options.per_minute / 60))
        written += 1
        if now - rotated >= 3600 / options.speed:
            writer.rotate()
            rotated = now
        if now - sampled >= SAMPLE_SECONDS:
            seen.append(
                Sample(now - start, resident(served.pid), descriptors(served.pid), database.stat().st_size / 1e6)
            )
            sampled = now
        time.sleep(max(0.0, start + written - time.monotonic()))
    return seen


def report(seen: list[Sample], speed: float) -> tuple[float, float]:
    """By how much the highest memory (MB), and the mean of descriptors, of the last third is above the second's."""
    print("| simulated hour | MB of memory | descriptors | MB of database |\n|---|---|---|---|")
    for at, mb, fds, database in seen[:: max(1, len(seen) // 12)]:
        print(f"| {at * speed / 3600:.1f} | {mb:.1f} | {fds} | {database:.0f} |")
    third = len(seen) // 3
    second, last = seen[third : 2 * third], seen[2 * third :]
    more = max(s.megabytes for s in last) - max(s.megabytes for s in second)
    files = statistics.mean(s.descriptors for s in last) - statistics.mean(s.descriptors for s in second)
    slope = statistics.linear_regression([s.seconds for s in last], [s.megabytes for s in last]).slope
    print(f"highest: {max(s.megabytes for s in seen):.1f} MB, {max(s.descriptors for s in seen)} descriptors")
    print(f"last third against the second: highest {more:+.1f} MB, mean {files:+.1f} descriptors; "
          f"slope of the last third {slope * 3600 / speed:+.2f} MB a simulated hour")  # fmt: skip
    return more, files


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--hours", type=float, default=24.0, help="simulated ones")
    parser.add_argument("--speed", type=float, default=72.0)
    parser.add_argument("--kinds", type=int, default=16_000, help="different errors at once in the beginning")
    parser.add_argument("--per-minute", type=int, default=300, help="new ones in a real minute")
    parser.add_argument("--services", type=int, default=1_000)
    parser.add_argument("--most", type=float, default=8.0, help="MB")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="logmedic-soak-") as folder, socket.socket() as free:
        base, origin = Path(folder), time.time()
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        writer = Writer(base / "app.log", origin, options.speed, options.services)
        (base / "logmedic.toml").write_text(CONFIG.format(base=base, port=port))
        launcher = [sys.executable, str(Path(__file__).with_name("accelerated.py")), str(origin), str(options.speed)]
        with (base / "said").open("wb") as said:
            served = subprocess.Popen(
                [*launcher, "serve", "-c", str(base / "logmedic.toml")], stdout=said, stderr=said, cwd=base
            )
        try:
            time.sleep(5)
            reader = Reader(port)
            reader.start()
            seen = watch(served, writer, options, base / "state.db")
        finally:
            began = time.monotonic()
            served.send_signal(signal.SIGTERM)
            try:
                served.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                served.kill()
            stopped = time.monotonic() - began
        print((base / "said").read_text()[-2_000:], file=sys.stderr)
        told = (base / "told.jsonl").read_bytes().count(b"\n")
    more, files = report(seen, options.speed)
    print(f"{writer.errors} kinds of errors, {told} notices, {reader.loaded} pages ({reader.refused} refused); "
          f"stopped within {stopped:.0f} s")  # fmt: skip
    if stopped >= STOP_SECONDS:
        raise SystemExit("it does not stop")
    if more > options.most or files > 2:
        raise SystemExit("it grows")


if __name__ == "__main__":
    main()
