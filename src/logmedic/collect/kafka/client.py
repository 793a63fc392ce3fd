"""The connection to Kafka: librdkafka's consumer, with partitions assigned by us and positions kept by us.

Source: librdkafka, CONFIGURATION.md; Confluent's Python client, ``confluent_kafka.Consumer``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec

from logmedic.collect.kafka.config import KafkaSourceConfig
from logmedic.collect.kafka.errors import PASSING, Code, KafkaSourceError, failed
from logmedic.errors import ConfigError

log = logging.getLogger("logmedic")

END = "_PARTITION_EOF"
OUT_OF_RANGE = frozenset({"_AUTO_OFFSET_RESET", "OFFSET_OUT_OF_RANGE"})
_PROTOCOLS = {"plaintext": "plaintext", "tls": "ssl", "sasl_plaintext": "sasl_plaintext", "sasl_tls": "sasl_ssl"}

Key = tuple[str, int]
"""Topic and number of a partition."""


class Message(msgspec.Struct, frozen=True):
    """One message, or (``problem``) what was said in place of one. ``time``: ns; 0 where Kafka knows none."""

    topic: str
    partition: int
    offset: int
    value: bytes | None = None
    key: bytes | None = None
    headers: Sequence[tuple[str, bytes | None]] = ()
    time: int = 0
    problem: Code | None = None


class Kafka(Protocol):
    """What a source asks of Kafka. Every method may raise :class:`KafkaSourceError`."""

    def partitions(self, topic: str) -> Sequence[int]:
        """Numbers of the partitions that there are."""
        ...

    def bounds(self, partition: Key) -> tuple[int, int]:
        """Offset of the oldest message that is still there, and the one behind the newest."""
        ...

    def since(self, partitions: Sequence[Key], time: int) -> Mapping[Key, int]:
        """Offset of the first message at or after ``time`` (ns) of each; where there is none, the end."""
        ...

    def assign(self, offsets: Mapping[Key, int]) -> None:
        """Fetch from these partitions, from these offsets on, and from no others."""
        ...

    def poll(self, most: int, timeout: float) -> Sequence[Message]:
        """Messages that have been fetched; waits for at least one for at most ``timeout`` seconds."""
        ...

    def tell(self, offsets: Mapping[Key, int]) -> None:
        """Let the group's members and tools know how far we are. Does not wait."""
        ...

    def close(self) -> None: ...


Connect = Callable[[], Kafka]


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """``password``: read already. ``base``: where relative paths start."""

    config: KafkaSourceConfig
    password: str = ""
    base: Path = Path()


def connect(access: Access) -> RdKafka:
    """A consumer; nothing is asked of a broker yet.

    Raises:
        ConfigError: confluent-kafka is not installed, or a certificate cannot be used.
    """
    place = f"source {access.config.name}"
    try:
        import confluent_kafka  # noqa: PLC0415  an extra, and 10 MB
    except ImportError:
        raise ConfigError(f"{place}: needs the package confluent-kafka: pip install 'logmedic[kafka]'") from None
    try:
        return RdKafka(confluent_kafka, access)
    except confluent_kafka.KafkaException as error:
        files = (
            "; look at `ca_file`, `cert_file` and `key_file`"
            if access.config.ca_file or access.config.cert_file
            else ""
        )
        raise ConfigError(f"{place}: {error.args[0].str()}{files}") from None


