"""Write N lines of Rust `tracing` JSON, about 380 bytes each: 0.5 % errors of 200 bugs, a few slow requests.

    python benchmarks/scan/generate.py OUT.log --lines 1000000 --seed 7

The same seed writes the same bytes. Spacing and the order of keys vary as writers vary them (compact as the Rust
writer, spaced as Python's, wide as a pretty printer on one line), because a prefilter may rely on neither.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator
from pathlib import Path

ERROR_SHARE = 0.005
SLOW_SHARE = 0.0005
BUGS = 200
_SEPARATORS = ((",", ":"), (", ", ": "), (" , ", " : "))
_START = 1_767_225_600  # s, 2026-01-01: long past, for a time ahead of the clock would not be believed
_FAMILIES = ("AI", "AUTH", "DB", "HTTP", "CACHE", "QUEUE")
_VERBS = ("load", "store", "verify", "charge", "render", "publish", "resolve", "merge", "rank", "expire")
_NOUNS = ("order", "session", "invoice", "profile", "prompt", "token", "cart", "report", "thumbnail", "webhook")


def lines(count: int, seed: int) -> Iterator[str]:
    rng = random.Random(seed)
    bugs = [_bug(rng, number) for number in range(BUGS)]
    for index in range(count):
        roll = rng.random()
        fields: dict[str, object]
        if roll < ERROR_SHARE:
            target, function, code, message = rng.choice(bugs)
            level = "ERROR"
            fields = {"message": message, "error_code": code, "function": function, "retry": rng.randrange(4)}
        else:
            target = f"shop::{rng.choice(_NOUNS)}::service"
            level = "INFO" if roll < 0.8 else "DEBUG" if roll < 0.97 else "WARN"
            duration = rng.randrange(5_001, 30_000) if roll > 1 - SLOW_SHARE else int(rng.expovariate(1 / 90)) % 4_900
            fields = {
                "message": "Response sent",
                "status": rng.choice((200, 200, 200, 201, 204, 404)),
                "duration_ms": duration,
                "method": rng.choice(("GET", "POST")),
                "path": f"/api/v1/{rng.choice(_NOUNS)}s/{rng.randrange(1_000_000)}",
            }
        request = f"{rng.getrandbits(64):016x}"
        yield _render(rng, index, level, target, fields, request)


def _bug(rng: random.Random, number: int) -> tuple[str, str, str, str]:
    verb, noun = rng.choice(_VERBS), rng.choice(_NOUNS)
    code = f"{rng.choice(_FAMILIES)}_{verb.upper()}_{number}"
    return f"shop::{noun}::repository", f"{verb}_{noun}", code, f"could not {verb} the {noun}: step {number} failed"


def _render(rng: random.Random, index: int, level: str, target: str, fields: dict[str, object], request: str) -> str:
    second, micro = divmod(index * 1_000, 1_000_000)
    clock = _START + second
    day, rest = divmod(clock, 86_400)
    stamp = f"2026-11-{1 + day % 28:02d}T{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}.{micro:06d}Z"
    span = {"request_id": request, "name": "request", "user_agent": "Mozilla/5.0 (X11; Linux x86_64)"}
    members: list[tuple[str, object]] = [
        ("timestamp", stamp), ("level", level), ("fields", fields), ("target", target), ("span", span),
        ("threadName", "tokio-runtime-worker"),
    ]  # fmt: skip
    if rng.random() < 0.2:
        rng.shuffle(members)
    return json.dumps(dict(members), separators=_SEPARATORS[0 if rng.random() < 0.8 else rng.randrange(1, 3)])


def write(path: Path, count: int, seed: int) -> int:
    """Write the file; returns its size in bytes."""
    with path.open("w", encoding="utf-8", buffering=1 << 20) as out:
        for line in lines(count, seed):
            out.write(line)
            out.write("\n")
    return path.stat().st_size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    size = write(arguments.out, arguments.lines, arguments.seed)
    print(f"{arguments.out}: {arguments.lines} lines, {size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
