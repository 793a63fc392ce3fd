"""What grouping costs, in CPU seconds, beside decoding the same JSON and doing nothing with it."""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from peer import miner

from logmedic.collect import dialects
from logmedic.group.fingerprint import Grouper
from logmedic.model import LogRecord, Ref

LINES = 100_000
DRAIN_LINES = 20_000  # it is slower, and needs no more for a figure

_MESSAGES = (
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
_PLAIN_PIPE = """
import sys
from {module} import {names}
out = sys.stdout.buffer
for line in sys.stdin.buffer:
    {body}
    out.flush()
"""


class Rates(msgspec.Struct):
    """Records, or lines, for each second of CPU."""

    group: float
    drain: float
    decode: float  # msgspec into dicts
    record: float  # our decoder, into a record
    both: float  # our decoder and grouping
    pipe: float  # logmedic fingerprint, start included
    pipe_json: float
    pipe_msgspec: float


def lines() -> list[bytes]:
    chance = random.Random(7)
    return [
        json.dumps({
            "timestamp": "2026-11-20T09:00:00.420Z",
            "level": "ERROR",
            "fields": {
                "message": _MESSAGES[i % len(_MESSAGES)].format(n=chance.randrange(10**6), m=i % 250),
                "service": "shop",
            },
            "target": "shop::orders",
        }).encode()
        for i in range(LINES)
    ]  # fmt: skip


def rate(work: Callable[[Any], object], items: Sequence[Any]) -> float:
    """The best of three, because other processes only ever make it slower."""
    best = 0.0
    for _ in range(3):
        started = time.process_time()
        for item in items:
            work(item)
        best = max(best, len(items) / (time.process_time() - started))
    return best


def pipe(command: list[str], data: bytes) -> float:
    """Lines for each CPU second of a child that reads and answers line by line."""
    best = 0.0
    for _ in range(2):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        count = done.stdout.count(b"\n")
        assert count == data.count(b"\n"), f"{count} answers"
        best = max(best, count / (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime))
    return best


def measure() -> Rates:
    data = lines()
    decoder = dialects.decoder("rust-tracing")
    ref = Ref("bench", "bench", 0)

    def decode(line: bytes) -> LogRecord:
        found = decoder.decode(line, ref, 0)
        assert isinstance(found, LogRecord)
        return found

    records = [decode(line) for line in data]
    group = Grouper()
    mined = miner()
    joined = b"".join(line + b"\n" for line in data)
    command = str(Path(sys.executable).with_name("logmedic"))

    def plain(module: str, names: str, body: str) -> list[str]:
        return [sys.executable, "-c", _PLAIN_PIPE.format(module=module, names=names, body=body)]

    return Rates(
        group=rate(group, records),
        drain=rate(mined.add_log_message, [one.message for one in records[:DRAIN_LINES]]),
        decode=rate(msgspec.json.Decoder().decode, data),
        record=rate(decode, data),
        both=rate(lambda line: group(decode(line)), data),
        pipe=pipe([command, "fingerprint"], joined),
        pipe_json=pipe(plain("json", "loads, dumps", r"out.write(dumps(loads(line)).encode() + b'\n')"), joined),
        pipe_msgspec=pipe(plain("msgspec.json", "decode, encode", r"out.write(encode(decode(line)) + b'\n')"), joined),
    )
