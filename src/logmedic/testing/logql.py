"""As much of LogQL as logmedic writes, and as the recordings of a real Loki hold it to: parsed and evaluated.

Source: Grafana Loki, "LogQL: Log query language", "Log queries", "Metric queries"; ``tests/data/loki`` for the answers
and the words of the errors.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from logmedic.testing import logql_stages as stages
from logmedic.testing.logql_stages import LogQLError, Row, Stage

__all__ = ["LogQLError", "LogQuery", "MetricQuery", "nanoseconds", "parse"]

_TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:[^"\\]|\\.)*"|`[^`]*`)|(?P<number>[0-9]+(?:\.[0-9]+)?[a-z]*)|(?P<word>[A-Za-z_][\w.]*)"""
    r"""|(?P<operator>\|=|!=|\|~|!~|=~|==|>=|<=|[|=<>{}()\[\],]))"""
)
_UNITS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9, "d": 86400 * 10**9}
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ns|us|ms|s|m|h|d)")


@dataclass(frozen=True)
class LogQuery:
    matches: Callable[[Mapping[str, str]], bool]  # whether a stream is meant
    stages: tuple[Stage, ...]

    def run(self, line: str, labels: Mapping[str, str]) -> Row | None:
        row = Row(line, dict(labels))
        for stage in self.stages:
            if not stage(row):
                return None
        for name in row.dropped if row.kept is None else [n for n in row.labels if n not in row.kept]:
            row.labels.pop(name, None)
            row.parsed.pop(name, None)
        return row


@dataclass(frozen=True)
class MetricQuery:
    """``count_over_time`` or ``rate``, plain or summed."""

    query: LogQuery
    over: int  # ns
    rate: bool
    by: tuple[str, ...] | None  # ``None``: not summed


def parse(text: str) -> LogQuery | MetricQuery:
    """Raises :class:`LogQLError`."""
    return _Parser(text).query()


