"""Byte patterns that a line must hold for a rule to match it. Pure.

Why they cannot miss (the property test tries to prove otherwise):

- A JSON text spells a string literally, then its quotes touch it; or with at least one escape of the form ``\\u00XX``
  (only control characters, quotes and slashes have shorter ones). So *literal or escape* covers every writer.
- A number cannot be escaped, and only white space can part it from its key. Its magnitude bounds its digits from below
  unless it has an exponent, and then any exponent is let through.
- OTLP's attribute lists hold the key as a value. There each occurrence of the key counts, unless the number that
  follows in the only layout without a second reading is proved small.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from fractions import Fraction

from logmedic.detect.interface import Needle

SPACE = rb"[ \t\r]*"  # JSON's white space without the line end
_IS_KEY = rb'"[ \t\r]*:'  # ``"error": null`` stands in every line of some logs
_EXPONENT = rb"-?[0-9.]+[eE]"
_ESCAPED_PAD = rb"(?:[tnr]|u00(?:20|0[9aAdD]))"
_PAD = rb"(?:[ \t\r]|\\" + _ESCAPED_PAD + rb")"  # white space inside a string; raw as lenient writers do
_AFTER = rb'["+ \t\r\\\x1b-]'
_PADDED = (b'"  ', b'" \t', b'" \r', b'" \\', b'"\t', b'"\r', b'"\\')  # how a string with more than one space begins


def escapes() -> Needle:
    """Any escape of an ASCII letter, bracket or underscore, a digit, ``;`` or ``.``: what needles are made of.

    Other escapes are common (``\\u003c`` of Go, ``\\u001b`` of colours) and left out on purpose.
    """
    return Needle(rb"\\u00(?:[4-7]|3[0-9bB]|2[eE])", rb"\u00")


def words(spellings: Iterable[str]) -> list[Needle]:
    """A string that is one of these words in any case, possibly coloured, padded or with slog's ``+4`` behind it."""
    ordered = sorted(spellings)
    groups: dict[str, list[str]] = {}
    for word in ordered:
        stem = next((known for known in groups if word.startswith(known)), word)
        groups.setdefault(stem, []).append(word)
    found = []
    for stem, members in groups.items():
        alternatives = b"|".join(re.escape(m).encode() for m in sorted(members, key=len, reverse=True))
        for begin in (b'"', b'" '):
            pattern = begin + rb"(?i:" + alternatives + rb")" + _AFTER
            found.append(Needle(pattern, begin + stem.encode(), _IS_KEY))
    any_stem = _PAD + rb"*(?i:" + b"|".join(re.escape(w).encode() for w in groups) + rb")"
    for begin in _PADDED:
        pattern = begin + b"\\" + _ESCAPED_PAD if begin.endswith(b"\\") else begin
        found.append(Needle(pattern + any_stem, begin))
    colour = rb"\[[0-9;]*m" + any_stem
    found.append(Needle(rb"\\u001[bB]" + colour, rb"\u001b["))
    found.append(Needle(rb"\x1b" + colour, b"\x1b["))  # raw, as lenient writers do
    return found


def level_numbers(key: str, ranges: Iterable[tuple[float, float]]) -> Needle:
    """``key`` followed by a number that may lie in one of the inclusive ranges, bare or as a string."""
    body = b"|".join([*between(ranges), rb"[0-9.]+[eE]"])
    return Needle(_key(key) + SPACE + b":" + SPACE + rb'(?:"' + _PAD + rb"*)?-?(?:" + body + b")", _key_literal(key))


def durations(key: str, per_millisecond: float, over_ms: float) -> list[Needle]:
    """``key`` followed by a number that may be more than ``over_ms`` milliseconds."""
    # Exact, because decoding is monotone: parsing, dividing and multiplying are each correctly rounded.
    limit = math.floor(Fraction(over_ms) * Fraction(str(per_millisecond)))
    number = at_least(limit) + b"|" + _EXPONENT
    # A text like "1s 250ms" adds up to four parts (collect.dialects.values), each in a unit of its own. Units above ms
    # always count; parts in ms or smaller need at least the digits of a quarter of the limit.
    digits = len(str(min(limit, math.floor(over_ms / 5))))
    text = rb'"(?:[0-9]{%d}|[^"\n]*(?:[0-9. ](?:s|m[^s\n]|h)|[eE]))' % digits
    small = rb'"?-?[0-9]{1,%d}(?:\.[0-9]+)?"?' % max(digits - 1, 1)
    listed = (
        rb"," + SPACE + rb'"value"' + SPACE + b":" + SPACE + rb"\{" + SPACE + rb'"(?:int|double|string)Value"'
        + SPACE + b":" + SPACE + small + SPACE + rb"\}" + SPACE + rb"\}"
    )  # fmt: skip
    literal = _key_literal(key)
    return [
        Needle(_key(key) + SPACE + b":" + SPACE + b"(?:" + number + b"|" + text + b")", literal),
        Needle(_key(key) + SPACE + rb"[,}\]]", literal, listed if digits > 1 else None),
    ]


def strings(prefix: str) -> Needle:
    """A string that starts with ``prefix`` (as :func:`literal_prefix` gives it), at any key."""
    return Needle(b'"' + re.escape(prefix).encode(), b'"' + prefix.lower().encode())


def mention(key: str) -> Needle:
    """A line in which the key occurs at all."""
    return Needle(_key(key), _key_literal(key))


def literal_prefix(glob: str) -> str:
    """The characters that a match of the glob starts with and whose every spelling :func:`escapes` or a literal covers.

    ``""`` when there is none, or when a bare number might match too.
    """
    prefix = re.match(r"[A-Za-z_][A-Za-z0-9_.]{0,63}", glob)
    return prefix[0] if prefix is not None else ""


def _key(key: str) -> bytes:
    return b'"' + re.escape(key).encode() + b'"'


def _key_literal(key: str) -> bytes:
    return b'"' + key.lower().encode() + b'"'


def at_least(low: int) -> bytes:
    """The first digits of any number without exponent that is ``low`` or more."""
    if low <= 0:
        return rb"[0-9]"
    digits = str(low)
    rest = len(digits) - 1
    return rb"[%s-9]%s|[1-9]%s" % (digits[0].encode(), b"[0-9]" * rest, b"[0-9]" * (rest + 1))


def between(ranges: Iterable[tuple[float, float]]) -> list[bytes]:
    """Numbers by their length and first digit; more than lie in the ranges, never fewer."""
    firsts: dict[int, set[str]] = {}
    for bounds in ranges:
        low, high = (str(math.floor(bound)) for bound in bounds)
        for length in range(len(low), len(high) + 1):
            first = int(low[0]) if length == len(low) else 1
            last = int(high[0]) if length == len(high) else 9
            firsts.setdefault(length, set()).update(str(digit) for digit in range(first, last + 1))
    # Only a single digit needs its end: "3" is syslog's error, "30" is pino's info.
    return [
        b"[%s]" % "".join(sorted(digits)).encode() + (rb"[^0-9\n]" if length == 1 else b"[0-9]" * (length - 1))
        for length, digits in sorted(firsts.items())
    ]
