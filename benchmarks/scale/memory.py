"""What a service, a file and a kind of error take in memory: bytes that Python holds for each, by ``tracemalloc``.

python benchmarks/scale/memory.py
"""

from __future__ import annotations

import gc
import sys
import tempfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import logs

from logmedic.collect import dialects
from logmedic.collect.file import FileSource, FileSourceConfig
from logmedic.detect.rules import SurgeRule, build_rules
from logmedic.detect.surge import SurgeWindows
from logmedic.group.fingerprint import Grouper
from logmedic.model import NANOSECONDS, LogRecord, Ref
from logmedic.testing.doors import FakeClock

MANY = 1_000
STAMP = "2026-01-01T00:00:00.000Z"


def each(make: Callable[[int], object], count: int = MANY) -> float:
    """Bytes for each of so many; ``make`` is called with 0, and may keep nothing, before anything is counted."""
    kept = [make(0)]
    gc.collect()
    tracemalloc.start()
    kept += [make(number) for number in range(1, count + 1)]
    gc.collect()
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return held / count


def decoded(number: int) -> LogRecord:
    line = logs.error(number, STAMP, f"service-{number}").strip()
    record = dialects.decoder("rust-tracing").decode(line, Ref("s", "t", number, len(line)), 0)
    assert isinstance(record, LogRecord)
    return record


def grouped() -> float:
    grouper = Grouper()
    records = [decoded(number) for number in range(MANY + 1)]
    return each(lambda number: grouper(records[number], ("error-level",)).title and None)


def followed() -> tuple[float, float]:
    """A file, read as far as it goes and kept open; and what is left of that when it has ended."""
    with tempfile.TemporaryDirectory(prefix="logmedic-memory-") as folder:
        base = Path(folder)
        for number in range(MANY):
            (base / f"service-{number}.log").write_bytes(logs.error(number, STAMP) * 20)
        source = FileSource("files", FileSourceConfig(paths=[f"{base}/*.log"], max_open_files=MANY), FakeClock())
        source.resume([])
        gc.collect()
        tracemalloc.start()
        for batch in source.read():
            len(batch.data)
        gc.collect()
        held = tracemalloc.get_traced_memory()[0]
        for track in source._following.tracks.values():
            track.end()
        gc.collect()
        ended = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        source.close()
    return held / MANY, ended / MANY


def surging() -> float:
    """A service in the windows of the rule ``surge``, with an error a minute for an hour."""
    windows = SurgeWindows(next(rule for rule in build_rules() if isinstance(rule, SurgeRule)))

    def hour(number: int) -> None:
        for minute in range(60):
            windows.add(f"service-{number}", minute * 60 * NANOSECONDS)

    return each(hour)


def main() -> None:
    file, ended = followed()
    print(f"a file that is followed: {file:,.0f} bytes; when it has ended: {ended:,.0f}")
    print(f"a service in the windows of surges: {surging():,.0f} bytes")
    named = each(lambda number: dialects.decoder("rust-tracing", f"service-{number}"))
    print(f"a service that a label names: {named:,.0f} bytes")
    print(f"a kind of error in the caches of grouping: {grouped():,.0f} bytes")


if __name__ == "__main__":
    main()
