"""What a stand-in for Loki keeps: streams of entries, what it refuses to take in, and what a query finds.

Source of limits and words: ``tests/data/loki``, recorded from a Loki 3 with the defaults of ``Limits``.
"""

from __future__ import annotations

import heapq
import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from logmedic.testing.logql import LogQuery, MetricQuery
from logmedic.testing.logql_stages import Row

SECOND = 10**9
_LEVEL = re.compile(r'"(?:level|lvl|severity)":"(\w+)"')
_WORD = re.compile(r"\b(fatal|critical|error|err|warn(?:ing)?|info|debug|trace)\b", re.IGNORECASE)
_TOO_MANY = (
    "maximum active stream limit exceeded when trying to create stream {key}, reduce the number of active streams "
    "(reduce labels or reduce label values), or contact your Loki administrator to see if the limit can be increased, "
    "user: '{tenant}'"
)
_NAMES = {"err": "error", "warning": "warn", "critical": "critical"}


@dataclass(frozen=True)
class Limits:
    """Of one tenant; the defaults are those of Loki 3."""

    entries: int = 5000  # of one answer
    span: int = (30 * 24 + 1) * 3600 * SECOND  # of one query
    age: int = 168 * 3600 * SECOND  # of an entry
    ahead: int = 600 * SECOND  # of our clock
    line: int = 256 << 10  # bytes
    labels: int = 15
    streams: int = 5000
    answer: int | None = None  # bytes; beyond, as where gRPC allows no longer messages


