"""Evidence from Kafka: the neighbours of a message, and the lines of a request. Its indexes are offset and time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from logmedic.collect.entries.lines import Layout, restored
from logmedic.collect.kafka.client import Kafka, Key, Message
from logmedic.collect.kafka.config import KafkaSourceConfig
from logmedic.collect.kafka.entries import Entries
from logmedic.doors import Clock
from logmedic.model import LogRecord, Ref

POLLED = 500
QUIET_SECONDS = 5.0  # without a message; then what was found is all
MOST_SCANNED = 50_000  # messages looked through for one request
LONGEST_ID = 200  # characters
AHEAD_NS = 60_000_000_000  # by which a message may be behind another of its partition whose time is later
MARGIN = 20  # offsets that may be missing before a message: markers of transactions, what compaction took


class Lookup:
    """Answers over a connection of its own. Not for several threads at a time."""

    def __init__(self, kafka: Kafka, config: KafkaSourceConfig, layout: Layout, entries: Entries, clock: Clock) -> None:
        self._kafka = kafka
        self._config = config
        self._layout = layout
        self._entries = entries
        self._clock = clock

    def around(self, ref: Ref, before: int, after: int) -> list[LogRecord]:
        """The record at ``ref`` with its neighbours in the same partition; empty when Kafka has it no more.

        Raises:
            KafkaSourceError: Kafka does not answer.
        """
        topic, _, number = ref.stream.rpartition("/")
        if topic not in self._config.topics or not number.isdigit():
            return []
        key = (topic, int(number))
        low, high = self._kafka.bounds(key)
        if not low <= ref.offset < high:
            return []
        found: list[Message] = []
        for message in self._from({key: max(low, ref.offset - before - MARGIN)}, {key: high}):
            found.append(message)
            if message.offset >= ref.offset + after:
                break
        index = next((n for n, message in enumerate(found) if message.offset == ref.offset), None)
        if index is None:
            return []
        return self._records(found[max(0, index - before) : index + after + 1])

    def latest(self, limit: int) -> list[LogRecord]:
        """The last messages of all partitions, by their time. Raises :class:`.errors.KafkaSourceError`."""
        keys = [(topic, number) for topic in self._config.topics for number in self._kafka.partitions(topic)]
        bounds = {key: self._kafka.bounds(key) for key in keys}
        begin = {key: max(low, high - limit) for key, (low, high) in bounds.items()}
        found = list(self._from(begin, {key: high for key, (_, high) in bounds.items()}))
        return sorted(self._records(found), key=lambda record: record.time)[-limit:]

    def by_request(self, request_id: str, since: int, until: int, limit: int) -> list[LogRecord]:
        """Lines that hold the id as a whole word, oldest first, among the first ``MOST_SCANNED`` since then.

        Raises:
            KafkaSourceError: Kafka does not answer.
        """
        wanted = request_id.strip()
        if not wanted or len(wanted) > LONGEST_ID or not (wanted.isascii() and wanted.isprintable()) or limit < 1:
            return []
        word = re.compile(rf"(?<![0-9A-Za-z_]){re.escape(wanted)}(?![0-9A-Za-z_])".encode())
        keys = [(topic, number) for topic in self._config.topics for number in self._kafka.partitions(topic)]
        begin = self._kafka.since(keys, since)
        ends = {key: self._kafka.bounds(key)[1] for key in keys}
        hits = []
        for scanned, message in enumerate(self._from(begin, ends, until + AHEAD_NS)):
            if scanned >= MOST_SCANNED:
                break
            if word.search(message.value or b""):
                hits.append(message)
        records = [record for record in self._records(hits) if since <= record.time <= until]
        return sorted(records, key=lambda record: record.time)[:limit]

    def _from(self, begin: Mapping[Key, int], ends: dict[Key, int], until: int | None = None) -> Iterator[Message]:
        """Messages with values of these partitions up to their ends, or (``until``) to a time (ns) in all of them."""
        open_ = {key: at for key, at in begin.items() if at < ends[key]}
        if not open_:
            return
        self._kafka.assign(open_)
        patience = self._clock.monotonic() + QUIET_SECONDS
        while open_ and self._clock.monotonic() < patience:
            for message in self._kafka.poll(POLLED, 0.1):
                key = (message.topic, message.partition)
                if key not in open_:
                    continue
                if message.problem is not None:
                    del open_[key]  # the end, or nothing of it can be had
                    continue
                patience = self._clock.monotonic() + QUIET_SECONDS
                if message.offset + 1 >= ends[key] or (until is not None and message.time > until):
                    del open_[key]
                if message.value is not None:
                    yield message

    def _records(self, messages: Iterable[Message]) -> list[LogRecord]:
        from logmedic.collect.dialects import decoder  # noqa: PLC0415  an idle process needs no decoders

        received = self._clock.now()
        found: list[LogRecord] = []
        for message in messages:
            entry = self._entries.entry(message, received)
            line = self._layout.line(entry)
            decode = decoder(self._layout.dialect([line]), self._layout.service(entry)).decode
            record = decode(line.text, Ref(self._layout.name, "", 0, len(line.text)), received)
            if isinstance(record, LogRecord):
                found.append(restored(record, line, self._layout.place(self._layout.name, entry)))
        return found
