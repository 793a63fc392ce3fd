"""Which dialect a sample of a log is written in. For speed and units only: every decoder reads every dialect."""

from __future__ import annotations

from collections import Counter
from typing import Any

from logmedic.collect.dialects.generic import GENERIC
from logmedic.collect.dialects.parse import Parsed, parse
from logmedic.collect.dialects.table import DIALECTS, TEXT

MAX_LINES = 64


def sniff(sample: bytes) -> str:
    """The name of the dialect that most of the sample's first lines are written in; ``generic`` when none is."""
    lines = sample.split(b"\n", MAX_LINES)[:MAX_LINES]
    if len(lines) == 1:
        return _line(lines[0]) or GENERIC.name
    votes = Counter(name for line in lines if (name := _line(line)))
    return votes.most_common(1)[0][0] if votes else GENERIC.name


def sniff_one(line: bytes) -> tuple[str, Parsed | None]:
    """The name of one line's dialect, and what the line was parsed to on the way, for :meth:`Decoder.decode`.

    Nothing is handed over where the decoder would parse another part of the line.
    """
    if line[:1] == b"{" and line[-1:] == b"}":
        parsed = parse(line)
        return (TEXT.name if parsed.value is None else _of(parsed.value)), parsed
    return sniff(line), None


def _line(line: bytes) -> str:
    """The dialect of one line; ``""`` for a blank one."""
    stripped = line.removeprefix(b"\xef\xbb\xbf").strip(b" \t\r\x00")
    value = parse(stripped).value if stripped.startswith(b"{") else None
    return _of(value) if value is not None else TEXT.name if stripped else ""


def _of(value: dict[str, Any]) -> str:
    """As :func:`_best`, remembered by keys and types: a log has few kinds of lines, and nothing else decides."""
    shape: tuple[Any, ...] = (*value, *map(type, value.values()))
    inner: list[dict[str, Any]] = []
    if not _PARENTS.isdisjoint(value):
        inner = [value[key] for key in _PARENTS if type(value.get(key)) is dict]
        shape += tuple((*one, *map(type, one.values())) for one in inner)
    name = _known.get(shape)
    if name is None:
        name = _best(value)
        if all(len(one) <= _MOST_KEYS and sum(map(len, one)) <= _LONGEST_KEYS for one in (value, *inner)):
            if len(_known) >= _MOST_SHAPES:
                _known.clear()
            _known[shape] = name
    return name


def _best(value: dict[str, Any]) -> str:
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

_MOST_SHAPES = 1_024
_MOST_KEYS = 64
_LONGEST_KEYS = 1_000  # characters; what a stranger's keys may make us keep is bounded
_known: dict[tuple[Any, ...], str] = {}
# Objects inside which a key is looked for, such as "log" for "log.level".
_PARENTS = frozenset(
    name.partition(".")[0]
    for dialect in DIALECTS
    for names in (*dialect.signature, *dialect.hints)
    for name in names.split("|")
    if "." in name
)
