"""How many pushed lines a second one `logmedic serve` accepts, filters and commits, and how long a push takes.

    python benchmarks/push/throughput.py [--batches 600] [--senders 6]    # 60: ten times more than is taken

Senders in one other process push batches of 1,000 lines of Rust-tracing JSON (0.5 % errors) over loopback: Loki's JSON,
Loki's protobuf in snappy, and NDJSON. The clock stops when the state has counted every line. The yardstick is decoding
alone, in one process of the same run: unpack the body, and decode each line's JSON with msgspec. Both also as
seconds of CPU, which a busy machine does not change much: what `serve` took with all its threads, for each batch.
"""

from __future__ import annotations

import argparse
import http.client
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cramjam
import msgspec

from logmedic import build
from logmedic.collect.push import loki

sys.path.insert(0, str(Path(__file__).parents[1] / "scan"))
import generate

LINES = 1_000
BODIES = 20  # distinct ones; each push differs by the time of its first line
CONFIG = """
[[sources]]
kind = "push"
name = "push"
[[channels]]
kind = "jsonl"
name = "alerts"
path = "alerts.jsonl"
[web]
listen = "127.0.0.1:0"
"""
decode_line = msgspec.json.Decoder().decode

Make = Callable[[list[str], int], bytes]


def loki_json(lines: list[str], first: int) -> bytes:
    values = [[str(first + number), line] for number, line in enumerate(lines)]
    return msgspec.json.encode({"streams": [{"stream": {"app": "shop", "env": "prod"}, "values": values}]})


def loki_protobuf(lines: list[str], first: int) -> bytes:
    request = loki.push_request()()
    stream = request.streams.add(labels=b'{app="shop", env="prod"}')
    for number, line in enumerate(lines):
        seconds, nanos = divmod(first + number, 1_000_000_000)
        entry = stream.entries.add(line=line.encode())
        entry.timestamp.seconds, entry.timestamp.nanos = seconds, nanos
    return bytes(cramjam.snappy.compress_raw(request.SerializeToString()))


def ndjson(lines: list[str], first: int) -> bytes:
    return "".join(line + "\n" for line in lines).encode()


def alone(kind: str, body: bytes) -> None:
    if kind == "loki-json":
        lines = [value.line for stream in loki._BODY.decode(body).streams for value in stream.values]
    elif kind == "loki-protobuf":
        request = loki.push_request()()
        request.ParseFromString(bytes(cramjam.snappy.decompress_raw(body)))
        lines = [entry.line for stream in request.streams for entry in stream.entries]
    else:
        lines = body.splitlines()
    for line in lines:
        decode_line(line)


KINDS: dict[str, tuple[str, str, Make]] = {
    "loki-json": ("/loki/api/v1/push", "application/json", loki_json),
    "loki-protobuf": ("/loki/api/v1/push", "application/x-protobuf", loki_protobuf),
    "ndjson": ("/ingest", "application/x-ndjson", ndjson),
}


