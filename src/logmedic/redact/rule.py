"""What a rule is, and the samples that say what it finds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

import msgspec

LOOK_BACK = 300  # characters before a needle that a rule with ``before`` looks at

# The edge of a word, also where an escape ends in a letter or a digit: ``%3D``, ``\n``, ``\u003d``.
EDGE = r"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2})|(?<=\\[nrtbf])|(?<=\\u[0-9A-Fa-f]{4}))"
LONG_EDGE = r"(?:(?<![A-Za-z0-9_-])|(?<=%[0-9A-Fa-f]{2})|(?<=\\[nrtbf])|(?<=\\u[0-9A-Fa-f]{4}))"  # one try per run
END = r"(?![A-Za-z0-9])"


class Rule(msgspec.Struct, frozen=True):
    """One of ``needles`` (lower case) must occur; the pattern is tried there alone, so that most texts cost one search.

    The pattern begins at the needle, or behind it (``after``); ``before`` must match what ends where the needle begins.
    The last group that took part, or else the whole match, is replaced by a placeholder of ``kind``, unless ``check``
    has something against it. Quantifiers are bounded and never nested over the same characters: the time is linear in
    the length of a text.
    ``sample`` is a template for :func:`fill`: no secret stands in the source, not even a made-up one.
    """

    kind: str
    needles: tuple[str, ...]
    pattern: str
    sample: str
    after: bool = False
    before: str | None = None
    ignore_case: bool = False
    check: Callable[[str], bool] | None = None

    def find(self, text: str, begin: int, end: int) -> tuple[int, int] | None:
        """The part to replace, where a needle stands at ``begin`` to ``end``."""
        found = _compiled(self.pattern, self.ignore_case).match(text, end if self.after else begin)
        if found is None:
            return None
        start, stop = found.span(found.lastindex or 0)
        if self.before is not None:
            before = _compiled(self.before + r"\Z", self.ignore_case).search(text, max(0, begin - LOOK_BACK), begin)
            if before is None:
                return None
            if before.lastindex:
                start, stop = before.span(before.lastindex)
            elif not found.lastindex:
                start = before.start()
        return None if self.check is not None and not self.check(text[start:stop]) else (start, stop)

    def matches(self, text: str, begin: int, end: int) -> Iterator[tuple[int, int]]:
        """All parts to replace between two places, for a rule without needles."""
        for found in _compiled(self.pattern, self.ignore_case).finditer(text, begin, end):
            if self.check is None or self.check(found[0]):
                yield found.span()


def rule(
    kind: str,
    needles: str,
    pattern: str,
    sample: str,
    *,
    after: bool = False,
    before: str | None = None,
    ignore_case: bool = False,
    check: Callable[[str], bool] | None = None,
) -> Rule:
    """A rule whose needles are parted by ``|``."""
    return Rule(kind, tuple(needles.split("|")), pattern, sample, after, before, ignore_case, check)


@lru_cache(maxsize=512)
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    """Compiled when it is first needed: all of them take 40 ms, and a log touches few."""
    return re.compile(pattern, re.IGNORECASE if ignore_case else 0)


ALPHABETS = {
    "w": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
    "s": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
    "b": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    "h": "0123456789abcdef",
    "d": "0123456789",
    "n": "123456789",
    "l": "abcdefghijklmnopqrstuvwxyz0123456789",
    "u": "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
    "U": "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
}
_BLANK = re.compile(r"\{([wsbhdnluU])(\d{1,3})\}")


def fill(template: str, pick: Callable[[str, int], str] | None = None) -> tuple[str, tuple[str, ...]]:
    """``ghp_{w36}`` with its blanks filled by ``pick(alphabet, length)``: the text, and what went into the blanks."""
    filled: list[str] = []

    def blank(found: re.Match[str]) -> str:
        part = (pick or _recurring)(ALPHABETS[found[1]], int(found[2]))
        filled.append(part)
        return part

    return _BLANK.sub(blank, template), tuple(filled)


def _recurring(alphabet: str, length: int) -> str:
    return (alphabet * (length // len(alphabet) + 1))[:length]
