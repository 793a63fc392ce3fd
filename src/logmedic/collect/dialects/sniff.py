"""Which dialect a sample of a log is written in. For speed and units only: every decoder reads every dialect."""

from __future__ import annotations

from collections import Counter
from typing import Any

from logmedic.collect.dialects.generic import GENERIC
from logmedic.collect.dialects.parse import parse
from logmedic.collect.dialects.table import DIALECTS, TEXT

MAX_LINES = 64


def sniff(sample: bytes) -> str:
    """The name of the dialect that most of the sample's first lines are written in; ``generic`` when none is."""
    votes: Counter[str] = Counter()
    for line in sample.split(b"\n", MAX_LINES)[:MAX_LINES]:
        stripped = line.removeprefix(b"\xef\xbb\xbf").strip(b" \t\r\x00")
        if not stripped:
            continue
        value = parse(stripped).value if stripped.startswith(b"{") else None
        votes[_of(value) if value is not None else TEXT.name] += 1
    return votes.most_common(1)[0][0] if votes else GENERIC.name


def _of(value: dict[str, Any]) -> str:
    best, best_score = GENERIC.name, 0
    for dialect in DIALECTS:
        if not dialect.signature or not all(_has(value, key) for key in dialect.signature):
            continue
        score = 2 * len(dialect.signature) + sum(_has(value, key) for key in dialect.hints)
        if score > best_score:
            best, best_score = dialect.name, score
    return best


def _has(value: dict[str, Any], keys: str) -> bool:
    """Whether one of the keys, separated by ``|``, is there, whole or as a path, with a value of the type named."""
    for name in keys.split("|"):
        key, _, kind = name.partition(":")
        here: Any = value.get(key)
        if here is None:
            here = value
            for part in key.split("."):
                here = here.get(part) if type(here) is dict else None
        if here is not None and type(here) in _TYPES[kind]:
            return True
    return False


_TYPES: dict[str, tuple[type, ...]] = {
    "": (str, int, float, bool, dict, list),
    "number": (int, float),
    "text": (str,),
}
