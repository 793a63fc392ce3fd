"""Topics of Kafka read by position: every message once, wherever the process that reads is killed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from logmedic.collect.entries.lines import Layout
from logmedic.collect.interface import Backlog, Batch, Position
from logmedic.collect.kafka.client import END, OUT_OF_RANGE, Kafka, Key, Message
from logmedic.collect.kafka.config import KafkaSourceConfig, check
from logmedic.collect.kafka.entries import Entries, place
from logmedic.collect.kafka.errors import KafkaSourceError, failed
from logmedic.collect.kafka.lookup import Lookup
from logmedic.collect.kafka.partition import Partition
from logmedic.doors import Clock
from logmedic.model import NANOSECONDS, LogRecord, Ref

log = logging.getLogger("logmedic")

MESSAGES = 2_000  # taken at a time; the offsets of as many may stand in a position
DISCOVER_EVERY = 60.0  # s between two looks for partitions that were added
POLL_SECONDS = 0.1
PASS_SECONDS = 0.5  # that one pass goes on behind what was there at its beginning, while a lot comes
TELL_EVERY = 5.0  # s between two notes to the group


class KafkaStatus(msgspec.Struct, frozen=True):
    """Figures for people and metrics."""

    partitions: int  # that this process reads
    behind: int  # messages that are known of and not handed over
    entries: int  # handed over by this process
    lost: int  # messages that had gone before they were read, since the first run
    last_error: str  # why nothing can be read now; empty when all is well


class KafkaSource:
    """Reads its share of the partitions of some topics.

    Partitions are assigned by us, and positions are ours: the broker's consumer group is told of them, and never asked.
    """

    def __init__(self, name: str, config: KafkaSourceConfig, clock: Clock, connected: Callable[[], Kafka]) -> None:
        """``connected`` makes a connection, when there is something to ask.

        Raises:
            ConfigError: keys that cannot work together.
        """
        check(name, config)
        self.name = name
        self.part = "" if config.shards == 1 or config.shard == 0 else f"@{config.shard}/{config.shards}"
        self.config = config
        self.ended = False
        self._clock = clock
        self._connected = connected
        self._kafka: Kafka | None = None
        self._entries = Entries(config)
        self._layout: Layout | None = None
        self._partitions: dict[Key, Partition] = {}
        self._stored: dict[Key, Partition] = {}
        self._held: list[Message] = []  # what woke us
        self._discovered = self._told = float("-inf")
        self._problem = ""
        self._count = 0

    def resume(self, positions: Sequence[Position]) -> None:
        """Take up where the stored positions say. May be called again, to go back to them after a failure."""
        found = [Partition.stored(position) for position in positions if position.source == self.name]
        self._stored = {each.key: each for each in found if each is not None}
        self._partitions = {}
        self._held = []
        self._discovered = float("-inf")

    def read(self) -> Iterator[Batch]:
        """What is there now, in the order of each partition.

        Raises:
            KafkaSourceError: it cannot be read. What came before is right; go on from the stored positions.
            ConfigError: confluent-kafka is not installed.
        """
        try:
            yield from self._read()
        except KafkaSourceError as error:
            self._problem = str(error)
            raise
        self._problem = ""

    def _read(self) -> Iterator[Batch]:
        if self._kafka is None:
            self._kafka = self._connected()
        kafka = self._kafka
        now = self._clock.monotonic()
        if now - self._told >= TELL_EVERY:
            # All that was handed over before this call has been counted; else we had been told to resume.
            kafka.tell({key: each.next for key, each in self._partitions.items()})
            self._told = now
        if now - self._discovered >= DISCOVER_EVERY:
            yield from self._discover(kafka)
            self._discovered = now
        targets = {key: each.high for key, each in self._partitions.items()}
        until = self._clock.monotonic() + PASS_SECONDS
        patience = self._clock.monotonic() + self.config.timeout_s
        while True:
            behind = any(each.next < targets.get(key, 0) for key, each in self._partitions.items())
            messages = self._held or kafka.poll(MESSAGES, POLL_SECONDS if behind else 0.0)
            self._held = []
            if messages:
                patience = self._clock.monotonic() + self.config.timeout_s
                yield from self._taken(kafka, messages, targets)
            elif behind and self._clock.monotonic() >= patience:
                waited = f"nothing came within {self.config.timeout_s:g} s, though there is more"
                raise KafkaSourceError(f"source {self.name}: {waited}; are the leaders of all partitions up?")
            if not behind and (len(messages) < MESSAGES or self._clock.monotonic() >= until):
                return

    # -- which partitions, and from where --------------------------------------------------------------------------

    def _discover(self, kafka: Kafka) -> Iterator[Batch]:
        """Take up partitions that are not read yet. A position of each is stored before anything of them is."""
        config = self.config
        mine = [(topic, number) for topic in config.topics for number in kafka.partitions(topic) if self._ours(number)]
        new = [key for key in mine if key not in self._partitions]
        if not new:
            return
        known = {topic for topic, number in self._stored if self._ours(number)}
        begin = self._beginnings(kafka, [k for k in new if k not in self._stored and k[0] not in known])
        found: dict[Key, Partition] = {}
        notes = []
        for key in new:
            low, high = kafka.bounds(key)
            # Of a topic that this part has read of, a partition without a position was added since: all of it is new.
            at = self._stored.get(key) or Partition(self.name, key, begin.get(key, 0 if key[0] in known else low))
            at.high = high
            if self._mended(at, low, high) or key not in self._stored:
                notes.append(at)
            found[key] = at
        kafka.assign({key: each.next for key, each in (self._partitions | found).items()})
        self._partitions |= found
        for at in notes:
            yield self._note(at)

    def _ours(self, partition: int) -> bool:
        return self.config.shard == 0 or partition % self.config.shards == self.config.shard - 1

    def _beginnings(self, kafka: Kafka, keys: Sequence[Key]) -> Mapping[Key, int]:
        if not keys or self.config.start == "earliest":
            return {}
        if self.config.start == "latest":
            return {key: kafka.bounds(key)[1] for key in keys}
        return kafka.since(keys, self._clock.now() - int(self.config.lookback_s * NANOSECONDS))

    def _mended(self, at: Partition, low: int, high: int) -> bool:
        """Whether a partition no longer holds what comes next, and so had to go on elsewhere."""
        if at.next < low:
            lost = at.skip(low, self._clock.now())
            log.error(
                "source %s: %s: up to %d messages were deleted before they were read (`retention`); going on at the "
                "oldest that is there",
                self.name, at.stream, lost,
            )  # fmt: skip
            return True
        if at.next > high:
            log.error("source %s: %s was made anew; reading it from its beginning", self.name, at.stream)
            at.again(low)
            return True
        return False

    # -- what was fetched ------------------------------------------------------------------------------------------

    def _taken(self, kafka: Kafka, messages: Sequence[Message], targets: dict[Key, int]) -> Iterator[Batch]:
        """Batches of these; what Kafka says in between is heeded."""
        parts: dict[Key, list[Message]] = {}
        ends: dict[Key, int] = {}
        for message in messages:
            key = (message.topic, message.partition)
            if message.problem is None:
                parts.setdefault(key, []).append(message)
            elif message.problem.name() == END:
                ends[key] = message.offset
            elif message.problem.name() in OUT_OF_RANGE:
                yield from self._out_of_range(kafka, key)
            else:
                raise failed(message.problem, f"source {self.name}: {key[0]}/{key[1]}" if key[0] else self.name)
        for key, part in parts.items():
            at = self._partitions.get(key)
            if at is not None:
                yield from self._batches(at, part)
        for key, end in ends.items():
            targets[key] = 0
            if key in self._partitions:
                self._partitions[key].reached(end)

    def _batches(self, at: Partition, messages: Sequence[Message]) -> Iterator[Batch]:
        before = at.next
        received = self._clock.now()
        fresh = at.fresh(messages)
        at.high = max(at.high, messages[-1].offset + 1)
        if fresh:
            self._count += len(fresh)
            entries = (self._entries.entry(message, received) for message in fresh)
            yield from self._lines().batches(entries, at.handed_bytes, at.handed)
        elif at.next != before:
            yield self._note(at)  # nothing but tombstones

    def _out_of_range(self, kafka: Kafka, key: Key) -> Iterator[Batch]:
        at = self._partitions.get(key)
        if at is None:
            return
        low, high = kafka.bounds(key)
        at.high = high
        if self._mended(at, low, high):
            yield self._note(at)
        kafka.assign({other: each.next for other, each in self._partitions.items()})

    def _note(self, at: Partition) -> Batch:
        """A position without lines."""
        position = at.position()
        return Batch(self.name, position.stream, at.handed_bytes, b"", position, self.config.dialect)

    def _lines(self) -> Layout:
        if self._layout is None:
            self._layout = Layout(self.name, self.config, place)
        return self._layout

    # -- the rest of a source --------------------------------------------------------------------------------------

    def wait(self, timeout: float) -> bool:
        """Sleep until a message comes, at most ``timeout`` seconds."""
        if self._kafka is None or not self._partitions:
            self._clock.sleep(timeout)
            return False
        try:
            self._held = [*self._kafka.poll(1, timeout)]
        except KafkaSourceError as error:
            self._problem = str(error)
        return bool(self._held)

    def settles_in(self) -> float:
        """Messages are whole: nothing is held back."""
        return 0.0

    def around(self, ref: Ref, before: int, after: int) -> list[LogRecord]:
        """The record at ``ref`` with up to so many neighbours in its partition; empty also when Kafka is away."""
        try:
            return self._looking(lambda lookup: lookup.around(ref, before, after))
        except KafkaSourceError as error:
            log.warning("no lines around %s: %s", ref, error)
            return []

    def by_request(self, request_id: str, since: int, until: int, limit: int = 200) -> list[LogRecord]:
        """Lines that carry this id between two times (ns); empty also when Kafka is away."""
        try:
            return self._looking(lambda lookup: lookup.by_request(request_id, since, until, limit))
        except KafkaSourceError as error:
            log.warning("no lines of a request: %s", error)
            return []

    def latest(self, limit: int) -> list[LogRecord]:
        """The last lines, in the order of time. Raises :class:`.errors.KafkaSourceError`."""
        return self._looking(lambda lookup: lookup.latest(limit))

    def _looking(self, question: Callable[[Lookup], list[LogRecord]]) -> list[LogRecord]:
        kafka = self._connected()
        try:
            return question(Lookup(kafka, self.config, self._lines(), self._entries, self._clock))
        finally:
            kafka.close()

    def status(self) -> KafkaStatus:
        """Figures as of the last ``read``; before it, of what is stored."""
        known = self._stored | self._partitions
        return KafkaStatus(
            partitions=len(self._partitions),
            behind=sum(max(0, each.high - each.next) for each in known.values()),
            entries=self._count,
            lost=sum(each.lost for each in known.values()),
            last_error=self._problem,
        )

    def backlog(self) -> Backlog:
        """As a length of time: 0 where nothing was left at the last look."""
        known = (self._stored | self._partitions).values()
        waiting = [each.at for each in known if each.next < each.high and each.at]
        now = self._clock.now()
        seconds = max(((now - at) / NANOSECONDS for at in waiting), default=0.0)
        return Backlog(seconds=max(0.0, seconds) if known else None, problem=self._problem)

    def close(self) -> None:
        if self._kafka is not None:
            self._kafka.close()
            self._kafka = None
