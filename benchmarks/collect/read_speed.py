"""How fast are files read: `python benchmarks/collect/read_speed.py [--megabytes 400]`.

Prints, for each block size, the best of five warm passes over a file of Rust-tracing-like JSON lines: reading alone
(``readv`` into one buffer), the line cutter, and the whole source with positions. Also an idle look, the time from a
write to its line, and `unchanged`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import threading
import time
from pathlib import Path

from logmedic.collect.blocks import Buffer, LineReader, fill_from
from logmedic.collect.file import FileSource, FileSourceConfig
from logmedic.collect.idle import unchanged
from logmedic.doors import SystemClock

LINE = (
    '{"timestamp":"2026-01-01T00:00:00.000001Z","level":"INFO","fields":{"message":"Response sent","status":200,'
    '"duration_ms":%d,"request_id":"%016x"},"target":"backend::handler","span":{"name":"request"},"spans":[]}\n'
)


def write(path: Path, megabytes: int) -> int:
    block = "".join(LINE % (n % 900, n * 7919) for n in range(4_000)).encode()
    with path.open("wb") as out:
        while out.tell() < megabytes << 20:
            out.write(block)
    return path.stat().st_size


def best(action, size: int) -> float:
    """MB/s of the fastest of five."""
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        assert action() == size
        seconds.append(time.perf_counter() - start)
    return size / min(seconds) / 1e6


def raw(path: Path, block: int) -> int:
    buffer = memoryview(bytearray(block))
    fd = os.open(path, os.O_RDONLY)
    total = 0
    while count := os.preadv(fd, [buffer], total):
        total += count
    os.close(fd)
    return total


def cutter(path: Path, block: int) -> int:
    fd = os.open(path, os.O_RDONLY)
    total = sum(len(b.data) for b in LineReader(Buffer(block, 1 << 20), fill_from(fd), 0).blocks())
    os.close(fd)
    return total


def whole(path: Path, block: int) -> int:
    config = FileSourceConfig(paths=[str(path)], dialect="rust-tracing", block_bytes=block)
    source = FileSource("files", config, SystemClock())
    source.resume([])
    total = sum(len(batch.data) for batch in source.read())
    source.close()
    return total


def latency(path: Path, lines: int = 1_000) -> list[float]:
    """Milliseconds from a write to its line, at 1,000 lines a second."""
    source = FileSource("files", FileSourceConfig(paths=[str(path)], dialect="text"), SystemClock())
    source.resume([])
    path.write_bytes(b"")
    list(source.read())

    def writer() -> None:
        with path.open("ab", buffering=0) as out:
            for _ in range(lines):
                out.write(b"%d\n" % time.perf_counter_ns())
                time.sleep(0.001)

    thread = threading.Thread(target=writer)
    thread.start()
    seen: list[float] = []
    while len(seen) < lines:
        source.wait(1.0)
        for batch in source.read():
            now = time.perf_counter_ns()
            seen.extend((now - int(line)) / 1e6 for line in bytes(batch.data).split())
    thread.join()
    source.close()
    return seen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=400)
    megabytes = parser.parse_args().megabytes
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "app.log"
        size = write(path, megabytes)
        raw(path, 1 << 20)  # warms the page cache
        print(f"{'block':>8} {'readv':>8} {'lines':>8} {'source':>8}   MB/s")
        for block in (64, 128, 256, 512, 1024):
            figures = [best(lambda a=a, b=block << 10: a(path, b), size) for a in (raw, cutter, whole)]
            print(f"{block:>5}KiB " + " ".join(f"{f:8.0f}" for f in figures))
        idle(Path(folder))
        seen = sorted(latency(Path(folder) / "slow.log"))
        print(f"write → line at 1,000 lines/s: median {statistics.median(seen):.2f} ms, p99 {seen[-10]:.2f} ms")


def idle(folder: Path) -> None:
    config = FileSourceConfig(paths=[f"{folder}/*.log"], dialect="text")
    source = FileSource("files", config, SystemClock())
    source.resume([])
    positions = {batch.stream: batch.position for batch in source.read()}
    start = time.perf_counter()
    for _ in range(100):
        assert list(source.read()) == []
    print(f"idle full look: {(time.perf_counter() - start) * 10:.3f} ms")
    start = time.perf_counter()
    assert unchanged("files", config, positions.values())
    print(f"unchanged: {(time.perf_counter() - start) * 1000:.3f} ms")
    start, cpu = time.perf_counter(), time.process_time()
    source.wait(2.0)
    while time.perf_counter() - start < 5:
        source.wait(1.0)
        list(source.read())
    print(f"idle following, with a full look each second: {(time.process_time() - cpu) / 5 * 100:.2f} % of a core")
    source.close()


if __name__ == "__main__":
    main()
