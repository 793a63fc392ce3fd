"""A Loki read by position: every entry once, also those that arrive late."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from logmedic.collect.entries.cursor import Cursor
from logmedic.collect.entries.lines import Layout
from logmedic.collect.entries.seen import Seen
from logmedic.collect.interface import Backlog, Batch, Position
from logmedic.collect.loki.client import Access, LokiClient
from logmedic.collect.loki.config import LokiSourceConfig, check, sharded
from logmedic.collect.loki.errors import LokiError, Trouble
from logmedic.collect.loki.lookup import Lookup
from logmedic.collect.loki.paging import Limits, Page, walk
from logmedic.collect.loki.tail import Tail
from logmedic.doors import Clock, SystemHttp
from logmedic.model import NANOSECONDS, LogRecord, Ref

log = logging.getLogger("logmedic")

NEAR = 10 * NANOSECONDS  # senders keep lines for a second or so, each for itself: streams do not come in order
NEAR_EVERY = 1.0  # s between two looks for what came late within it …
OVERLAP_EVERY = 30.0  # … and within all of the overlap
SETTLED = 10 * NANOSECONDS  # where nothing comes, the cursor follows the clock at this distance
AHEAD = NANOSECONDS  # by which a writer's clock may be ahead of ours without its lines waiting
NOTICE_EVERY = 60 * NANOSECONDS  # of time without a line, until the cursor is stored again
SPACING = 0.1  # s at least between two looks, however often the tail wakes us


class LokiStatus(msgspec.Struct, frozen=True):
    """Figures for people and metrics."""

    behind_s: float  # from what has been read to now
    entries: int  # handed over by this process
    late: int  # of these, found only by looking at the overlap again
    remembered: int
    woken: bool  # whether the tail is connected
    last_error: str  # why nothing can be read, or heard of, now; empty when all is well


class LokiSource:
    """Reads what a query selects, in the order of time, and looks again at the last minutes for what arrives late.

    Entries are known by their key (time, labels, metadata, line), so one that is met again is left out. What is not
    found: an entry that arrives later than ``overlap_s`` behind the newest one. Lines of one entry are one record;
    entries are never joined (the collector in front of Loki does that).
    """

    def __init__(
        self,
        name: str,
        config: LokiSourceConfig,
        clock: Clock,
        http: SystemHttp,
        *,
        secret: str = "",
        filter: str = "",
        wake: str = "",
        ca_file: Path | None = None,
    ) -> None:
        """``secret``: the password or the bearer token. ``filter``: stages of LogQL that select at least the lines that
        a rule may match, and change none; without it every line is fetched. ``wake``: stages for the tail.

        Raises:
            ConfigError: keys that cannot work together.
        """
        check(name, config)
        self.name = name
        self.config = config
        self.ended = False
        self._clock = clock
        query = sharded(config)
        self._query = f"{query} {filter}".strip()
        self.part = "" if config.shards == 1 or config.shard == 0 else f"@{config.shard}/{config.shards}"
        access = Access(name, config.url, config.tenant, config.username, secret, config.timeout_s)
        self._http = http
        self._client = LokiClient(access, http, clock)
        self._limits = Limits(config.limit)
        self._layout: Layout | None = None
        self._tail = Tail(access, f"{query} {wake}".strip(), ca_file) if config.tail else None
        self._cursor: Cursor | None = None
        self._near_looked = self._overlap_looked = float("-inf")
        self._looked = float("-inf")
        self._resting_until = float("-inf")
        self._problem: LokiError | None = None
        self._entries = 0
        self._late = 0

    def resume(self, positions: Sequence[Position]) -> None:
        """Take up where the stored positions say. May be called again, to go back to them after a failure."""
        self._near_looked = self._overlap_looked = float("-inf")
        self._cursor = Cursor.stored(self.name, positions, self.config.remember, self.part)

    def read(self) -> Iterator[Batch]:
        """What is there now, in the order of time; ends at the present.

        Raises:
            LokiError: Loki cannot be read. What came before is right; the next call goes on there, not before the pause
                that Loki has asked for.
        """
        if self._tail is not None:
            self._tail.heed()
        if self._problem is not None and self._clock.monotonic() < self._resting_until:
            raise self._problem
        self._looked = self._clock.monotonic()
        try:
            yield from self._read(self._clock.now())
        except LokiError as error:
            self._problem = error
            self._resting_until = self._clock.monotonic() + (error.retry_after or 0.0)
            raise
        self._problem = None

    def _read(self, now: int) -> Iterator[Batch]:
        if self._cursor is None:
            begin = now - int(self.config.lookback_s * NANOSECONDS)
            self._cursor = Cursor(self.name, begin, Seen(self.config.remember, begin), suffix=self.part)
        cursor = self._cursor
        overlap = int(self.config.overlap_s * NANOSECONDS)
        cursor.seen.forget(cursor.at - max(overlap, NEAR))
        start, looked_back = self._start(cursor)
        began, before = cursor.at, cursor.offset
        for page in walk(self._client, self._query, start, now + AHEAD, self._limits):
            fresh = {e.key: e for e in page.entries if cursor.fresh(e)}
            self._entries += len(fresh)
            self._late += sum(entry.time < began for entry in fresh.values())
            yield from self._lines().batches(fresh.values(), cursor.offset, cursor.handed)
            cursor.at = max(cursor.at, min(now, page.complete, max(_newest(page), now - SETTLED)))
        if looked_back:
            self._overlap_looked = self._looked
        # At the first time, behind lines, and now and then: so that a restart need not go back far.
        if cursor.stored_at is None or cursor.offset != before or cursor.at - cursor.stored_at >= NOTICE_EVERY:
            position = cursor.position()
            yield Batch(self.name, position.stream, cursor.offset, b"", position, self.config.dialect)

    def _start(self, cursor: Cursor) -> tuple[int, bool]:
        """Where to read from, and whether all of the overlap has been looked at for that."""
        floor = cursor.seen.floor
        if self._looked - self._overlap_looked >= OVERLAP_EVERY:
            self._near_looked = self._looked
            return (floor if self._has_late(cursor, floor) else cursor.at), True
        if self._looked - self._near_looked >= NEAR_EVERY:
            self._near_looked = self._looked
            near = max(cursor.at - NEAR, floor)
            return (near if self._has_late(cursor, near) else cursor.at), False
        return max(cursor.at, floor), False

    def _has_late(self, cursor: Cursor, since: int) -> bool:
        """Whether Loki counts other entries up to the cursor than were handed over. Spares fetching them again."""
        milliseconds = (cursor.at - since) // 1_000_000
        if milliseconds <= 0:
            return False
        known = cursor.seen.count(cursor.at - milliseconds * 1_000_000, cursor.at)
        try:
            return self._client.count(self._query, milliseconds, cursor.at) != known
        except LokiError as error:
            if error.trouble is Trouble.BUSY:
                raise
            return True  # it cannot be counted: a stage of the query that fails on some line

    def _lines(self) -> Layout:
        if self._layout is None:
            self._layout = Layout(self.name, self.config)
        return self._layout

    def wait(self, timeout: float) -> bool:
        """Sleep until Loki's tail tells of something new; without one, for the whole time."""
        pause = SPACING - (self._clock.monotonic() - self._looked)
        if pause > 0:
            self._clock.sleep(min(pause, timeout))
        if self._tail is None:
            self._clock.sleep(timeout)
            return True
        self._tail.start()
        return self._tail.wait(timeout)

    def settles_in(self) -> float:
        """Entries are whole: nothing is held back."""
        return 0.0

    def around(self, ref: Ref, before: int, after: int) -> list[LogRecord]:
        """The record at ``ref`` with up to so many neighbours in its stream; empty also when Loki does not answer."""
        try:
            return self._lookup().around(ref, before, after)
        except LokiError as error:
            log.warning("no lines around %s: %s", ref, error)
            return []

    def by_request(self, request_id: str, since: int, until: int, limit: int = 200) -> list[LogRecord]:
        """Lines that carry this id between two times (ns); empty also when Loki does not answer."""
        try:
            return self._lookup().by_request(request_id, since, until, limit)
        except LokiError as error:
            log.warning("no lines of a request: %s", error)
            return []

    def latest(self, limit: int) -> list[LogRecord]:
        """The last lines, without the rules' filter, in the order of time. Raises :class:`.errors.LokiError`."""
        return self._lookup().latest(limit)

    def _lookup(self) -> Lookup:
        return Lookup(self._client, self.config.query.strip(), self._lines(), self._limits, self._clock)

    def status(self) -> LokiStatus:
        """Figures as of the last ``read``."""
        cursor = self._cursor
        tail = self._tail
        problem = str(self._problem) if self._problem is not None else tail.problem if tail is not None else ""
        return LokiStatus(
            behind_s=0.0 if cursor is None else max(0.0, (self._clock.now() - cursor.at) / NANOSECONDS),
            entries=self._entries,
            late=self._late,
            remembered=0 if cursor is None else len(cursor.seen),
            woken=tail is not None and tail.listening,
            last_error=problem,
        )

    def backlog(self) -> Backlog:
        """As a length of time; how many entries it holds only the store of them knows."""
        status = self.status()
        return Backlog(seconds=None if self._cursor is None else status.behind_s, problem=status.last_error)

    def close(self) -> None:
        if self._tail is not None:
            self._tail.close()
        self._http.close()


def _newest(page: Page) -> int:
    return page.entries[-1].time if page.entries else 0
