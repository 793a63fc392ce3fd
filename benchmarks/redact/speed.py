"""How long redaction takes of a line, and what it finds.

    python benchmarks/redact/speed.py [--lines 20000]

Ordinary lines: Rust-tracing JSON as a service writes it, and the labelled corpus of errors and traces. The yardstick is
``json.loads`` of the same JSON lines in the same run; beside it, where it is installed, the peer detect-secrets (which
finds and does not replace). Then the share of planted secrets that go whole, and of ordinary lines that are changed.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from logmedic.redact import Redactor
from logmedic.redact.scanning import Scanner

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "redact"))
sys.path.insert(0, str(Path(__file__).parents[1] / "scan"))
import generate
from redact_corpus import ordinary, planted

del sys.path[0]  # select.py there hides the module of the standard library
ROOT = Path(__file__).parents[2]
TRIES = 5
PERSONAL = frozenset({"email", "phone", "card", "resident-number", "passport", "driver-licence", "account"})
MOST_US = 30.0


def each(work: Callable[[Any], object], items: Sequence[Any]) -> float:
    """Microseconds of CPU an item, the best of several."""
    best = float("inf")
    for _ in range(TRIES):
        began = time.process_time()
        for item in items:
            work(item)
        best = min(best, time.process_time() - began)
    return best / len(items) * 1e6


@contextmanager
def peer() -> Iterator[Callable[[str], list[Any]] | None]:
    if importlib.util.find_spec("detect_secrets") is None:
        yield None
        return
    from detect_secrets.core.scan import scan_line  # noqa: PLC0415
    from detect_secrets.settings import default_settings  # noqa: PLC0415

    with default_settings():
        yield lambda line: list(scan_line(line))


def share(found: Iterable[bool]) -> float:
    kept = list(found)
    return 100 * sum(kept) / len(kept)


def main() -> int:
    parser = argparse.ArgumentParser(description="Redaction: time of a line, and what is found.")
    parser.add_argument("--lines", type=int, default=20_000)
    count = parser.parse_args().lines
    redact = Redactor()
    written = list(generate.lines(count, 7))
    with gzip.open(ROOT / "tests" / "data" / "grouping" / "corpus.jsonl.gz", "rb") as file:
        traces = [line for row in file for line in msgspec.json.decode(row)["line"].split("\n")][:count]
    loads = each(json.loads, written)
    print(f"json.loads of a line of JSON ({sum(map(len, written)) // count} characters): {loads:.1f} us")
    slowest = 0.0
    for name, lines in (("JSON", written), ("errors and traces", traces)):
        line = each(redact.line, [text.encode() for text in lines])
        text = each(redact.text, lines)
        slowest = max(slowest, line)
        print(f"{name}: {line:.1f} us a line ({line / loads:.1f} x json.loads), as a text {text:.1f} us")
    without = Scanner(PERSONAL, accelerate=False)
    print(f"without the automaton of the extra `fast`: {each(without.spans, written[:2_000]):.1f} us a text")
    corpus, plain = list(planted(3)), list(ordinary(count, 3))
    found = share(not one.left_in(redact.line(one.line.encode()).raw.decode()) for one in corpus)
    changed = share(bool(redact.line(one.encode()).found) for one in plain)
    print(
        f"of {len(corpus):,} planted secrets {found:.2f} % go whole, of {count:,} ordinary lines {changed:.3f} % change"
    )
    with peer() as find:
        if find is None:
            print("detect-secrets is not installed")
        else:
            took = each(find, written[:500])
            theirs = share(any(map(find, one.line.split("\n"))) for one in corpus)
            alarms = share(bool(find(one)) for one in plain[:2_000])
            print(f"detect-secrets: {took:.0f} us a line; notices {theirs:.1f} % and {alarms:.2f} % of these")
    return int(slowest > MOST_US)


if __name__ == "__main__":
    sys.exit(main())
