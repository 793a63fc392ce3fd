"""Messages as entries: headers and keys become labels, an offset becomes a reference."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from logmedic.collect.entries.entry import Entry
from logmedic.collect.kafka.client import Message
from logmedic.collect.kafka.config import KafkaSourceConfig
from logmedic.model import Ref

LONGEST = 256  # characters of a header's or key's value
LABELS_HELD = 10_000
_NONE: Mapping[str, str] = {}


class Entries:
    """Of one source. Messages of one partition and service share their labels, as the streams of a store do."""

    def __init__(self, config: KafkaSourceConfig) -> None:
        self._config = config
        self._labels: dict[tuple[str, int, str], Mapping[str, str]] = {}

    def entry(self, message: Message, received: int) -> Entry:
        """Of a message with a value. ``received``: its time (ns), where Kafka knows none. The key is the offset."""
        value = message.value or b""
        named = dict(message.headers) if message.headers else {}
        return Entry(
            time=message.time or received,
            line=value.decode("utf-8", "replace"),
            labels=self._labels_of(message, self._service(message, named)),
            metadata={name: _text(named[name]) for name in self._config.headers if name in named} or _NONE,
            key=message.offset,
        )

    def _service(self, message: Message, named: Mapping[str, bytes | None]) -> str:
        found: Iterable[bytes | None] = (named.get(name) for name in self._config.service_headers)
        said = next((_text(value) for value in found if value), "")
        if not said and self._config.service_key and message.key:
            said = _text(message.key)
        return said or self._config.service or message.topic

    def _labels_of(self, message: Message, service: str) -> Mapping[str, str]:
        key = (message.topic, message.partition, service)
        known = self._labels.get(key)
        if known is None:
            if len(self._labels) >= LABELS_HELD:
                self._labels.clear()
            known = {"topic": message.topic, "partition": str(message.partition), "service": service}
            self._labels[key] = known
        return known


def place(source: str, entry: Entry) -> Ref:
    """Where an entry stands: topic and partition, and its offset there."""
    stream = f"{entry.labels['topic']}/{entry.labels['partition']}"
    return Ref(source, stream, entry.key, len(entry.line.encode()))


def _text(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "replace")[:LONGEST]
