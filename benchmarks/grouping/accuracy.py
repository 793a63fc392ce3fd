"""One bug, one group? ``python benchmarks/grouping/accuracy.py [--json] [--misses]``.

Groups the labelled corpus (:mod:`corpus`) and, in the same run, lets Drain3 cluster the same records: once their
messages alone, once messages and traces. Per language and in total: GA and FGA (:mod:`score`), bugs hidden in the
group of another, records gone astray, bugs split. Then the share of records with the same id in another order and in
other processes, and what grouping costs against JSON decoding alone.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path

import msgspec
from corpus import CORPUS, Entry, load, record
from peer import drain
from score import Score, misses, score
from throughput import Rates, measure

from logmedic.group.fingerprint import Grouper


class Result(msgspec.Struct):
    """Everything that is printed."""

    scores: dict[str, dict[str, Score]]  # by who grouped, by language and "total"
    same_in_any_order: dict[str, float]  # by who grouped: records with an unchanged id
    same_in_any_process: float
    rates: Rates


def ours(entries: Sequence[Entry]) -> list[str]:
    """Fingerprints, in order, by a new grouper."""
    group = Grouper()
    return [group(record(entry, i)).fingerprint for i, entry in enumerate(entries)]


def whole(entry: Entry) -> str:
    found = record(entry)
    return "\n".join(x for x in (found.message, found.exception_message, found.stack_text) if x)


GROUPERS: dict[str, Callable[[Sequence[Entry]], Sequence[Hashable]]] = {
    "logmedic": ours,
    "drain3 message": lambda entries: drain([record(e).message.split("\n", 1)[0] for e in entries]),
    "drain3 all text": lambda entries: drain([whole(e) for e in entries]),
}


def by_language(entries: Sequence[Entry], groups: Sequence[Hashable]) -> dict[str, Score]:
    languages = sorted({entry.language for entry in entries})
    scores = {}
    for name in (*languages, "total"):
        chosen = [i for i, entry in enumerate(entries) if name in {entry.language, "total"}]
        scores[name] = score([entries[i].bug for i in chosen], [groups[i] for i in chosen])
    return scores


def same_in_any_order(entries: Sequence[Entry], group: Callable[[Sequence[Entry]], Sequence[Hashable]]) -> float:
    """Records whose id in five other orders is the one of the first."""
    first = group(entries)
    stable = [True] * len(entries)
    for seed in range(5):
        order = random.Random(seed).sample(range(len(entries)), len(entries))
        for i, found in zip(order, group([entries[i] for i in order]), strict=True):
            stable[i] &= found == first[i]
    return sum(stable) / len(entries)


def same_in_any_process(entries: Sequence[Entry], corpus: Path) -> float:
    """Records whose id is the same in three new processes, each with its own hash seed."""
    first = ours(entries)
    stable = [True] * len(entries)
    for seed in ("1", "2", "random"):
        command = [sys.executable, str(Path(__file__).with_name("fingerprints.py")), str(corpus)]
        done = subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": seed}, stdout=subprocess.PIPE, check=True)
        stable = [a and b == c for a, b, c in zip(stable, first, done.stdout.decode().split(), strict=True)]
    return sum(stable) / len(entries)


def table(result: Result) -> str:
    lines = [f"{'':26}{'records':>8}{'bugs':>6}{'groups':>7}{'GA':>7}{'FGA':>7}{'hidden':>8}{'astray':>8}{'split':>7}"]
    for who, scores in result.scores.items():
        for name, s in scores.items():
            lines.append(
                f"{who + ' ' + name:26}{s.records:8}{s.bugs:6}{s.groups:7}{s.ga:7.3f}{s.fga:7.3f}"
                f"{s.hidden:8.1%}{s.stray:8.1%}{s.split:7.1%}"
            )
    lines.append("")
    lines += [f"same id in any order, {who}: {share:.2%}" for who, share in result.same_in_any_order.items()]
    lines.append(f"same id in any process: {result.same_in_any_process:.2%}")
    r = result.rates
    lines += [
        f"grouping messages: {r.group:,.0f} records/CPU-s, drain3 {r.drain:,.0f}: {r.group / r.drain:.1f}×",
        f"JSON decoding alone: msgspec {r.decode:,.0f} lines/CPU-s, into our record {r.record:,.0f}",
        f"decoding and grouping: {r.both:,.0f} lines/CPU-s",
        f"pipe, CPU of the process: logmedic fingerprint {r.pipe:,.0f} lines/s, json.loads and dumps alone "
        f"{r.pipe_json:,.0f}: {r.pipe / r.pipe_json:.2f}; msgspec alone {r.pipe_msgspec:,.0f}: "
        f"{r.pipe / r.pipe_msgspec:.2f}",
    ]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser("accuracy", description="How well errors are grouped by bug.")
    parser.add_argument("--json", action="store_true", help="print everything as one JSON object")
    parser.add_argument("--misses", action="store_true", help="print each bug that was split or mixed, and stop")
    parser.add_argument("--corpus", type=Path, default=CORPUS, help="another corpus than the committed one")
    options = parser.parse_args()
    entries = load(options.corpus)
    if options.misses:
        print("\n".join(misses([e.bug for e in entries], ours(entries))))
        return 0
    result = Result(
        scores={who: by_language(entries, group(entries)) for who, group in GROUPERS.items()},
        same_in_any_order={who: same_in_any_order(entries, group) for who, group in GROUPERS.items()},
        same_in_any_process=same_in_any_process(entries, options.corpus),
        rates=measure(),
    )
    print(msgspec.json.encode(result).decode() if options.json else table(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
