r"""Rules as a filter pattern of CloudWatch Logs, for subscription filters and for ``FilterLogEvents``.

One regular expression between percent signs. Its language has no groups, few symbols (others are written ``\xhh``) and
1,024 characters, so much is widened: keys are known by how they end, numbers by how they begin. Patterns for JSON
(``{ $.level = "ERROR" }``) would lose what is no JSON (a panic, the end of a process), case and coloured levels; what
a bare word matches within a longer one is not documented.

Source: Amazon CloudWatch Logs, "Filter pattern syntax", "Supported regular expressions (regex) syntax";
``PutSubscriptionFilter``: ``filterPattern``, 1,024 characters at most.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from logmedic.detect.compile import expression
from logmedic.detect.compile.interface import Compiled
from logmedic.detect.interface import Asks, Rule, SurfaceLike

LONGEST = 1_024  # characters of a pattern
WIDENED = (
    "events that are no JSON object are all selected",
    "what a line holds is found, not under which key it stands; keys are known by how they end",
    "numbers are compared by their first digits, or by how many they have",
    "nothing is asked about services",
)
ALL = (f"rules that need more than the {LONGEST:,} characters of a filter pattern: every event is selected",)
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_#=@/;,-")
_QUOTE = r"\x22"
_ESCAPES = (r"\\u00[4-7]", r"\\u003[0-9bB]", r"\\u002[eE]")  # as in :func:`..needles.escapes`
_NO_OBJECT = r"^[^\{]"
_CUT = r"\x22\s*$"  # within an object: only where the rest is missing
_ODD_STRING = (r"\x22\s*\x1b", r"\x22\s*\\[tnru]")  # that begins with a colour, or with an escape
_EXPONENT = r"\x3a\s*\x22?\s*-?[0-9\.]+[eE][0-9+-]"
_OTEL = r"[Nn][Uu][Mm][Bb][Ee][Rr]_[{}]"  # SEVERITY_NUMBER_ERROR
_NO_KEY = r"\w*\s*\x22?\s*[,\}\]\\\x1b+-]"  # ``"error": null`` stands in every line of some logs
_KEYS = frozenset({"err", "fai"})  # beginnings of level words that are also common keys
_LETTERS = 3  # of a level word that are looked for
_ATTRIBUTE = r"\x22key\x22"  # of OTLP, whose keys are values
_TAIL = re.compile(r"(?:^|[_.A-Z])[^_.A-Z]*\Z")


class _FilterPattern:
    name = "filter-pattern"

    def compile(self, rules: Sequence[Rule], surfaces: Sequence[SurfaceLike]) -> Compiled:
        """The narrowest form that fits."""
        asks = [rule.asks() for rule in rules]
        if not asks:
            return Compiled("")
        common = [*_ESCAPES, _NO_OBJECT, _CUT, *_codes(asks, surfaces)]
        for durations in (_durations, _durations_by_length):
            parts = [*common, *_levels(asks, surfaces), *durations(asks, surfaces)]
            text = f"%{'|'.join(dict.fromkeys(parts))}%"
            if len(text) <= LONGEST:
                return Compiled(text, WIDENED)
        return Compiled("", ALL)


def _levels(asks: Sequence[Asks], surfaces: Sequence[SurfaceLike]) -> list[str]:
    level = expression.lowest(asks)
    if level is None:
        return []
    found = expression.level_ranges(surfaces, level)
    # A value is known by how it begins, so "panic" does not stand for "dpanic" as it does where a word is looked for.
    stems = sorted({_shortened(word, found) for word in expression.stems(surfaces, level)})
    stems = [stem for stem in stems if not any(stem != other and stem.startswith(other) for other in stems)]
    firsts = "".join(sorted({stem[0].upper() + stem[0] for stem in stems}))
    strings = [rf"{_QUOTE}\s*{_any_case(stem)}{_NO_KEY if stem in _KEYS else ''}" for stem in stems]
    numbers = [rf"{head}\w*\W+{first}" for head, ranges in _heads(found).items() for first in _first_digits(ranges)]
    return [*strings, _OTEL.format(firsts), *_ODD_STRING, *numbers, _EXPONENT]


def _shortened(word: str, keys: Iterable[str]) -> str:
    """The first letters, as many as no key of levels begins with: ``severity`` is in every line of some logs."""
    lower = [key.lower() for key in keys]
    for length in range(_LETTERS, len(word)):
        if not any(key.startswith(word[:length]) for key in lower):
            return word[:length]
    return word


def _heads(keys: Mapping[str, Iterable[tuple[float, float]]]) -> dict[str, set[tuple[float, float]]]:
    """By an expression for what keys have in common: the ranges of those keys."""
    heads = expression.shortest(dict.fromkeys(map(_headless, keys)))
    ranges = {head: frozenset(r for key in keys if head in key for r in keys[key]) for head in heads}
    found: dict[str, set[tuple[float, float]]] = {}
    for head in heads:
        spelt = [other for other in heads if other.lower() == head.lower()]
        pattern = _any_case(head.lower()) if len(spelt) > 1 else _literal(head)
        for other in spelt:
            found.setdefault(pattern, set()).update(ranges[other])
    alike: dict[frozenset[tuple[float, float]], list[str]] = {}
    for head in heads:
        if _literal(head) in found:
            del found[_literal(head)]
            alike.setdefault(ranges[head], []).append(head)
    return {**found, **{pattern: set(of) for of, words in alike.items() for pattern in _classes(words)}}


def _first_digits(ranges: Iterable[tuple[float, float]]) -> list[str]:
    """How numbers of the ranges begin: with a digit, or with one that is all of it."""
    lengths: dict[str, set[int]] = {}
    for low, high in ranges:
        # Bounds of scales are whole, and as long as one another but for 100 and 100000.
        for length in range(len(str(int(low))), len(str(int(high))) + 1):
            first = int(str(int(low))[0]) if length == len(str(int(low))) else 1
            last = int(str(int(high))[0]) if length == len(str(int(high))) else 9
            for digit in range(first, last + 1):
                lengths.setdefault(str(digit), set()).add(length)
    alone = "".join(sorted(digit for digit, known in lengths.items() if known == {1}))
    longer = "".join(sorted(digit for digit, known in lengths.items() if known != {1}))
    return [*([f"[{longer}]"] if longer else []), *([f"[{alone}][^0-9]"] if alone else [])]


def _tails(asks: Sequence[Asks], surfaces: Sequence[SurfaceLike]) -> dict[str, int]:
    """By how a key of durations ends: the least limit of such keys."""
    tails: dict[str, int] = {}
    for key, (limit, digits) in expression.duration_limits(asks, surfaces).items():
        found = _TAIL.search(key)
        tail = found[0] if found is not None else key
        # A text may add up parts, each with at least so many digits.
        tails[tail] = min(limit, 10 ** (digits - 1) * 5, tails.get(tail, limit))
    return {
        tail: limit
        for tail, limit in tails.items()
        if not any(tail != other and tail.endswith(other) and tails[other] <= limit for other in tails)
    }


def _durations(asks: Sequence[Asks], surfaces: Sequence[SurfaceLike]) -> list[str]:
    return _by_tail(asks, surfaces, lambda limit: limit)


def _durations_by_length(asks: Sequence[Asks], surfaces: Sequence[SurfaceLike]) -> list[str]:
    """The same for numbers of as many digits as the limit has, whatever the first one is."""
    return _by_tail(asks, surfaces, lambda limit: 10 ** (len(str(limit)) - 1))


def _by_tail(asks: Sequence[Asks], surfaces: Sequence[SurfaceLike], widened: Callable[[int], int]) -> list[str]:
    found: list[str] = []
    alike: dict[int, list[str]] = {}
    for tail, limit in _tails(asks, surfaces).items():
        alike.setdefault(limit, []).append(tail)
    for limit, pattern in [(limit, pattern) for limit, tails in alike.items() for pattern in _classes(tails)]:
        key = rf"{pattern}{_QUOTE}\W*"
        low = str(widened(limit))
        # A text at such a key is selected whatever it says: it may have a unit.
        if low == "1":
            found.append(rf"{key}[1-9{_QUOTE}]")
        elif len(low) == 1:
            found += [rf"{key}[{low}-9{_QUOTE}]", rf"{key}\d\d"]
        elif low[0] == "1":
            found += [rf"{key}\d{{{len(low)}}}", rf"{key}{_QUOTE}"]
        else:
            rest = len(low) - 1
            found += [rf"{key}[{low[0]}-9]\d{{{rest}}}", rf"{key}\d{{{len(low) + 1}}}", rf"{key}{_QUOTE}"]
    return [*found, _ATTRIBUTE, _EXPONENT] if found else []


def _codes(asks: Sequence[Asks], surfaces: Sequence[SurfaceLike]) -> list[str]:
    prefixes, anything = expression.code_prefixes(asks)
    found = [f"{_QUOTE}{_literal(prefix)}" for prefix in prefixes]
    if anything:
        found += [f"{_literal(key)}{_QUOTE}" for key in dict.fromkeys(k for s in surfaces for k in s.code_keys)]
    return found


def _classes(words: Iterable[str]) -> list[str]:
    """Expressions for words; those that differ in one character share one."""
    left = list(words)
    found: list[str] = []
    while left:
        first = left.pop(0)
        best: list[str] = []
        at = 0
        for place in range(len(first)):
            begin, end = first[:place], first[place + 1 :]
            same = [w for w in left if len(w) == len(first) and w.startswith(begin) and w.endswith(end)]
            if len(same) > len(best):
                best, at = same, place
        left = [word for word in left if word not in best]
        middle = "".join(_literal(word[at]) for word in (first, *best))
        found.append(f"{_literal(first[:at])}[{middle}]{_literal(first[at + 1 :])}" if best else _literal(first))
    return found


def _headless(key: str) -> str:
    """Without the first letter, which is the one that differs between ``level`` and ``Level``."""
    return key[1:] if len(key) > 2 else key


def _any_case(word: str) -> str:
    return "".join(f"[{c.upper()}{c}]" if c.isalpha() else _literal(c) for c in word)


def _literal(text: str) -> str:
    return "".join(c if c in _PLAIN else "".join(rf"\x{byte:02x}" for byte in c.encode()) for c in text)


FILTER_PATTERN = _FilterPattern()
