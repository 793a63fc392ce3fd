"""Filter patterns of CloudWatch Logs, judged strictly: what the documentation leaves open selects less here.

Understands terms (``ERROR "exact phrase" -not``, ``?ERROR ?FATAL``), one regular expression (``%…%``) and patterns for
JSON (:mod:`.jsonpattern`); space-delimited patterns (``[ip, user, …]``) are refused.

Source: Amazon CloudWatch Logs, "Filter pattern syntax for metric filters, subscription filters, and filter log events".
"""

from __future__ import annotations

import re
from collections.abc import Callable

LONGEST = 1_024
_SYMBOLS = frozenset("_#=@/;,-")
_OPERATORS = frozenset("^$?[]{}|*+.")
_TERM = re.compile(r'(?P<sign>[?-]?)(?:"(?P<phrase>(?:[^"\\]|\\.)*)"|(?P<word>[A-Za-z0-9_]+))(?:\s+|\Z)')
Matcher = Callable[[str], bool]


class FilterPatternError(ValueError):
    """``InvalidParameterException`` of the service."""


def parse(pattern: str) -> Matcher:
    """What tells whether a message is selected.

    Raises:
        FilterPatternError: the service would refuse the pattern, or this stand-in does not know its kind.
    """
    if len(pattern) > LONGEST:
        raise FilterPatternError(f"a filter pattern has at most {LONGEST} characters, not {len(pattern)}")
    text = pattern.strip()
    if not text:
        return lambda message: True
    if text.startswith("%"):
        if len(text) < 3 or not text.endswith("%"):
            raise FilterPatternError("a regular expression stands between percent signs")
        compiled = expression(text[1:-1])
        return lambda message: compiled.search(message) is not None
    if text.startswith("{"):
        from logmedic.testing import jsonpattern  # noqa: PLC0415  it uses this module's expressions

        return jsonpattern.parse(text)
    if text.startswith("["):
        raise FilterPatternError("space-delimited patterns are not known to this stand-in")
    return _terms(text)


def expression(text: str) -> re.Pattern[str]:
    """A regular expression of the service's language as one of Python's."""
    out: list[str] = []
    at = 0
    while at < len(text):
        character = text[at]
        if character == "\\":
            following = text[at + 1 : at + 2]
            if following == "x":
                if not re.fullmatch(r"[0-9A-Fa-f]{2}", text[at + 2 : at + 4]):
                    raise FilterPatternError(r"\x is followed by two hexadecimal digits")
                out.append(text[at : at + 4])
                at += 4
                continue
            if not following or (following not in "dDsSwW\\" and following not in _OPERATORS):
                raise FilterPatternError(f"\\{following} is no escape")
            out.append("\\" + following)
            at += 2
            continue
        if not (character.isascii() and character.isalnum()) and character not in _SYMBOLS | _OPERATORS:
            raise FilterPatternError(f"{character!r} is not allowed in a regular expression")
        out.append({"^": r"\A", "$": r"\Z"}.get(character, character) if not _in_class(out) else character)
        at += 1
    try:
        return re.compile("".join(out), re.ASCII)
    except re.error as error:
        raise FilterPatternError(f"no regular expression: {error}") from None


def _in_class(out: list[str]) -> bool:
    for part in reversed(out):
        if part in {"[", "]"}:
            return part == "["
    return False


def _terms(text: str) -> Matcher:
    """Terms are whole words; where they stand is all the same."""
    groups: dict[str, list[re.Pattern[str]]] = {"": [], "?": [], "-": []}
    at = 0
    while at < len(text):
        found = _TERM.match(text, at)
        if found is None:
            raise FilterPatternError(f"what is not alphanumeric stands in double quotes: {text[at:]!r}")
        wanted = found["word"] or re.sub(r"\\(.)", r"\1", found["phrase"])
        groups[found["sign"]].append(re.compile(rf"(?<![A-Za-z0-9_]){re.escape(wanted)}(?![A-Za-z0-9_])"))
        at = found.end()
    if groups["?"] and (groups[""] or groups["-"]):
        raise FilterPatternError("? cannot be combined with other terms")

    def matches(message: str) -> bool:
        if any(pattern.search(message) for pattern in groups["-"]):
            return False
        if groups["?"]:
            return any(pattern.search(message) for pattern in groups["?"])
        return all(pattern.search(message) for pattern in groups[""])

    return matches