def options(access: Access) -> dict[str, Any]:
    """Of librdkafka."""
    config = access.config
    found: dict[str, Any] = {
        "bootstrap.servers": ",".join(config.brokers),
        "client.id": "logmedic",
        "group.id": config.group or "logmedic",  # without `group`, nothing is ever told to it
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "enable.partition.eof": True,
        "auto.offset.reset": "error",  # else messages that have gone would be passed over in silence
        "isolation.level": "read_committed",
        "allow.auto.create.topics": False,
        "queued.max.messages.kbytes": max(1, config.buffer_bytes // 1024),
        "security.protocol": _PROTOCOLS[config.security],
    }
    for key, path in (
        ("ssl.ca.location", config.ca_file),
        ("ssl.certificate.location", config.cert_file),
        ("ssl.key.location", config.key_file),
    ):
        if path:
            found[key] = str(access.base / path)
    if config.username:
        found |= {
            "sasl.mechanisms": config.sasl_mechanism,
            "sasl.username": config.username,
            "sasl.password": access.password,
        }
    return found


class RdKafka:
    """librdkafka's consumer. For one thread; librdkafka fetches in threads of its own."""

    def __init__(self, library: Any, access: Access) -> None:
        """``library``: the module ``confluent_kafka``. Raises its ``KafkaException``."""
        self._library = library
        self._place = f"source {access.config.name}"
        self._timeout = access.config.timeout_s
        self._told = bool(access.config.group)
        self._trouble: Code | None = None
        quiet = logging.getLogger("logmedic.kafka")
        quiet.setLevel(logging.CRITICAL)  # what matters of it comes as an error
        self._consumer = library.Consumer(options(access) | {"error_cb": self._note}, logger=quiet)

    def _note(self, error: Code) -> None:
        if error.name() not in PASSING or self._trouble is None:
            self._trouble = error

    def partitions(self, topic: str) -> Sequence[int]:
        found = self._ask(self._consumer.list_topics, topic, timeout=self._timeout).topics[topic]
        if found.error is not None:
            raise failed(found.error, f"{self._place}: topic {topic}")
        return sorted(found.partitions)

    def bounds(self, partition: Key) -> tuple[int, int]:
        at = self._library.TopicPartition(*partition)
        low, high = self._ask(self._consumer.get_watermark_offsets, at, timeout=self._timeout)
        return low, high

    def since(self, partitions: Sequence[Key], time: int) -> Mapping[Key, int]:
        asked = [self._library.TopicPartition(*partition, time // 1_000_000) for partition in partitions]
        found = self._ask(self._consumer.offsets_for_times, asked, timeout=self._timeout)
        answers = {}
        for at in found:
            if at.error is not None:
                raise failed(at.error, f"{self._place}: {at.topic}/{at.partition}")
            key = (at.topic, at.partition)
            answers[key] = at.offset if at.offset >= 0 else self.bounds(key)[1]
        return answers

    def assign(self, offsets: Mapping[Key, int]) -> None:
        self._ask(self._consumer.assign, [self._library.TopicPartition(*key, at) for key, at in offsets.items()])

    def poll(self, most: int, timeout: float) -> Sequence[Message]:
        found = self._ask(self._consumer.consume, most, timeout)
        if found:
            self._trouble = None
        elif self._trouble is not None and self._trouble.name() not in PASSING:
            trouble, self._trouble = self._trouble, None
            raise failed(trouble, self._place)
        return [_message(each) for each in found]

    def tell(self, offsets: Mapping[Key, int]) -> None:
        if self._told and offsets:
            at = [self._library.TopicPartition(*key, offset) for key, offset in offsets.items()]
            try:
                self._consumer.commit(offsets=at, asynchronous=True)
            except self._library.KafkaException as error:  # only others look at it
                log.debug("%s: group not told: %s", self._place, error.args[0].str())

    def close(self) -> None:
        self._consumer.close()

    def _ask(self, question: Callable[..., Any], *asked: Any, **named: Any) -> Any:
        try:
            return question(*asked, **named)
        except self._library.KafkaException as error:
            trouble = self._trouble  # why no broker answers, where it is known
            raise failed(trouble or error.args[0], self._place) from None
        except RuntimeError as error:  # the consumer is closed
            raise KafkaSourceError(f"{self._place}: {error}") from None


def _message(message: Any) -> Message:
    kind, milliseconds = message.timestamp()
    problem = message.error()
    return Message(
        topic=message.topic() or "",
        partition=message.partition() if message.partition() is not None else -1,
        offset=message.offset() if message.offset() is not None else -1,
        value=None if problem is not None else message.value(),
        key=None if problem is not None else message.key(),
        headers=message.headers() or () if problem is None else (),
        time=milliseconds * 1_000_000 if kind else 0,
        problem=problem,
    )
