"""Evidence from CloudWatch: the neighbours of a line, and the lines of a request. Without the rules' filter."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from logmedic.collect.cloudwatch.client import CloudWatchClient
from logmedic.collect.cloudwatch.paging import walk
from logmedic.collect.entries.entry import Entry
from logmedic.collect.entries.lines import Layout, restored
from logmedic.doors import Clock
from logmedic.model import NANOSECONDS, LogRecord, Ref

REACHES = (10 * NANOSECONDS, 600 * NANOSECONDS)  # looked at on each side of a line, until there are enough neighbours
RECENT = (30 * NANOSECONDS, 600 * NANOSECONDS, 6 * 3600 * NANOSECONDS)  # looked at, until there are enough last ones
MOST_PAGES = 20  # for one answer; every page is a request
MOST_HITS = 2_000  # events that hold a request's id; more are not looked through
LONGEST_ID = 200  # characters


class Lookup:
    """Answers from CloudWatch. Not for several threads at a time."""

    def __init__(self, client: CloudWatchClient, layout: Layout, clock: Clock) -> None:
        self._client = client
        self._layout = layout
        self._clock = clock

    def around(self, ref: Ref, before: int, after: int) -> list[LogRecord]:
        """The record at ``ref`` with its neighbours in the same stream; empty when CloudWatch has it no more.

        Raises:
            AwsError: CloudWatch does not answer.
        """
        at = ref.offset
        here = self._entries(at, at)
        subject = next((entry for entry in here if f"{entry.key:016x}" == ref.stream), None)
        if subject is None:
            return []
        stream = subject.labels["log_stream"]
        found: list[Entry] = []
        index = 0
        for reach in REACHES:
            found = self._entries(at - reach if before else at, at + reach if after else at, stream)
            index = next((n for n, entry in enumerate(found) if entry.key == subject.key), -1)
            if index < 0:
                return self.records([subject])  # so many events that it is not among the first pages
            if index >= before and len(found) - index - 1 >= after:
                break
        return self.records(found[max(0, index - before) : index + after + 1])

    def _entries(self, start: int, end: int, stream: str = "") -> list[Entry]:
        found: dict[int, Entry] = {}
        token: str | None = None
        for _ in range(MOST_PAGES):
            page = self._client.page(start, end, token=token, stream=stream)
            found.update((entry.key, entry) for entry in page.entries)
            token = page.token
            if token is None:
                break
        return sorted(found.values(), key=lambda entry: entry.time)

    def latest(self, limit: int) -> list[LogRecord]:
        """The last events, oldest first. Pages begin with the oldest, so little is asked for at first.

        Raises:
            AwsError: CloudWatch does not answer.
        """
        now = self._clock.now()
        found: list[Entry] = []
        for reach in RECENT:
            found = self._entries(now - reach, now)
            if len(found) >= limit:
                break
        return self.records(found[-limit:])

    def by_request(self, request_id: str, since: int, until: int, limit: int) -> list[LogRecord]:
        """Lines that hold the id as a whole word, oldest first.

        Raises:
            AwsError: CloudWatch does not answer.
        """
        wanted = request_id.strip()
        if not wanted or len(wanted) > LONGEST_ID or not (wanted.isascii() and wanted.isprintable()) or limit < 1:
            return []
        escaped = wanted.replace("\\", "\\\\").replace('"', '\\"')
        word = re.compile(rf"(?<![0-9A-Za-z_]){re.escape(wanted)}(?![0-9A-Za-z_])")
        hits = self._hits(f'"{escaped}"', since, until, word)
        found = {entry.key: entry for entry in islice(hits, MOST_HITS)}
        records = self.records(sorted(found.values(), key=lambda entry: entry.time))
        return [record for record in records if since <= record.time <= until][:limit]

    def _hits(self, pattern: str, since: int, until: int, word: re.Pattern[str]) -> Iterator[Entry]:
        for stretch in islice(walk(self._client, since, until, pattern), MOST_PAGES):
            yield from (entry for entry in stretch.entries if word.search(entry.line))

    def records(self, entries: Iterable[Entry]) -> list[LogRecord]:
        """Each entry's record, in this order."""
        from logmedic.collect.dialects import decoder  # noqa: PLC0415  an idle process needs no decoders

        received = self._clock.now()
        found: list[LogRecord] = []
        for entry in entries:
            line = self._layout.line(entry)
            decode = decoder(self._layout.dialect([line]), self._layout.service(entry)).decode
            record = decode(line.text, Ref(self._layout.name, "", 0, len(line.text)), received)
            if isinstance(record, LogRecord):
                found.append(restored(record, line, self._layout.place(self._layout.name, entry)))
        return found
