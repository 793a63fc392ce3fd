"""How long from the write of a line until it is detected, and until its incident is stored, in an always-on process.

    python benchmarks/serve/latency.py [--rate 1000] [--seconds 20]

A writer process appends Rust-tracing JSON lines at a steady rate, one in ten an error; each names the moment when it
was written. The pipeline is the one of ``logmedic serve``, on a real SQLite state, with the moments of detection and
of the commit noted. Then nothing is written, and the CPU time of the idle process is measured. The peer for the first
figure is a plain poll of the file every 250 ms, as file tailers without notifications do.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import msgspec

from logmedic import build
from logmedic.collect.file import FileSourceConfig
from logmedic.collect.interface import Batch
from logmedic.pipeline.digest import Digest, Digester

WRITER = """
import json, sys, time
path, rate, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
out = open(path, "ab", buffering=0)
start = time.monotonic()
for n in range(int(rate * seconds)):
    pause = start + n / rate - time.monotonic()
    if pause > 0:
        time.sleep(pause)
    error = n % 10 == 0
    fields = {"message": f"cannot charge order {n}" if error else "ok", "written": time.time_ns(), "bug": n % 7}
    if error:
        fields["error_code"] = f"DB_{n % 70 // 10}"
    level = "ERROR" if error else "INFO"
    line = {"timestamp": "2026-11-22T00:00:00Z", "level": level, "fields": fields, "target": "shop"}
    out.write(json.dumps(line).encode() + b"\\n")
"""


class Noting(Digester):
    """A digester that notes when each error was detected."""

    def __init__(self, inner: Digester) -> None:
        self._inner = inner
        self.detected: list[float] = []  # ms from write to detection
        self.waiting: list[int] = []  # moments of writing, ns, of what is not committed yet

    def add(self, digest: Digest, batch: Batch, received: int) -> tuple[int, int]:
        before = len(digest.errors)
        result = self._inner.add(digest, batch, received)
        now = time.time_ns()
        if len(digest.errors) > before:
            for line in bytes(batch.data).splitlines():
                if b'"ERROR"' in line:
                    written = msgspec.json.decode(line)["fields"]["written"]
                    self.detected.append((now - written) / 1e6)
                    self.waiting.append(written)
        return result


def polled(path: Path, rate: int, seconds: float) -> list[float]:
    """The peer: look at the file every 250 ms. Milliseconds from write to sight."""
    path.write_bytes(b"")
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(rate), str(seconds)])
    seen: list[float] = []
    with path.open("rb") as file:
        while writer.poll() is None:
            time.sleep(0.25)
            now = time.time_ns()
            seen += [(now - msgspec.json.decode(x)["fields"]["written"]) / 1e6 for x in file if b'"ERROR"' in x]
    return seen


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="logmedic-latency-") as folder:
        base = Path(folder)
        log = base / "app.log"
        log.write_bytes(b"")
        config = build.Config(
            sources=(FileSourceConfig(name="app", paths=[str(log)]),),
            channels=(),
            store=build.StoreConfig(url=f"sqlite:///{base / 'state.db'}"),
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
            time.sleep(2)
            subprocess.run(
                [sys.executable, "-c", WRITER, str(log), str(options.rate), str(options.seconds)], check=True
            )
            time.sleep(3)
            cpu, wall = time.process_time(), time.monotonic()
            time.sleep(10)
            idle = (time.process_time() - cpu) / (time.monotonic() - wall)
            stop.set()
            thread.join()
        warm = len(noting.detected) // 10  # the first tenth opens the incidents and launches their diagnoses
        peer = polled(base / "polled.log", options.rate, 5)
        for name, values in (("detected", noting.detected[warm:]), ("stored", stored[warm:]), ("poll 250 ms", peer)):
            p99 = statistics.quantiles(values, n=100)[98]
            print(f"write → {name}: median {statistics.median(values):.2f} ms, p99 {p99:.1f} ms ({len(values)} errors)")
        ratio = statistics.median(noting.detected[warm:]) / statistics.median(peer)
        print(f"detected / polled: {ratio:.3f}")
        print(f"idle: {idle:.2%} of one core")


if __name__ == "__main__":
    main()
