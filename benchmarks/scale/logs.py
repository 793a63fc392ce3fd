"""Log files of known content: how many lines, how many that a rule matches, of how many kinds.

The lines are Rust ``tracing`` JSON of about 370 bytes. The same arguments write the same bytes.
"""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_START = 1_767_225_600  # s, 2026-01-01: long past, for a time ahead of the clock would not be believed
_POOL = 10_000  # different lines that no rule matches
_AGENT = "Mozilla/5.0 (X11; Linux x86_64)"


def kind(number: int) -> str:
    """A word of letters only, so that no mask takes two kinds for one."""
    word = ""
    for _ in range(6):
        number, letter = divmod(number, len(_LETTERS))
        word += _LETTERS[letter]
    return word


def error(number: int, stamp: str, service: str = "shop") -> bytes:
    word = kind(number)
    return _line(stamp, "ERROR", {"message": f"could not {word} the order", "error_code": f"X_{word.upper()}",
                                  "function": f"run_{word}", "retry": 1}, f"shop::{word}", service)  # fmt: skip


def quiet(rng: random.Random, stamp: str) -> bytes:
    fields: dict[str, object] = {"message": "Response sent", "status": 200, "duration_ms": rng.randrange(900),
                                 "method": "GET", "path": f"/api/v1/orders/{rng.randrange(1_000_000)}"}  # fmt: skip
    return _line(stamp, "INFO", fields, "shop::orders::service")


def _line(stamp: str, level: str, fields: dict[str, object], target: str, service: str = "shop") -> bytes:
    span = {"request_id": "9f86d081884c7d65", "name": "request", "user_agent": _AGENT}
    record = {"timestamp": stamp, "level": level, "fields": {**fields, "service": service}, "target": target,
              "span": span, "threadName": "tokio-runtime-worker"}  # fmt: skip
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"


def write(path: Path, *, lines: int, matched: int, kinds: int, later: int = 0) -> int:
    """Write the file; every ``lines / matched``-th line is an error. Returns its size in bytes. ``later``: seconds by
    which its errors come after those of the same file without it."""
    rng = random.Random(lines)
    pool = [quiet(rng, time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(_START))) for _ in range(_POOL)]
    every = lines // matched if matched else 0
    with path.open("wb", buffering=1 << 20) as out:
        for index in range(lines):
            if every and index % every == 0 and index // every < matched:
                stamp = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(_START + later + index // 1_000))
                out.write(error(index // every % kinds, stamp))
            else:
                out.write(pool[index % _POOL])
    return path.stat().st_size