def nanoseconds(text: str) -> int:
    """Of ``1h30m``. Raises :class:`LogQLError`."""
    found = list(_DURATION.finditer(text))
    if not found or "".join(part[0] for part in found) != text:
        raise LogQLError(f'not a valid duration string: "{text}"')
    return round(sum(float(part[1]) * _UNITS[part[2]] for part in found))


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._kind, self._now, self._begin = "", "", 0
        self._next()

    def query(self) -> LogQuery | MetricQuery:
        if self._kind == "end" and not self._text.strip():
            raise LogQLError("parse error : syntax error: unexpected $end")
        found: LogQuery | MetricQuery = self._log() if self._now == "{" else self._metric()
        if self._kind != "end":
            raise self._unexpected()
        return found

    def _next(self) -> str:
        """The token that stood here; go to the one behind it."""
        before = self._now
        rest = self._text[self._at :]
        match = _TOKEN.match(self._text, self._at)
        if match is None:
            if rest.strip():
                self._begin = self._at + len(rest) - len(rest.lstrip())
                self._kind, self._now = "other", self._text[self._begin]
                raise self._unexpected()
            self._kind, self._now, self._begin = "end", "", len(self._text)
            return before
        self._kind = match.lastgroup or ""
        self._now = match[self._kind]
        self._begin = match.start(self._kind)
        self._at = match.end()
        return before

    def _unexpected(self, expecting: str = "") -> LogQLError:
        what = "$end" if self._kind == "end" else "IDENTIFIER" if self._kind == "word" else self._now
        more = f", expecting {expecting}" if expecting else ""
        return LogQLError(f"parse error at line 1, col {self._begin + 1}: syntax error: unexpected {what}{more}")

    def _take(self, token: str, expecting: str = "") -> None:
        if self._now != token or self._kind == "string":
            raise self._unexpected(expecting)
        self._next()

    def _word(self) -> str:
        if self._kind != "word":
            raise self._unexpected()
        return self._next()

    def _string(self) -> str:
        if self._kind != "string":
            raise self._unexpected("STRING")
        quoted = self._next()
        if quoted[0] == "`":
            return quoted[1:-1]
        try:
            return str(json.loads(re.sub(r"\\x([0-9a-fA-F]{2})", r"\\u00\1", quoted)))
        except ValueError:
            raise LogQLError(f"parse error : invalid string: {quoted}") from None

    def _log(self) -> LogQuery:
        self._take("{")
        matchers: list[Callable[[Mapping[str, str]], bool]] = []
        empty = True
        while self._now != "}":
            name, operator = self._word(), self._next()
            matchers.append(stages.compare(name, operator, self._string(), self._unexpected))
            empty = empty and matchers[-1]({})
            if self._now not in {",", "}"}:
                raise self._unexpected("} or ,")
            if self._now == ",":
                self._next()
        self._take("}")
        if empty:
            raise LogQLError(
                "parse error : queries require at least one regexp or equality matcher that does not have an "
                'empty-compatible value. For instance, app=~".*" does not meet this requirement, but app=~".+" will'
            )
        found: list[Stage] = []
        while self._now in {"|", "|=", "!=", "|~", "!~"} and self._kind == "operator":
            found.append(self._stage(self._next()))
        return LogQuery(lambda labels: all(matcher(labels) for matcher in matchers), tuple(found))

    def _stage(self, operator: str) -> Stage:
        if operator != "|":
            return self._line_filter(operator)
        name = self._now
        if name == "json":
            self._next()
            return self._json()
        if name == "regexp":
            self._next()
            return stages.regexp(stages.expression(self._string()))
        if name in {"drop", "keep"}:
            self._next()
            names = [self._word()]
            while self._now == ",":
                self._next()
                names.append(self._word())
            return stages.keep(frozenset(names)) if name == "keep" else stages.drop(names)
        return self._filter()

    def _line_filter(self, operator: str) -> Stage:
        texts = [self._string()]
        while self._now == "or":
            self._next()
            texts.append(self._string())
        if operator in {"|~", "!~"}:
            found = [stages.expression(text, f"stage '{operator} \"{text}\"' : ") for text in texts]
            return lambda row: any(p.search(row.line) for p in found) == (operator == "|~")
        return lambda row: any(text in row.line for text in texts) == (operator == "|=")

    def _json(self) -> Stage:
        wanted: dict[str, str] = {}
        while self._kind == "word":
            name = self._next()
            self._take("=")
            wanted[name] = self._string()
            if self._now != ",":
                break
            self._next()
        return stages.json(wanted)

    def _filter(self) -> Stage:
        """``or`` binds less than ``and`` and ``,``."""
        terms = [self._all()]
        while self._now == "or":
            self._next()
            terms.append(self._all())
        return terms[0] if len(terms) == 1 else lambda row: any(term(row) for term in terms)

    def _all(self) -> Stage:
        terms = [self._term()]
        while self._now in {"and", ","}:
            self._next()
            terms.append(self._term())
        return terms[0] if len(terms) == 1 else lambda row: all(term(row) for term in terms)

    def _term(self) -> Stage:
        if self._now == "(":
            self._next()
            inner = self._filter()
            self._take(")")
            return inner
        name = self._word()
        if self._kind != "operator":
            raise self._unexpected()
        operator = self._next()
        if self._kind == "number":
            return stages.number(name, operator, float(self._next()))
        test = stages.compare(name, operator, self._string(), self._unexpected)
        return lambda row: test(row.labels)

    def _metric(self) -> MetricQuery:
        name = self._word()
        if name == "sum":
            by: tuple[str, ...] = ()
            if self._now == "by":
                self._next()
                by = self._by()
            self._take("(")
            inner = self._metric()
            self._take(")")
            return MetricQuery(inner.query, inner.over, inner.rate, by)
        if name not in {"count_over_time", "rate"}:
            raise LogQLError(f"parse error : this stand-in for Loki does not know `{name}`")
        self._take("(")
        query = self._log()
        self._take("[")
        over = nanoseconds(self._next())
        self._take("]")
        self._take(")")
        return MetricQuery(query, over, name == "rate", None)

    def _by(self) -> tuple[str, ...]:
        self._take("(")
        names = [self._word()]
        while self._now == ",":
            self._next()
            names.append(self._word())
        self._take(")")
        return tuple(names)
