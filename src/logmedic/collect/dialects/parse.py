"""From the bytes of one line to a JSON object, whatever the bytes.

Five tries, each for what the one before refuses:

1. msgspec, the fast path, for what RFC 8259 allows.
2. the standard library, for NaN, numbers out of range, lone surrogates and control characters inside strings.
3. the same for what a cut left of an object (:mod:`.cut`).
4. pairs of key and value picked out of a line that is no JSON, or that is nested deeper than :data:`MAX_DEPTH`.
5. no object at all: the caller reads the line as plain text.

Each step reads strings and numbers only where they stand literally or JSON-escaped, because the byte prefilter of
:mod:`logmedic.detect` relies on that.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

import msgspec

from logmedic.collect.dialects.cut import closings

MAX_DEPTH = 64
"""Deeper objects are read as pairs. msgspec and json stop at the interpreter's recursion limit, which depends on the
caller's own depth; a fixed limit makes the answer the same everywhere. Log records are a handful of levels deep."""
MAX_PAIRS = 2_000
_NUMBER_TEXT = 64  # characters kept of a number that no float can hold

_decode = msgspec.json.Decoder().decode
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_PAIR = re.compile(
    r'"((?:[^"\\]|\\.){1,100})"[ \t\r]*:[ \t\r]*(?:'
    r'("(?:[^"\\]|\\.)*+)("?+)(?![ \t\r]*:)'  # a string before a colon is the next key
    r"|(-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?=[,}\] \t\r])|(true|false|null)\b)",
    re.DOTALL,
)
_WORDS = {"true": True, "false": False, "null": None}


class Parsed(msgspec.Struct):
    """``value`` is ``None`` when the line holds no object. ``cut`` names the pair that the end of the line cut off."""

    value: dict[str, Any] | None
    flags: tuple[str, ...] = ()
    cut: str | None = None


def parse(line: bytes) -> Parsed:
    """Read one line that starts with ``{``; never raises."""
    if line.count(b"{") + line.count(b"[") > MAX_DEPTH and _depth(line) > MAX_DEPTH:
        return _salvage(line.decode("utf-8", "replace"), ("not-json", "too-deep"))
    try:
        value = _decode(line)
    except UnicodeDecodeError:
        return _again(line.decode("utf-8", "replace"), ("invalid-utf8",))
    except msgspec.DecodeError:
        return _again(line.decode("utf-8", "replace"), () if _is_utf8(line) else ("invalid-utf8",))
    return Parsed(value if type(value) is dict else None)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _depth(line: bytes) -> int:
    deepest = depth = 0
    for byte in _STRING.sub(b"", line):
        if byte in b"{[":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"}]":
            depth -= 1
    return deepest


def _again(text: str, flags: tuple[str, ...]) -> Parsed:
    parsed = _lenient(text, flags)
    if parsed is not None:
        return parsed
    flags = (*flags, "not-json")
    for closed in closings(text):
        parsed = _lenient(closed, flags)
        if parsed is not None:
            return parsed
    return _salvage(text, flags)


def _lenient(text: str, flags: tuple[str, ...]) -> Parsed | None:
    """By the standard library; ``None`` when it is no JSON for that either."""
    duplicates: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(items)
        if len(made) != len(items):
            duplicates.append("duplicate-key")
        return made

    try:
        value = json.loads(
            text, strict=False, parse_int=_integer, parse_float=_float, parse_constant=str, object_pairs_hook=pairs
        )
    except ValueError:
        return None
    if type(value) is not dict:
        return Parsed(None, flags)
    return Parsed(clean(value), (*flags, *duplicates[:1]))


def _integer(digits: str) -> int | float | str:
    return int(digits) if len(digits) <= 19 else _float(digits)  # 2**63 has 19 digits


def _float(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits[:_NUMBER_TEXT]


def clean(value: Any) -> Any:
    """The same JSON value with each lone surrogate as U+FFFD. At most :data:`MAX_DEPTH` deep."""
    if type(value) is str:
        return clean_text(value)
    if type(value) is dict:
        return {clean_text(key): clean(member) for key, member in value.items()}
    if type(value) is list:
        return [clean(member) for member in value]
    return value


def clean_text(text: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _salvage(text: str, flags: tuple[str, ...]) -> Parsed:
    """The pairs of a line that is not JSON, flat, the first of each key; strings and numbers only."""
    found: dict[str, Any] = {}
    cut = None
    for count, match in enumerate(_PAIR.finditer(text)):
        if count >= MAX_PAIRS:
            break
        key = _unescape(match[1])
        if match[2] is not None:
            value: Any = _unescape(match[2][1:])
            if not match[3]:
                cut = key
        elif match[4] is not None:
            value = _integer(match[4]) if match[4].lstrip("-").isdigit() else _float(match[4])
        else:
            value = _WORDS[match[5]]
        if key not in found:
            found[key] = value
    return Parsed(found or None, flags, cut)


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text
    try:
        return clean_text(str(json.loads(f'"{text}"', strict=False)))
    except ValueError:
        return text  # an escape that JSON does not know, or half of one at the cut
