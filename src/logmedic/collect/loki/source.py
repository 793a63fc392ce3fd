"""A Loki read by position: every entry once, also those that arrive late."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from logmedic.collect.entries.entry import Entry
from logmedic.collect.entries.lines import Layout, Line
from logmedic.collect.entries.seen import Block, Seen
from logmedic.collect.interface import Batch, Position
from logmedic.collect.loki.client import Access, LokiClient
from logmedic.collect.loki.config import LokiSourceConfig, check, sharded
from logmedic.collect.loki.errors import LokiError, Trouble
from logmedic.collect.loki.lookup import Lookup
from logmedic.collect.loki.paging import Limits, Page, walk
from logmedic.collect.loki.tail import Tail
from logmedic.doors import Clock, SystemHttp
from logmedic.model import NANOSECONDS, LogRecord, Ref

log = logging.getLogger("logmedic")

CURSOR = "cursor"  # stream of the position that says how far time has been read …
SEEN = "seen-"  # … and, with a number, of those that keep what was read within the overlap
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


class _State(msgspec.Struct):
    """How far it has been read."""

    at: int  # ns: all that Loki had before it has been handed over
    seen: Seen
    offset: int = 0  # bytes of lines handed over since the first run


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
        self._suffix = "" if config.shards == 1 else f"@{config.shard}/{config.shards}"
        access = Access(name, config.url, config.tenant, config.username, secret, config.timeout_s)
        self._http = http
        self._client = LokiClient(access, http, clock)
        self._limits = Limits(config.limit)
        self._layout: Layout | None = None
        self._tail = Tail(access, f"{query} {wake}".strip(), ca_file) if config.tail else None
        self._state: _State | None = None
        self._stored_at: int | None = None  # the cursor of the last position that went out
        self._near_looked = self._overlap_looked = float("-inf")
        self._looked = float("-inf")
        self._resting_until = float("-inf")
        self._problem: LokiError | None = None
        self._entries = 0
        self._late = 0

    def resume(self, positions: Sequence[Position]) -> None:
        """Take up where the stored positions say. May be called again, to go back to them after a failure."""
        shard = self._suffix[1:]
        own = [p for p in positions if p.source == self.name and p.stream.partition("@")[2] == shard]
        cursor = next((p for p in own if p.stream.partition("@")[0] == CURSOR), None)
        self._state = None
        self._stored_at = None
        self._near_looked = self._overlap_looked = float("-inf")
        if cursor is None or _whole(cursor, "at") <= 0:
            return
        number = _whole(cursor, "block")
        # The cursor keeps the newest block itself.
        blocks = {n: Block.unpacked(n, p.token.get("keys")) for p in own if 0 < (n := _whole(p, "block")) <= number}
        seen = Seen(self.config.remember, _whole(cursor, "floor"), blocks.values())
        self._state = _State(_whole(cursor, "at"), seen, cursor.offset)
        self._stored_at = self._state.at

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
        if self._state is None:
            begin = now - int(self.config.lookback_s * NANOSECONDS)
            self._state = _State(begin, Seen(self.config.remember, begin))
        state = self._state
        overlap = int(self.config.overlap_s * NANOSECONDS)
        state.seen.forget(state.at - max(overlap, NEAR))
        start, looked_back = self._start(state)
        began, before = state.at, state.offset
        for page in walk(self._client, self._query, start, now + AHEAD, self._limits):
            fresh = {e.key: e for e in page.entries if e.key not in state.seen and e.time >= state.seen.floor}
            self._entries += len(fresh)
            self._late += sum(entry.time < began for entry in fresh.values())
            yield from self._batches(fresh.values(), state)
            state.at = max(state.at, min(now, page.complete, max(_newest(page), now - SETTLED)))
        if looked_back:
            self._overlap_looked = self._looked
        # At the first time, behind lines, and now and then: so that a restart need not go back far.
        if self._stored_at is None or state.offset != before or state.at - self._stored_at >= NOTICE_EVERY:
            position = self._position(state)
            yield Batch(self.name, position.stream, state.offset, b"", position, self.config.dialect)

    def _start(self, state: _State) -> tuple[int, bool]:
        """Where to read from, and whether all of the overlap has been looked at for that."""
        floor = state.seen.floor
        if self._looked - self._overlap_looked >= OVERLAP_EVERY:
            self._near_looked = self._looked
            return (floor if self._has_late(state, floor) else state.at), True
        if self._looked - self._near_looked >= NEAR_EVERY:
            self._near_looked = self._looked
            near = max(state.at - NEAR, floor)
            return (near if self._has_late(state, near) else state.at), False
        return max(state.at, floor), False

    def _has_late(self, state: _State, since: int) -> bool:
        """Whether Loki counts other entries up to the cursor than were handed over. Spares fetching them again."""
        milliseconds = (state.at - since) // 1_000_000
        if milliseconds <= 0:
            return False
        known = state.seen.count(state.at - milliseconds * 1_000_000, state.at)
        try:
            return self._client.count(self._query, milliseconds, state.at) != known
        except LokiError as error:
            if error.trouble is Trouble.BUSY:
                raise
            return True  # it cannot be counted: a stage of the query that fails on some line

    def _batches(self, entries: Iterable[Entry], state: _State) -> Iterator[Batch]:
        def handed(lines: Sequence[Line], end: int) -> tuple[Position, Position | None]:
            full: Block | None = None
            for line in lines:
                full = state.seen.add(line.entry.key, line.entry.time, state.at) or full
            state.offset = end
            return self._position(state), None if full is None else self._kept(full, state.seen)

        yield from self._lines().batches(entries, state.offset, handed)

    def _position(self, state: _State) -> Position:
        self._stored_at = state.at
        block = state.seen.open
        token = {"at": state.at, "floor": state.seen.floor, "block": block.number, "keys": block.packed()}
        return Position(self.name, CURSOR + self._suffix, state.offset, token)

    def _kept(self, block: Block, seen: Seen) -> Position:
        token = {"block": block.number, "keys": block.packed()}
        return Position(self.name, f"{SEEN}{block.number % seen.slots}{self._suffix}", block.number, token)

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

    def _lookup(self) -> Lookup:
        return Lookup(self._client, self.config.query.strip(), self._lines(), self._limits, self._clock)

    def status(self) -> LokiStatus:
        """Figures as of the last ``read``."""
        state = self._state
        tail = self._tail
        problem = str(self._problem) if self._problem is not None else tail.problem if tail is not None else ""
        return LokiStatus(
            behind_s=0.0 if state is None else max(0.0, (self._clock.now() - state.at) / NANOSECONDS),
            entries=self._entries,
            late=self._late,
            remembered=0 if state is None else len(state.seen),
            woken=tail is not None and tail.listening,
            last_error=problem,
        )

    def close(self) -> None:
        if self._tail is not None:
            self._tail.close()
        self._http.close()


def _newest(page: Page) -> int:
    return page.entries[-1].time if page.entries else 0


def _whole(position: Position, key: str) -> int:
    """A number of a token; 0 when it is none."""
    value = position.token.get(key)
    return value if isinstance(value, int) else 0
