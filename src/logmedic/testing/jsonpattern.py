"""Filter patterns for JSON: ``{ ($.level = "ERROR") || ($.duration_ms > 5000) }``. Only objects match.

Source: Amazon CloudWatch Logs, "Using filter patterns to match terms in JSON log events".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from logmedic.testing.filterpattern import FilterPatternError, expression

Test = Callable[[Any], bool]
_TOKEN = re.compile(
    r"\s*(?:(?P<path>\$(?:\.[\w-]+|\[\d+\])+)|(?P<operator>&&|\|\||!=|<=|>=|[()=<>])"
    r"|(?P<words>IS TRUE|IS FALSE|IS NULL|NOT EXISTS)|%(?P<regex>[^%]+)%|\"(?P<text>(?:[^\"\\]|\\.)*)\""
    r"|(?P<bare>[\w.*+-]+))"
)
_STEP = re.compile(r"\.([\w-]+)|\[(\d+)\]")
_MISSING = object()
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


def parse(pattern: str) -> Callable[[str], bool]:
    """What tells whether a message is selected. Raises :class:`FilterPatternError`."""
    text = pattern.strip()
    if not (text.startswith("{") and text.endswith("}")):
        raise FilterPatternError("a pattern for JSON stands in braces")
    reader = _Reader(text[1:-1].strip())
    test = reader.either()
    if reader.tokens:
        raise FilterPatternError(f"unexpected {reader.tokens[0][1]!r}")

    def matches(message: str) -> bool:
        try:
            value = json.loads(message)
        except ValueError:
            return False
        return isinstance(value, dict) and test(value)

    return matches


class _Reader:
    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None or found.lastgroup is None:
                raise FilterPatternError(f"cannot read {text[at:]!r}")
            self.tokens.append((found.lastgroup, found[found.lastgroup]))
            at = found.end()
        if sum(kind == "regex" for kind, _ in self.tokens) > 2:
            raise FilterPatternError("at most two regular expressions in a pattern for JSON")

    def either(self) -> Test:
        parts = [self.both()]
        while self._take("||"):
            parts.append(self.both())
        return lambda value: any(part(value) for part in parts)

    def both(self) -> Test:
        parts = [self.one()]
        while self._take("&&"):
            parts.append(self.one())
        return lambda value: all(part(value) for part in parts)

    def one(self) -> Test:
        if self._take("("):
            test = self.either()
            if not self._take(")"):
                raise FilterPatternError("a parenthesis is not closed")
            return test
        kind, path = self._next()
        if kind != "path":
            raise FilterPatternError(f"{path!r} is no property such as $.level")
        kind, operator = self._next()
        if kind == "words":
            return _is(path, operator)
        if operator not in _COMPARE:
            raise FilterPatternError(f"{operator!r} is no comparison")
        return _compared(path, operator, *self._next())

    def _take(self, operator: str) -> bool:
        if self.tokens and self.tokens[0] == ("operator", operator):
            self.tokens.pop(0)
            return True
        return False

    def _next(self) -> tuple[str, str]:
        if not self.tokens:
            raise FilterPatternError("the pattern breaks off")
        return self.tokens.pop(0)


def _is(path: str, words: str) -> Test:
    wanted = {"IS TRUE": True, "IS FALSE": False, "IS NULL": None, "NOT EXISTS": _MISSING}[words]
    return lambda value: _at(value, path) is wanted


def _compared(path: str, operator: str, kind: str, wanted: str) -> Test:
    if kind == "bare" and re.fullmatch(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", wanted):
        limit = float(wanted)
        compare = _COMPARE[operator]

        def by_number(value: Any) -> bool:
            found = _at(value, path)
            return isinstance(found, int | float) and not isinstance(found, bool) and compare(float(found), limit)

        return by_number
    if operator not in {"=", "!="}:
        raise FilterPatternError(f"{operator} compares numbers, not {wanted!r}")
    if kind == "regex":
        pattern = expression(wanted)
    elif kind in {"text", "bare"}:
        plain = re.sub(r"\\(.)", r"\1", wanted)
        pattern = re.compile(r"\A" + ".*".join(map(re.escape, plain.split("*"))) + r"\Z", re.DOTALL)
    else:
        raise FilterPatternError(f"{wanted!r} is no value")

    def by_text(value: Any) -> bool:
        found = _at(value, path)
        if not isinstance(found, str):
            return False
        return (pattern.search(found) is not None) == (operator == "=")

    return by_text


def _at(value: Any, path: str) -> Any:
    for key, index in _STEP.findall(path):
        if key and isinstance(value, dict) and key in value:
            value = value[key]
        elif index and isinstance(value, list) and int(index) < len(value):
            value = value[int(index)]
        else:
            return _MISSING
    return value
