"""Rules as one regular expression over a whole line, in the syntax of RE2, for backends that search text.

It says the same as the needles of the byte prefilter (:mod:`..needles` has the reasons why they cannot miss), in as few
alternatives as can be: Go's engine, which Loki uses, tries them one by one. Beyond them it reads lines of plain text,
which the prefilter lets through, and allows line ends wherever JSON allows white space, because an entry of a log store
may have several lines.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TypeVar

from logmedic.detect import needles
from logmedic.detect.interface import Asks, Rule, SurfaceLike
from logmedic.model import Level

_SPACE = r"[ \t\r\n]*"
_PAD = r"(?:[ \t\r\n]|\\(?:[tnr]|u00(?:20|0[9aAdD])))*"
# As a writer may put before a level.
_PAD_OR_COLOUR = r"(?:[ \t\r\n]|\x1b\[[0-9;]*m|\\(?:[tnr]|u00(?:20|0[9aAdD]|1[bB]\[[0-9;]*m)))*"
_V = TypeVar("_V")
_EXPONENT = r"[0-9.]+[eE]"


def expression(rules: Sequence[Rule], surfaces: Sequence[SurfaceLike]) -> str:
    """What every line, or entry of several lines, matches whose record a rule may match; empty without rules."""
    asks = [rule.asks() for rule in rules]
    if not asks:
        return ""
    escapes = needles.escapes().pattern.decode()
    strings = [*_levels(asks, surfaces), *_durations(asks, surfaces), *_codes(asks, surfaces)]
    parts = [escapes, f'"(?:{"|".join(strings)})']
    level = lowest(asks)
    if level is not None:
        texts = dict.fromkeys(surface.text_pattern(level) for surface in surfaces)
        # An object's text is in the alternatives above; here it would only find keys and prose.
        parts.extend(rf"^(?:[^{{].*?)?(?:{text})" for text in texts)
    return "(?s:" + "|".join(parts) + ")"


def lowest(asks: Iterable[Asks]) -> Level | None:
    """The least bad level that is asked for; ``None`` when no rule asks for levels."""
    return min((ask.level for ask in asks if ask.level is not None), default=None)


def stems(surfaces: Sequence[SurfaceLike], level: Level) -> list[str]:
    """Level words of this level or worse, without what OpenTelemetry puts around them."""
    words = {word for surface in surfaces for word, found in surface.words.items() if found >= level}
    return sorted({word.removeprefix("severity_number_").rstrip("234") for word in words})


def shortest(words: Iterable[str]) -> list[str]:
    """Without those that hold another of them: what is looked for anywhere is found with these alone."""
    known = list(words)
    return [word for word in known if not any(other in word for other in known if other != word)]


def level_ranges(surfaces: Sequence[SurfaceLike], level: Level) -> dict[str, tuple[tuple[float, float], ...]]:
    """By key, the inclusive ranges of numbers that mean this level or worse in one of the dialects."""
    found: dict[str, dict[tuple[float, float], None]] = {}
    for surface in surfaces:
        for key, ranges in surface.level_numbers:
            known = found.setdefault(key, {})
            known.update(dict.fromkeys((low, high) for low, high, meant in ranges if meant >= level))
    return {key: tuple(sorted(ranges)) for key, ranges in found.items()}


def duration_limits(asks: Iterable[Asks], surfaces: Sequence[SurfaceLike]) -> dict[str, tuple[int, int]]:
    """By key: the least whole number that may be too long in one of the dialects, and the digits that a text needs.

    Both as :func:`..needles.durations` has them.
    """
    over = min((ask.over_ms for ask in asks if ask.over_ms is not None), default=None)
    found: dict[str, tuple[int, int]] = {}
    if over is None:
        return found
    for surface in surfaces:
        for key, per_millisecond in surface.durations:
            limit = math.floor(Fraction(over) * Fraction(str(per_millisecond)))
            digits = len(str(min(limit, math.floor(over / 5))))
            known = found.get(key, (limit, digits))
            found[key] = (min(limit, known[0]), min(digits, known[1]))
    return found


def code_prefixes(asks: Iterable[Asks]) -> tuple[list[str], bool]:
    """What codes begin with, and whether some may begin with anything."""
    prefixes = dict.fromkeys(needles.literal_prefix(glob) for ask in asks for glob in ask.codes)
    return [prefix for prefix in prefixes if prefix], "" in prefixes


def _levels(asks: Sequence[Asks], surfaces: Sequence[SurfaceLike]) -> list[str]:
    """As those below, without the quote that each of them begins with."""
    level = lowest(asks)
    if level is None:
        return []
    word = rf"(?i:(?:severity_number_)?(?:{_any(stems(surfaces, level))})[2-4]?)"
    # A key is no value: ``"error": null`` stands in every line of some logs.
    found = [rf'{_PAD_OR_COLOUR}{word}(?:"{_SPACE}(?:[^: \t\r\n]|$)|[+ \t\r\n\\\x1b-])']
    found += [
        rf'{keys}{_SPACE}:{_SPACE}(?:"{_PAD})?-?(?:{"|".join(numbers(ranges))}|{_EXPONENT})'
        for ranges, keys in _by_value(level_ranges(surfaces, level))
    ]
    return found


def _durations(asks: Sequence[Asks], surfaces: Sequence[SurfaceLike]) -> list[str]:
    return [
        rf"{keys}{_SPACE}(?:[,}}\]]|:{_SPACE}(?:{needles.at_least(limit).decode()}|-?{_EXPONENT}"
        rf'|"(?:[0-9]{{{digits}}}|[^"]*(?:[0-9. ](?:s|m[^s]|h)|[eE]))))'
        for (limit, digits), keys in _by_value(duration_limits(asks, surfaces))
    ]


def _codes(asks: Sequence[Asks], surfaces: Sequence[SurfaceLike]) -> list[str]:
    prefixes, anything = code_prefixes(asks)
    found = [f"(?:{_any(prefixes)})"] if prefixes else []
    if anything:
        found.append(f'(?:{_any(key for surface in surfaces for key in surface.code_keys)})"')
    return found


def numbers(ranges: Iterable[tuple[float, float]]) -> list[str]:
    """Whole numbers by length and first digit: more than lie in the ranges, never fewer. ``[0-3]`` stands alone."""
    return [part.decode().replace(r"[^0-9\n]", r"(?:[^0-9]|$)") for part in needles.between(ranges)]


def _by_value(keys: Mapping[str, _V]) -> list[tuple[_V, str]]:
    """Each value, and the keys that have it as an expression, without the quote before them."""
    groups: dict[_V, list[str]] = {}
    for key, value in keys.items():
        groups.setdefault(value, []).append(key)
    return [(value, f'(?:{_any(members)})"') for value, members in groups.items()]


def _any(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in dict.fromkeys(words))