class Served:
    """One `logmedic serve` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "logmedic.toml").write_text(CONFIG, encoding="utf-8")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "logmedic.cli.main", "serve", "--json"], cwd=folder,
            stdout=subprocess.PIPE, stderr=(folder / "log").open("wb"),
        )  # fmt: skip
        assert self.process.stdout is not None
        for line in self.process.stdout:
            event = msgspec.json.decode(line)
            if event["event"] == "dashboard":
                self.port = int(event["url"].rpartition(":")[2])
                break
        threading.Thread(target=lambda out: [None for _ in out], args=(self.process.stdout,), daemon=True).start()

    def counted(self) -> int:
        loaded = build.load_config(str(self.folder / "logmedic.toml"), self.folder)
        with build.open_store(loaded) as store:
            return sum(total.lines for total in store.totals())

    def settle(self) -> None:
        """Until the incidents of the first lines are diagnosed: that is done once, and no part of taking lines in."""
        while True:
            before = self.cpu_seconds()
            time.sleep(1)
            if self.cpu_seconds() - before < 0.1:
                return

    def cpu_seconds(self) -> float:
        status = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(status[11]) + int(status[12])) / os.sysconf("SC_CLK_TCK")

    def peak_mb(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        found = re.search(r"VmHWM:\s+(\d+)", status)
        return int(found[1]) / 1024 if found else 0.0

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(60)


def push(
    port: int, path: str, kind: str, bodies: Iterator[tuple[bytes, str]], taken: list[float], refused: list[int]
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for body, key in bodies:
        began = time.perf_counter()
        while True:
            connection.request("POST", path, body, {"content-type": kind, "idempotency-key": key})
            answer = connection.getresponse()
            answer.read()
            if answer.status < 300:
                break
            assert answer.status == 429, answer.status
            refused.append(answer.status)
            time.sleep(0.05)
        taken.append((time.perf_counter() - began) * 1e3)


def measure(kind: str, bodies: list[bytes], batches: int, senders: int) -> tuple[float, float, list[float], float]:
    """Lines a second, CPU seconds of the server for each batch, ms of each push, and MB at the most."""
    path, content_type, _ = KINDS[kind]
    with tempfile.TemporaryDirectory(prefix="logmedic-push-") as folder:
        served = Served(Path(folder))
        try:
            warm: list[float] = []
            push(
                served.port, path, content_type, iter([(body, f"warm {n}") for n, body in enumerate(bodies)]), warm, []
            )
            expected = LINES * len(bodies)
            while served.counted() < expected:
                time.sleep(0.2)
            served.settle()
            supply = iter([(bodies[number % len(bodies)], f"batch {number}") for number in range(batches)])
            lock = threading.Lock()

            def shared() -> Iterator[tuple[bytes, str]]:
                while True:
                    with lock:
                        one = next(supply, None)
                    if one is None:
                        return
                    yield one

            taken: list[float] = []
            refused: list[int] = []
            threads = [
                threading.Thread(target=push, args=(served.port, path, content_type, shared(), taken, refused))
                for _ in range(senders)
            ]
            expected += LINES * batches
            cpu = served.cpu_seconds()
            began = time.perf_counter()
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            accepted = time.perf_counter() - began
            while served.counted() < expected:
                time.sleep(0.05)
            elapsed = time.perf_counter() - began
            turned_away = len(refused) / (len(refused) + batches)
            print(
                f"    accepted {LINES * batches / accepted:,.0f} lines/s, {turned_away:.0%} of requests 429", flush=True
            )
            spent = (served.cpu_seconds() - cpu) / batches
            return LINES * batches / elapsed, spent, taken, served.peak_mb()
        finally:
            served.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--batches", type=int, default=600)
    parser.add_argument("--senders", type=int, default=6)
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=list(KINDS))
    options = parser.parse_args()
    lines = list(generate.lines(LINES * BODIES, 7))
    parts = [lines[at : at + LINES] for at in range(0, len(lines), LINES)]
    for kind in options.kinds:
        bodies = [KINDS[kind][2](part, 1_795_000_000_000_000_000 + n * LINES) for n, part in enumerate(parts)]
        began, cpu = time.perf_counter(), time.process_time()
        for body in bodies:
            alone(kind, body)
        decoding = LINES * len(bodies) / (time.perf_counter() - began)
        cpu = (time.process_time() - cpu) / len(bodies)
        rate, spent, taken, peak = measure(kind, bodies, options.batches, options.senders)
        p99 = statistics.quantiles(taken, n=100)[98]
        print(
            f"{kind}: {rate:,.0f} lines/s committed, {rate / decoding:.2f} of decoding alone ({decoding:,.0f}); "
            f"CPU {spent * 1e3:.2f} ms a batch, {cpu / spent:.2f} of decoding alone; "
            f"a push takes {statistics.median(taken):.0f} ms, p99 {p99:.0f} ms; peak {peak:.0f} MB",
            flush=True,
        )


if __name__ == "__main__":
    main()
