"""What stands in quotation marks: the name of something in the code or a schema stays, a value goes.

``column "price" does not exist`` is another bug than ``column "sku" …``; ``invalid input for integer: "x"`` is the same
for every ``x``. The words around decide; where they say nothing, what is quoted is read like any other text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from logmedic.group.paths import module_of
from logmedic.group.vocabulary import (
    HONORIFICS,
    HOSTS,
    NAMES,
    OPAQUE,
    READING,
    SECRET_ENDINGS,
    TELLING,
    TYPES,
    USERS,
    VALUES,
)

_QUOTED = re.compile(
    r"(?<![^\W_])(?:\"((?:[^\"\\\n]|\\[^\n]){0,300})\"|'((?:[^'\n]|'(?=[^\W\d_])){0,300})'(?![^\W\d_가-힣])"
    r"|'([^'\n]{1,300})'|`([^`\n]{0,300})`|“([^”\n]{0,300})”|‘([^’\n]{0,300})’"
    r"|「([^」\n]{0,300})」|『([^』\n]{0,300})』|«([^»\n]{0,300})»)"
)
_NAME = re.compile(r"[^\W\d]\w{0,60}(?:[.$:-]{1,2}[^\W\d]\w{0,60}){0,8}")
_LONG_NUMBER = re.compile(r"[0-9]{3}|(?<![^\W\d_])[0-9]")
_WORD = re.compile(r"[^\W]+(?:-[^\W]+)?")
_SQL = re.compile(r"\b(?:WHERE|VALUES|SET|LIKE|HAVING)\b(?=[ (])")
_OS_ERROR = "Os { code: "
_LOOKED_AT = 80  # characters before
_WRONG = re.compile(
    r"[^\w]{0,2} ?(?:is|was) (?:not (?:a |an )?valid|invalid)\b|[^\w]{0,2} ?(?:이|가|은|는)? ?(?:올바르지|유효하지)"
)


class Span(NamedTuple):
    """A quoted text from ``start`` to ``end``, without the marks; ``becomes`` is ``""`` where it stays as it is."""

    start: int
    end: int
    becomes: str


def spans(text: str) -> Iterator[Span]:
    """What is known of the quoted parts, in order; those that say nothing of themselves are left out."""
    statement = _SQL.search(text)
    for found in _QUOTED.finditer(text):
        group = found.lastindex or 1
        start, end = found.span(group)
        if statement is not None and statement.start() < start and text[start - 1] == "'":
            becomes: str | None = _mask(text[start:end], "<value>")  # a literal of SQL
        else:
            becomes = _becomes(text, found, start, end)
        if becomes is not None:
            yield Span(start, end, becomes)


def _becomes(text: str, found: re.Match[str], start: int, end: int) -> str | None:  # noqa: PLR0911  one per reason
    inner = text[start:end]
    after = text[found.end() : found.end() + 30]
    if after[:1] == ":" or after[:2] == " :":
        return _kept(inner) if '"' in text[max(0, start - 1) : start] else None  # the key of an object
    if after.startswith(HONORIFICS):
        return "<user>"
    before = text[max(0, start - 1 - _LOOKED_AT) : start - 1]
    words = _WORD.findall(before)
    last = words[-1].lower() if words else ""
    edge = before.rstrip().rstrip("\"'`")
    if edge.endswith("=") or (edge != before.rstrip() and edge.endswith(":")) or before.rstrip()[-2:] in {'":', "':"}:
        return _member(last, inner)
    if _OS_ERROR in before and before.endswith("message: "):
        return _mask(inner, "<value>")  # what the code means, in the language of the machine
    if last in USERS and (last != "role" or not after.startswith((" required", " is required", " needed"))):
        return _mask(inner, "<user>")
    following = _WORD.match(after.lstrip()) if after[:1] == " " or not after[:1].isascii() else None
    if last in {"module", "package"} and "/" in inner:  # what to import, by its path
        return None if any(c.isdigit() for c in inner) else module_of(inner) or None
    if last == "got" and inner.lower() in TYPES:
        return ""
    if last in NAMES or (following is not None and following[0].lower() in NAMES):
        return _kept(inner)
    if last in HOSTS:
        return _mask(inner, "<host>") if any(c.isdigit() for c in inner) else None
    if last in VALUES or _WRONG.match(after) or not READING.isdisjoint(map(str.lower, words)):
        return _mask(inner, "<value>")
    if "literal" in before or "input syntax" in before:
        return _mask(inner, "<value>")
    return None


def _member(key: str, inner: str) -> str | None:
    """The value of a key: in an object or after ``=``."""
    if key.endswith(SECRET_ENDINGS):
        return None  # read with the others
    if key in USERS:
        return _mask(inner, "<user>")
    if key in OPAQUE or key.endswith("_id"):
        return _mask(inner, "<value>")
    if key in TELLING:
        return _kept(inner)
    return None if _NAME.fullmatch(inner) else _mask(inner, "<value>")


def _kept(inner: str) -> str | None:
    return "" if is_name(inner) else None


def is_name(word: str) -> bool:
    """Whether the digits of a word, if any, are few and belong to a name."""
    return _NAME.fullmatch(word) is not None and _LONG_NUMBER.search(word) is None


def _mask(inner: str, placeholder: str) -> str | None:
    """What is one number or id is read with the others, so that quotes make no difference there."""
    return None if inner.strip("0123456789") == "" != inner else placeholder
