"""A log group of CloudWatch read by position: every event once, also those that arrive late."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence

import msgspec

from logmedic.collect.cloudwatch.client import CloudWatchClient, Logs, connect
from logmedic.collect.cloudwatch.config import CloudWatchSourceConfig, check
from logmedic.collect.cloudwatch.errors import AwsError, Trouble
from logmedic.collect.cloudwatch.insights import LONGEST, Insights
from logmedic.collect.cloudwatch.lookup import Lookup
from logmedic.collect.cloudwatch.paging import Stretch, walk
from logmedic.collect.cloudwatch.tail import Tail
from logmedic.collect.entries.cursor import Cursor
from logmedic.collect.entries.lines import Layout
from logmedic.collect.entries.seen import Seen
from logmedic.collect.interface import Backlog, Batch, Position
from logmedic.doors import Clock
from logmedic.model import NANOSECONDS, LogRecord, Ref

log = logging.getLogger("logmedic")

NEAR = 60 * NANOSECONDS  # agents send every few seconds, and an event can be found some seconds after it was sent
OVERLAP_EVERY = 60.0  # s between two looks at all of the overlap; every look reads what lies within NEAR again
SETTLED = 60 * NANOSECONDS  # where nothing comes, the cursor follows the clock at this distance
AHEAD = NANOSECONDS  # by which a writer's clock may be ahead of ours without its lines waiting
NOTICE_EVERY = 60 * NANOSECONDS  # of time without a line, until the cursor is stored again
AGAIN = 1.0  # s between two looks for what the live tail has told of and questions do not find yet
LONG = 3600 * NANOSECONDS  # that is to be read, for which a job of Logs Insights is begun
INDEXED = 300 * NANOSECONDS  # ago: what a job finds as surely as a question does
REST = 30.0  # s without a question after the service stayed busy through all tries


class CloudWatchStatus(msgspec.Struct, frozen=True):
    """Figures for people and metrics."""

    behind_s: float  # from what has been read to now
    entries: int  # handed over by this process
    late: int  # of these, found only by looking again
    remembered: int
    woken: bool  # whether a live tail is heard
    last_error: str  # why nothing can be read now; empty when all is well


class CloudWatchSource:
    """Reads one log group in the order of time, and looks again at the last minutes for what arrives late.

    Events are known by their ``eventId``, so one that is met again is left out. What is not found: an event that
    arrives later than ``overlap_s`` behind the newest one. One event is one record.
    """

    def __init__(
        self,
        name: str,
        config: CloudWatchSourceConfig,
        clock: Clock,
        *,
        pattern: str = "",
        query: str = "",
        connected: Callable[[CloudWatchSourceConfig], Logs] = connect,
    ) -> None:
        """``pattern``: a filter pattern that selects at least the lines that a rule may match; empty: all of them.
        ``query``: of Logs Insights, see :class:`.insights.Insights`; empty: no jobs.

        Raises:
            ConfigError: keys that cannot work together.
        """
        check(name, config)
        self.name = name
        self.part = ""
        self.config = config
        self.ended = False
        self._clock = clock
        self._pattern = pattern
        self._client = CloudWatchClient(config, clock, connected)
        self._insights = Insights(self._client, clock, query, config.insights_per_hour) if query else None
        self._tail = Tail(config, pattern, connected) if config.live_tail else None
        self._due = True  # else ``wait`` ended before it was time to look again
        self._told_at: float | None = None  # when the tail told of something that was not found yet
        self._layout: Layout | None = None
        self._cursor: Cursor | None = None
        self._looked = self._overlap_looked = self._resting_until = float("-inf")
        self._problem: AwsError | None = None
        self._entries = 0
        self._late = 0

    def resume(self, positions: Sequence[Position]) -> None:
        """Take up where the stored positions say. May be called again, to go back to them after a failure."""
        self._overlap_looked = float("-inf")
        self._cursor = Cursor.stored(self.name, positions, self.config.remember)

    def read(self) -> Iterator[Batch]:
        """What is there now, in the order of time; ends at the present. Nothing is asked while ``wait`` says ``False``.

        Raises:
            AwsError: it cannot be read. What came before is right; the next call goes on there, after a rest where the
                service was busy.
            ConfigError: boto3 is not installed.
        """
        if self._problem is not None and self._clock.monotonic() < self._resting_until:
            raise self._problem
        if not self._due:
            return
        self._looked = self._clock.monotonic()
        if self._tail is not None and self._tail.heed():
            self._told_at = self._looked
        try:
            yield from self._read(self._clock.now())
        except AwsError as error:
            self._problem = error
            self._resting_until = self._clock.monotonic() + (REST if error.trouble is Trouble.BUSY else 0.0)
            raise
        self._problem = None

    def _read(self, now: int) -> Iterator[Batch]:
        if self._cursor is None:
            begin = now - int(self.config.lookback_s * NANOSECONDS)
            self._cursor = Cursor(self.name, begin, Seen(self.config.remember, begin))
        cursor = self._cursor
        cursor.seen.forget(cursor.at - max(int(self.config.overlap_s * NANOSECONDS), NEAR))
        back = self._looked - self._overlap_looked >= OVERLAP_EVERY
        start = cursor.seen.floor if back else max(cursor.at - NEAR, cursor.seen.floor)
        began, before = cursor.at, cursor.offset
        for stretch in self._stretches(start, now):
            fresh = {e.key: e for e in stretch.entries if cursor.fresh(e)}
            self._entries += len(fresh)
            if fresh:
                self._told_at = None
            self._late += sum(entry.time < began for entry in fresh.values())
            yield from self._lines().batches(fresh.values(), cursor.offset, cursor.handed)
            newest = stretch.entries[-1].time if stretch.entries else 0
            cursor.at = max(cursor.at, min(now, stretch.complete, max(newest, now - SETTLED)))
        if back:
            self._overlap_looked = self._looked
        # At the first time, behind lines, and now and then: so that a restart need not go back far.
        if cursor.stored_at is None or cursor.offset != before or cursor.at - cursor.stored_at >= NOTICE_EVERY:
            position = cursor.position()
            yield Batch(self.name, position.stream, cursor.offset, b"", position, self.config.dialect)

    def _stretches(self, start: int, now: int) -> Iterator[Stretch]:
        """As :func:`.paging.walk` has them, without the minutes of which it is known that nothing is to be read."""
        settled = now - max(int(self.config.overlap_s * NANOSECONDS), INDEXED)
        while self._insights is not None and settled - start >= LONG:
            end = min(settled, start + LONGEST)
            spans = self._insights.find(start, end)
            if spans is None:
                break
            for span in spans:
                yield from walk(self._client, span.start, span.end, self._pattern)
            yield Stretch((), end)
            start = end
        yield from walk(self._client, start, now + AHEAD, self._pattern)

    def _lines(self) -> Layout:
        if self._layout is None:
            service = self.config.service or self.config.named.rstrip("/").rpartition("/")[2]
            self._layout = Layout(self.name, msgspec.structs.replace(self.config, service=service))
        return self._layout

    def wait(self, timeout: float) -> bool:
        """Sleep until ``poll_s`` after the last look or a live tail tells of something, at most ``timeout`` seconds."""
        since = self._clock.monotonic() - self._looked
        left = max(0.0, self.config.poll_s - since)
        if self._tail is None:
            self._clock.sleep(min(left, timeout))
            self._due = left <= timeout
            return self._due
        if self._told_at is not None:
            if self._looked - self._told_at < self.config.poll_s:
                left = min(left, max(0.0, AGAIN - since))
            else:
                self._told_at = None  # it was of what is known already
        self._tail.start()
        self._due = self._tail.wait(min(left, timeout)) or left <= timeout
        return self._due

    def settles_in(self) -> float:
        """Events are whole: nothing is held back."""
        return 0.0

    def around(self, ref: Ref, before: int, after: int) -> list[LogRecord]:
        """The record at ``ref`` with up to so many neighbours in its stream; empty also when AWS does not answer."""
        try:
            return self._lookup().around(ref, before, after)
        except AwsError as error:
            log.warning("no lines around %s: %s", ref, error)
            return []

    def by_request(self, request_id: str, since: int, until: int, limit: int = 200) -> list[LogRecord]:
        """Lines that carry this id between two times (ns); empty also when AWS does not answer."""
        try:
            return self._lookup().by_request(request_id, since, until, limit)
        except AwsError as error:
            log.warning("no lines of a request: %s", error)
            return []

    def latest(self, limit: int) -> list[LogRecord]:
        """The last lines, without the rules' filter, in the order of time. Raises :class:`.errors.AwsError`."""
        return self._lookup().latest(limit)

    def _lookup(self) -> Lookup:
        return Lookup(self._client, self._lines(), self._clock)

    def status(self) -> CloudWatchStatus:
        """Figures as of the last ``read``."""
        cursor = self._cursor
        tail = self._tail
        problem = str(self._problem) if self._problem is not None else tail.problem if tail is not None else ""
        return CloudWatchStatus(
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
        self._client.close()
