"""The stages of :mod:`.logql`: what they do to a line and its labels."""

from __future__ import annotations

import json as parser
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


class LogQLError(Exception):
    """In Loki's words."""


@dataclass
class Row:
    """A line on its way through the stages."""

    line: str
    labels: dict[str, str]  # of the stream, of the entry, and those that stages have found
    parsed: dict[str, str] = field(default_factory=dict)  # the last of these
    kept: frozenset[str] | None = None  # names that ``keep`` has left
    dropped: set[str] = field(default_factory=set)

    def find(self, name: str, value: str) -> None:
        """A label of a parser; one that the entry has already goes by another name."""
        if name in self.labels and name not in self.parsed:
            name += "_extracted"
        self.labels[name] = self.parsed[name] = value


Stage = Callable[[Row], bool]


def expression(pattern: str, stage: str = "") -> re.Pattern[str]:
    """A regular expression of Go as one of ours. Raises :class:`LogQLError` for what RE2 does not have either."""
    if re.search(r"\(\?(?:=|!|<[=!]|>)|[*+?}]\+|\\[1-9]", pattern):
        raise LogQLError(f"parse error : {stage}error parsing regexp: invalid or unsupported Perl syntax")
    ours = re.sub(r"\\x\{([0-9a-fA-F]+)\}", lambda m: f"\\U{int(m[1], 16):08x}", pattern)
    ours = re.sub(r"(?<!\\)((?:\\\\)*)\$", r"\1\\Z", ours)
    try:
        return re.compile(ours, re.ASCII)
    except re.error as error:
        said = f"missing closing ): `{pattern}`" if "unterminated subpattern" in str(error) else f"{error}: `{pattern}`"
        raise LogQLError(f"parse error : {stage}error parsing regexp: {said}") from None


def compare(
    name: str, operator: str, value: str, unexpected: Callable[[], LogQLError]
) -> Callable[[Mapping[str, str]], bool]:
    """A label that is not there is empty; an expression has to match all of it."""
    if operator in {"=", "=="}:
        return lambda labels: labels.get(name, "") == value
    if operator == "!=":
        return lambda labels: labels.get(name, "") != value
    if operator in {"=~", "!~"}:
        whole = expression(f"(?:{value})")
        return lambda labels: (whole.fullmatch(labels.get(name, "")) is not None) == (operator == "=~")
    raise unexpected()


def number(name: str, operator: str, than: float) -> Stage:
    tests: Mapping[str, Callable[[float], bool]] = {
        ">": lambda x: x > than, ">=": lambda x: x >= than, "<": lambda x: x < than, "<=": lambda x: x <= than,
        "=": lambda x: x == than, "==": lambda x: x == than, "!=": lambda x: x != than,
    }  # fmt: skip

    def stage(row: Row) -> bool:
        if name not in row.labels:
            return False
        try:
            return tests[operator](float(row.labels[name]))
        except ValueError:
            row.find("__error__", "LabelFilterErr")
            return True

    return stage


def regexp(pattern: re.Pattern[str]) -> Stage:
    if not pattern.groupindex:
        raise LogQLError("parse error : at least one named capture must be supplied")

    def stage(row: Row) -> bool:
        match = pattern.search(row.line)
        if match is not None:
            for name in pattern.groupindex:
                row.find(name, match[name] or "")
        return True

    return stage


def json(wanted: Mapping[str, str]) -> Stage:
    def stage(row: Row) -> bool:
        try:
            value = parser.loads(row.line)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            malformed = row.line.startswith("{")
            if malformed and (level := re.match(r'\{"(\w+)":"(\w*)"', row.line)):
                row.find(level[1], level[2])  # read before the fault is met
            details = "Malformed JSON error" if malformed else _NO_OBJECT
            row.find("__error__", "JSONParserErr")
            row.find("__error_details__", details)
            return True
        if wanted:
            for name, path in wanted.items():
                row.find(name, _text(_member(value, path.split("."))))
        else:
            for name, text in _flat(value, ""):
                row.find(name, text)
        return True

    return stage


_NO_OBJECT = "Value looks like object, but can't find closing '}' symbol"


def _member(value: Any, path: list[str]) -> Any:
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _flat(value: dict[str, Any], prefix: str) -> Iterable[tuple[str, str]]:
    for key, member in value.items():
        name = prefix + re.sub(r"\W", "_", key, flags=re.ASCII)
        if isinstance(member, dict):
            yield from _flat(member, name + "_")
        elif not isinstance(member, list) and member is not None:
            yield name, _text(member)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else parser.dumps(value)


def keep(names: frozenset[str]) -> Stage:
    def stage(row: Row) -> bool:
        row.kept = names
        return True

    return stage


def drop(names: Iterable[str]) -> Stage:
    def stage(row: Row) -> bool:
        row.dropped.update(names)
        return True

    return stage