class RefusedError(Exception):
    """With the status and the words of the answer."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass
class Stream:
    labels: dict[str, str]
    times: list[int] = field(default_factory=list)
    entries: list[tuple[str, dict[str, str]]] = field(default_factory=list)  # line, structured metadata

    def add(self, time: int, line: str, metadata: dict[str, str]) -> bool:
        """The same line at the same time is kept once."""
        at = bisect_right(self.times, time)
        first = bisect_left(self.times, time)
        if any(self.entries[i][0] == line for i in range(first, at)):
            return False
        self.times.insert(at, time)
        self.entries.insert(at, (line, metadata))
        return True


@dataclass(frozen=True)
class Found:
    time: int
    line: str
    stream: Mapping[str, str]
    metadata: Mapping[str, str]
    row: Row


class Tenant:
    """Not for several threads at a time."""

    def __init__(self, name: str, limits: Limits, now: Callable[[], int]) -> None:
        self.name = name
        self.limits = limits
        self._now = now
        self.streams: dict[str, Stream] = {}

    def push(self, body: bytes, content_type: str) -> list[tuple[Stream, int, str]]:
        """What was taken in. Raises :class:`RefusedError` behind that, with the first complaint."""
        if content_type.partition(";")[0].strip() != "application/json":
            raise RefusedError(400, "snappy: corrupt input")
        try:
            streams = json.loads(body)["streams"]
        except (ValueError, KeyError, TypeError) as error:
            raise RefusedError(400, f"loghttp.PushRequest.readFieldHash: {error}") from None
        if not streams:
            raise RefusedError(422, "error at least one valid stream is required for ingestion")
        taken: list[tuple[Stream, int, str]] = []
        complaint = ""
        for pushed in streams:
            stream = self._stream(pushed["stream"])
            for time, line, *more in pushed["values"]:
                said = self._refuses(stream, int(time), line)
                if said:
                    complaint = complaint or said
                elif stream.add(int(time), line, _detected(stream, line, more[0] if more else {})):
                    taken.append((stream, int(time), line))
        if complaint:
            raise RefusedError(400, complaint)
        return taken

    def _stream(self, labels: dict[str, str]) -> Stream:
        if not labels:
            raise RefusedError(400, "error at least one label pair is required per stream")
        for name in labels:
            if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
                raise RefusedError(
                    400, f"couldn't parse labels: 1:2: parse error: unexpected character inside braces: '{name[0]}'"
                )
        key = shown(labels)
        if len(labels) > self.limits.labels:
            raise RefusedError(
                400, f"entry for stream '{key}' has {len(labels)} label names; limit {self.limits.labels}"
            )
        if key not in self.streams:
            if len(self.streams) >= self.limits.streams:
                raise RefusedError(429, _TOO_MANY.format(key=key, tenant=self.name))
            self.streams[key] = Stream(dict(sorted(labels.items())))
        return self.streams[key]

    def _refuses(self, stream: Stream, time: int, line: str) -> str:
        key, now, limits = shown(stream.labels), self._now(), self.limits
        length = len(line.encode())
        if time < now - limits.age:
            oldest = f"oldest acceptable timestamp is: {_utc(now - limits.age)}"
            return f"entry for stream '{key}' has timestamp too old: {_utc(time)}, {oldest}"
        if time > now + limits.ahead:
            return f"entry for stream '{key}' has timestamp too new: {_utc(time)}"
        if length > limits.line:
            return (
                f"max entry size '{limits.line}' bytes exceeded for stream '{key}' while adding an entry with length "
                f"'{length}' bytes"
            )
        return ""

    def select(self, query: LogQuery, start: int, end: int, *, backward: bool = False) -> Iterator[Found]:
        """Lines with ``start <= time < end`` in the order of time."""
        chosen = [self.streams[key] for key in sorted(self.streams) if query.matches(self.streams[key].labels)]
        ranges = [_of(stream, start, end, backward) for stream in chosen]
        for time, stream, at in heapq.merge(*ranges, key=_by_time, reverse=backward):
            line, metadata = stream.entries[at]
            row = query.run(line, {**stream.labels, **metadata})
            if row is not None:
                yield Found(time, row.line, stream.labels, metadata, row)

    def measure(self, query: MetricQuery, at: int) -> dict[tuple[tuple[str, str], ...], float]:
        """Of the time before ``at``, itself included: by labels, the number of lines, or lines a second."""
        counts: dict[tuple[tuple[str, str], ...], float] = {}
        for found in self.select(query.query, at - query.over + 1, at + 1):
            if "__error__" in found.row.labels:
                raise RefusedError(400, _pipeline_error(found.row.labels))
            labels = found.row.labels
            if query.by is not None:
                labels = {name: labels[name] for name in query.by if name in labels}
            key = tuple(sorted(labels.items()))
            counts[key] = counts.get(key, 0) + (SECOND / query.over if query.rate else 1)
        return counts


def shown(labels: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{name}={json.dumps(value)}" for name, value in sorted(labels.items())) + "}"


def _of(stream: Stream, start: int, end: int, backward: bool) -> Iterable[tuple[int, Stream, int]]:
    places = range(bisect_left(stream.times, start), bisect_left(stream.times, end))
    for at in reversed(places) if backward else places:
        yield stream.times[at], stream, at


def _by_time(entry: tuple[int, Any, Any]) -> int:
    return entry[0]


def _detected(stream: Stream, line: str, metadata: dict[str, str]) -> dict[str, str]:
    """With the level that Loki guesses, which it adds to the metadata."""
    said = metadata.get("level") or metadata.get("severity_text") or stream.labels.get("level")
    if not said:
        match = _LEVEL.search(line) or (None if line.startswith("{") else _WORD.search(line))
        said = match[1] if match else "unknown"
    level = said.lower()
    level = _NAMES.get(level, level)
    return {**metadata, "detected_level": level} if metadata else _alone(level)


@cache
def _alone(level: str) -> dict[str, str]:
    """One object for all lines that have nothing else: there may be millions."""
    return {"detected_level": level}


def _pipeline_error(labels: Mapping[str, str]) -> str:
    error = labels["__error__"]
    series = ", ".join(f'{name}="{value}"' for name, value in sorted(labels.items()))
    return (
        f"pipeline error: '{error}' for series: '{{{series}}}'.\n"
        f'Use a label filter to intentionally skip this error. (e.g | __error__!="{error}").\n'
        'To skip all potential errors you can match empty errors.(e.g __error__="")\n'
        'The label filter can also be specified after unwrap. (e.g | unwrap latency | __error__="" )'
    )


def _utc(time: int) -> str:
    return datetime.fromtimestamp(time // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
