"""Finds the lines of a block that hold a needle, with SIMD when the wheels are there; the answer is the same without.

Hot and rare: a key that stands in every line (``level``, ``duration_ms``) costs a confirmation at each hit. Among the
rare needles of one hyperscan database it slows all of them by a half; in a database of its own it is cheap. Which
literals are hot is learnt from the first block of real size, and changes the speed only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from logmedic.detect.interface import Needle

WARM_UP = 1 << 20
"""Bytes that ``re`` searches before hyperscan is imported and compiles: that takes 0.12 s, as long as ``re`` takes for
some 15 MB, and most runs from cron see less than a megabyte."""
_LEARN_FROM = 32 << 10  # bytes: a smaller block says too little about what is hot
_HOT_SHARE = 16  # a literal that occurs more often than once in so many lines is hot


_Entry = tuple[bytes, re.Pattern[bytes], re.Pattern[bytes] | None]  # literal, pattern, guard


class _Engine(Protocol):
    def hits(self, data: bytes) -> list[int]: ...


class Prefilter:
    """Looks for needles in blocks of whole lines."""

    def __init__(self, needles: Iterable[Needle], *, accelerate: bool, warm_up: int = WARM_UP) -> None:
        self._needles = tuple(dict.fromkeys(needles))
        self._warm_up = warm_up if accelerate else None
        self._stringzilla = _import("stringzilla") if accelerate else None
        self._engine: _Engine | None = None
        self._learnt = False
        self._seen = 0

    def count(self, data: bytes, what: bytes) -> int:
        """How often ``what`` occurs, without overlaps."""
        if self._stringzilla is not None:
            return int(self._stringzilla.count(data, what))
        return data.count(what)

    def hits(self, data: bytes, lines: int) -> list[int]:
        """An offset inside each line that may match; in no order, several of one line possible."""
        if self._engine is None or (not self._learnt and len(data) >= _LEARN_FROM):
            self._learnt = len(data) >= _LEARN_FROM
            self._engine = _Regex(self._needles, self._hot(data, lines))
        if self._warm_up is not None and self._seen >= self._warm_up:
            self._warm_up = None
            hyperscan = _import("hyperscan")
            if hyperscan is not None:
                self._engine = _Hyperscan(hyperscan, self._needles, self._hot(data, lines))
        self._seen += len(data)
        return self._engine.hits(data)

    def _hot(self, data: bytes, lines: int) -> frozenset[bytes]:
        """The spellings (:func:`_spelling`) that most lines hold."""
        spellings = {_spelling(needle) for needle in self._needles}
        return frozenset(spelling for spelling in spellings if self.count(data, spelling) * _HOT_SHARE > lines)


class _Hyperscan:
    """One database for the rare needles, one for each hot literal."""

    def __init__(self, module: Any, needles: Sequence[Needle], hot: frozenset[bytes]) -> None:
        self._guards = [_compiled(needle.harmless) for needle in needles]
        groups: dict[bytes, list[int]] = {}
        for number, needle in enumerate(needles):
            spelling = _spelling(needle)
            groups.setdefault(spelling if spelling in hot else b"", []).append(number)
        self._databases = []
        for numbers in groups.values():
            database = module.Database()
            expressions = [needles[number].pattern for number in numbers]
            database.compile(expressions=expressions, ids=numbers, flags=[0] * len(numbers))
            self._databases.append(database)

    def hits(self, data: bytes) -> list[int]:
        found: list[int] = []
        guards = self._guards

        def on_match(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            guard = guards[number]
            if guard is None or guard.match(data, end - 1) is None:
                found.append(end - 1)

        for database in self._databases:
            database.scan(data, match_event_handler=on_match)
        return found


class _Regex:
    """``re``, only for the needles whose literal stands in the block at all."""

    def __init__(self, needles: Sequence[Needle], hot: frozenset[bytes]) -> None:
        self._always: list[_Entry] = []
        self._sometimes: list[_Entry] = []
        for needle in needles:
            entry = (needle.literal, re.compile(needle.pattern), _compiled(needle.harmless))
            (self._always if _spelling(needle) in hot else self._sometimes).append(entry)
        rare = {literal for literal, _, _ in self._sometimes}
        self._quoted = _any_of(literal[1:] for literal in rare if literal[:1] == b'"')
        self._other = [literal for literal in rare if literal[:1] != b'"']

    def hits(self, data: bytes) -> list[int]:
        lower = data.lower()
        present = set(self._quoted.findall(lower)) if self._quoted is not None else set()
        present.update(literal for literal in self._other if literal in lower)
        stems = tuple(present)  # without a closing quote: more may seem present than are, never fewer
        found: list[int] = []
        for entry in self._always:
            found.extend(_ends(entry, data))
        for entry in self._sometimes:
            if entry[0].startswith(stems):
                found.extend(_ends(entry, data))
        return found


def _ends(entry: _Entry, data: bytes) -> Iterator[int]:
    _, pattern, guard = entry
    for match in pattern.finditer(data):
        end = match.end() - 1
        if guard is None or guard.match(data, end) is None:
            yield end


def _spelling(needle: Needle) -> bytes:
    """What the pattern begins with; for a key, as it is written: ``"level"`` is hot where ``"Level"`` is not."""
    return needle.pattern[: len(needle.literal)]


def _any_of(words: Iterable[bytes]) -> re.Pattern[bytes] | None:
    """A quote and one of the words, as a tree of their letters: 5 times as fast as ``re`` is on the plain list.

    Of words that start with one another it finds the shortest. A closing quote is looked at, not taken: in a broken
    line it may open the next string.
    """
    listed = list(words)
    return re.compile(b'"' + _tree(listed)) if listed else None


def _tree(words: list[bytes]) -> bytes:
    branches: dict[bytes, list[bytes]] = {}
    for word in words:
        branches.setdefault(word[:1], []).append(word[1:])
    if b"" in branches:
        return b""
    parts = [
        rb'(?=")' if letter == b'"' else re.escape(letter) + _tree(rest) for letter, rest in sorted(branches.items())
    ]
    return parts[0] if len(parts) == 1 else b"(?:" + b"|".join(parts) + b")"


def _compiled(pattern: bytes | None) -> re.Pattern[bytes] | None:
    return re.compile(pattern) if pattern is not None else None


def _import(name: str) -> Any:
    """An optional wheel; imported on first use because most runs do without."""
    try:
        return __import__(name)
    except ImportError:
        return None
