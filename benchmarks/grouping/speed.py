"""How many records a CPU-second are grouped, and how large a storm grows: ``python benchmarks/grouping/speed.py``.

Records are made beforehand, so that only grouping is timed (``time.process_time``, best of three). ``message`` is one
of ten messages with changing numbers; ``uuid`` has a fresh id in every line, which no cache by shape can help;
``stack`` carries a traceback of two exceptions; ``mixed`` is 80 % message, 15 % uuid, 5 % stack.
"""

from __future__ import annotations

import random
import resource
import sys
import time
import uuid
from pathlib import Path

from logmedic.group.fingerprint import Grouper
from logmedic.group.fold import Fold
from logmedic.model import Finding, Level, LogRecord, Match, Ref, Severity
from logmedic.redact import Redactor

STACK = Path(__file__).parents[2] / "tests" / "data" / "stacks" / "python-3.12-chain.txt"
MESSAGES = (
    "user {n} not found in shard {m}",
    "upstream answered status=503 after {n}ms",
    "connection to 10.0.{m}.{m}:5432 refused (os error 111)",
    "order {n} failed: price missing for item {m}",
    "GET /api/orders/{n}/items took {n}ms",
    "retry {m} of 5 for job job-{n}",
    "deadlock on row {n}, SQLSTATE[40P01]",
    "사용자 {n}를 찾을 수 없습니다",
    "cannot write /var/lib/shop/{n}.tmp: No space left on device (os error 28)",
    "token count {n} exceeds limit 4096",
)


def record(i: int, message: str, stack: str | None = None) -> LogRecord:
    raw = message.encode()
    return LogRecord(
        ref=Ref("s", "t", i),
        time=i * 10**9,
        level=Level.ERROR,
        service="shop",
        message=message,
        stack_text=stack,
        raw=raw,
    )


def make(kind: str, i: int, stack: str, chance: random.Random) -> LogRecord:
    if kind == "mixed":
        kind = chance.choices(("message", "uuid", "stack"), (80, 15, 5))[0]
    if kind == "uuid":
        return record(i, f"request {uuid.UUID(int=chance.getrandbits(128))} failed with status=500 after {i}ms")
    if kind == "stack":
        return record(i, f"order {i} failed", stack.replace("line 1", f"line {i}"))
    return record(i, MESSAGES[i % len(MESSAGES)].format(n=chance.randrange(10**6), m=i % 250))


def rate(records: list[LogRecord]) -> float:
    best = 0.0
    for _ in range(3):
        group = Grouper()
        started = time.process_time()
        for one in records:
            group(one)
        best = max(best, len(records) / (time.process_time() - started))
    return best


def storm(fingerprints: int) -> tuple[float, int]:
    """Records a second of distinct errors through grouping and fold, and by how many MB the process grew."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    group, fold = Grouper(), Fold()
    matches = (Match("level", "level ERROR", Severity.WARNING),)
    letters = "abcdefghijklmnop"
    started = time.process_time()
    for i in range(fingerprints):
        word = "".join(letters[(i >> shift) & 15] for shift in range(0, 24, 4))
        one = record(i, f"no {word} here" + " and more" * 20)
        if not fold.add(Finding(one, matches), group(one)):
            fold.drain()
    spent = time.process_time() - started
    return fingerprints / spent, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024


def main() -> None:
    stack = STACK.read_text(encoding="utf-8")
    speed, grown = storm(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
    print(f"{'storm':10}{speed:12,.0f} records/CPU-s, +{grown} MB")
    for kind, count in (("message", 100_000), ("uuid", 20_000), ("stack", 4_000), ("mixed", 40_000)):
        chance = random.Random(7)
        print(f"{kind:10}{rate([make(kind, i, stack, chance) for i in range(count)]):12,.0f} records/CPU-s")
    redact = Redactor()
    lines = [make("mixed", i, stack, random.Random(i)).message for i in range(5_000)]
    started = time.process_time()
    for line in lines:
        redact.text(line)
    print(f"{'redact':10}{(time.process_time() - started) / len(lines) * 1e6:12.1f} µs a line")


if __name__ == "__main__":
    main()
