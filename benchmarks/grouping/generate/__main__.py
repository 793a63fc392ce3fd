"""Makes the corpus anew: ``python benchmarks/grouping/generate``. See the README of the folder above."""

from __future__ import annotations

import argparse
import gzip
import json
import random
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import dotnet
import dress
import plain
from languages import RECORDERS
from toolchains import Trace

CORPUS = Path(__file__).parents[3] / "tests" / "data" / "grouping" / "corpus.jsonl.gz"
SEED = 20_261_120
VARIANTS = 18
# Rust 1.63 blames these panics on the standard library: without a backtrace nothing in the log tells where they arose.
_UNTOLD = {"price-slice"}


def main() -> None:
    parser = argparse.ArgumentParser("generate")
    parser.add_argument("--traces", type=Path, help="JSON lines recorded before, to be dressed again")
    parser.add_argument("--keep", type=Path, help="where to keep the recorded traces")
    parser.add_argument("--seed", type=int, default=SEED, help="another choice of variants, values and machines")
    parser.add_argument("--to", type=Path, default=CORPUS, help="where to write the corpus")
    options = parser.parse_args()
    seed: int = options.seed
    if options.traces:
        traces = [Trace(**json.loads(line)) for line in options.traces.read_text("utf-8").splitlines()]
    else:
        with tempfile.TemporaryDirectory(prefix="corpus-") as work:
            traces = [
                t for name, record in RECORDERS.items() for t in record(Path(work), random.Random(f"{seed}{name}"))
            ]
    if options.keep:
        options.keep.write_text("".join(json.dumps(vars(t)) + "\n" for t in traces), "utf-8")
    traces += dotnet.traces(random.Random(seed))
    entries = [*_stacks(traces, seed), *_messages(seed)]
    random.Random(seed).shuffle(entries)
    text = "".join(json.dumps(e, ensure_ascii=False, separators=(",", ":")) + "\n" for e in entries)
    options.to.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(f"{len(entries)} records of {len({e['bug'] for e in entries})} bugs, {options.to.stat().st_size} bytes")


def _stacks(traces: list[Trace], seed: int) -> Iterator[dict[str, str]]:
    by_bug: dict[tuple[str, str], list[Trace]] = defaultdict(list)
    for trace in traces:
        if not (trace.bug in _UNTOLD and trace.mode == "0" and "1.63" in trace.runtime):
            by_bug[trace.language, trace.bug].append(trace)
    for (language, bug), found in sorted(by_bug.items()):
        chance = random.Random(f"{seed}{language}{bug}")
        chance.shuffle(found)
        lines = _dressed(language, found, chance)
        for variant, line in lines[:VARIANTS]:
            yield {"bug": f"{language}/{bug}", "language": language, "variant": variant, "line": line}


def _dressed(language: str, traces: list[Trace], chance: random.Random) -> list[tuple[str, str]]:
    """Each trace in turn with the next dress that fits it, until there are enough."""
    wardrobe = dress.DRESSES[language]
    lines: list[tuple[str, str]] = []
    for i in range(len(traces) * len(wardrobe)):
        trace = traces[i % len(traces)]
        worn = wardrobe[(i + i // len(traces)) % len(wardrobe)]
        line = worn(dress.facts(trace, chance))
        if line is not None:
            name = "-".join(x for x in (trace.runtime, f"r{trace.release}", trace.mode, worn.__name__) if x)
            lines.append((name, line))
    return lines


def _messages(seed: int) -> Iterator[dict[str, str]]:
    chance = random.Random(seed)
    for bug, variant, code, message in plain.lines(chance):
        record = {"timestamp": "2026-11-20T09:00:00Z", "level": "ERROR", "message": message, "service": "shop"}
        if code:
            record["error_code"] = code
        line = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
        yield {"bug": f"plain/{bug}", "language": "plain", "variant": variant, "line": line}


if __name__ == "__main__":
    main()
