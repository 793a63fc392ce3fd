"""Evidence from Loki: the neighbours of a line, and the lines of a request. Without the rules' filter, of course."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from logmedic.collect.entries.entry import Entry
from logmedic.collect.entries.lines import Layout, Line, restored
from logmedic.collect.loki.client import LokiClient
from logmedic.collect.loki.paging import Limits, walk
from logmedic.doors import Clock
from logmedic.model import NANOSECONDS, LogRecord, Ref

NEAR = 600 * NANOSECONDS  # first looked at on each side of a line for its neighbours …
FAR = 6 * 3600 * NANOSECONDS  # … and then, where they were too few
MOST_AT_ONCE = 10_000  # entries of one nanosecond among which a line is looked for
MOST_HITS = 2_000  # entries that hold a request's id; more are not looked through
ID_LABELS = ("trace_id", "request_id", "traceID", "correlation_id")
"""Structured metadata in which an id is looked for besides in the lines."""
_WORD = re.compile(r"[0-9A-Za-z_]")


class Lookup:
    """Answers from Loki. Not for several threads at a time."""

    def __init__(self, client: LokiClient, query: str, layout: Layout, limits: Limits, clock: Clock) -> None:
        self._client = client
        self._query = query
        self._layout = layout
        self._limits = limits
        self._clock = clock

    def around(self, ref: Ref, before: int, after: int) -> list[LogRecord]:
        """The record at ``ref`` with its neighbours in the same stream; empty when Loki has it no more.

        Raises:
            LokiError: Loki does not answer.
        """
        here: list[Entry] = []
        for page in walk(self._client, self._query, ref.offset, ref.offset + 1, self._limits):
            here.extend(page.entries)
            if len(here) >= MOST_AT_ONCE:
                break
        subject = next((entry for entry in here if f"{entry.key:016x}" == ref.stream), None)
        if subject is None:
            return []
        own = subject.labels
        at_once = _distinct(entry for entry in here if entry.labels == subject.labels)
        index = next(number for number, entry in enumerate(at_once) if entry.key == subject.key)
        earlier = at_once[:index]
        later = at_once[index + 1 :]
        if len(earlier) < before:
            earlier = [*self._side(own, subject.time, before - len(earlier), "backward"), *earlier]
        if len(later) < after:
            later = [*later, *self._side(own, subject.time + 1, after - len(later), "forward")]
        return self.records([*earlier[len(earlier) - min(before, len(earlier)) :], subject, *later[:after]])

    def _side(
        self, labels: Mapping[str, str], at: int, wanted: int, direction: Literal["forward", "backward"]
    ) -> list[Entry]:
        """The entries of a stream next to a time, on one side of it."""
        # The selector of a stream also selects those that have further labels.
        asked = min(2 * wanted, self._limits.entries)
        found: list[Entry] = []
        for reach in (NEAR, FAR):
            span = (at - reach, at) if direction == "backward" else (at, at + reach)
            answer = self._client.entries(exactly(labels), *span, asked, direction)
            found = [entry for entry in answer if entry.labels == labels]
            if len(found) >= wanted or len(answer) >= asked:
                break
        return found[-wanted:] if direction == "backward" else found[:wanted]

    def latest(self, limit: int) -> list[LogRecord]:
        """The last entries, oldest first. Raises :class:`.errors.LokiError`: Loki does not answer."""
        now = self._clock.now()
        asked = min(limit, self._limits.entries)
        found: list[Entry] = []
        for reach in (NEAR, FAR):
            found = self._client.entries(self._query, now - reach, now + 1, asked, "backward")
            if len(found) >= asked:
                break
        return self.records(found)

    def by_request(self, request_id: str, since: int, until: int, limit: int) -> list[LogRecord]:
        """Lines that hold the id as a whole word, or have it in their metadata, oldest first.

        Raises:
            LokiError: Loki does not answer.
        """
        wanted = request_id.strip()
        if not wanted or "\n" in wanted or limit < 1:
            return []
        text = quoted(wanted)
        named = " or ".join(f"{label}={text}" for label in ID_LABELS)
        found: dict[int, Entry] = {}
        for query in (f"{self._query} |= {text}", f"{self._query} | {named}"):
            for page in walk(self._client, query, since, until + 1, self._limits):
                found.update((entry.key, entry) for entry in page.entries if _holds(entry, wanted))
                if len(found) >= MOST_HITS:
                    break
        entries = sorted(found.values(), key=lambda entry: entry.time)
        return [record for record in self.records(entries) if since <= record.time <= until][:limit]

    def records(self, entries: Iterable[Entry]) -> list[LogRecord]:
        """Each entry's record, in this order."""
        from logmedic.collect.dialects import decoder  # noqa: PLC0415  an idle process needs no decoders

        received = self._clock.now()
        found: list[LogRecord] = []
        for entry in entries:
            line: Line = self._layout.line(entry)
            decode = decoder(self._layout.dialect([line]), self._layout.service(entry)).decode
            record = decode(line.text, Ref(self._layout.name, "", 0, len(line.text)), received)
            if isinstance(record, LogRecord):
                found.append(restored(record, line, self._layout.place(self._layout.name, entry)))
        return found


def exactly(labels: Mapping[str, str]) -> str:
    """The selector of one stream."""
    return "{" + ",".join(f"{name}={quoted(value)}" for name, value in sorted(labels.items())) + "}"


def quoted(text: str) -> str:
    """A text as LogQL, which reads strings as Go does, writes it: JSON's escapes are among Go's."""
    return msgspec.json.encode(text).decode().replace("\\/", "/")


def _distinct(entries: Iterable[Entry]) -> list[Entry]:
    return list({entry.key: entry for entry in entries}.values())


def _holds(entry: Entry, text: str) -> bool:
    if text in entry.metadata.values():
        return True
    at = entry.line.find(text)
    while at >= 0:
        end = at + len(text)
        before, behind = entry.line[max(at - 1, 0) : at], entry.line[end : end + 1]
        if not (_WORD.match(before) or _WORD.match(behind)):
            return True
        at = entry.line.find(text, at + 1)
    return False
