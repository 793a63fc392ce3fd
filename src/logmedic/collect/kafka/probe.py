"""Whether topics can be read, and what is there: for ``check``."""

from __future__ import annotations

from collections.abc import Callable

from logmedic.collect.kafka.client import Kafka
from logmedic.collect.kafka.config import KafkaSourceConfig, check


def probe(config: KafkaSourceConfig, connected: Callable[[], Kafka]) -> str:
    """The topics with their partitions and messages; one line.

    Raises:
        ConfigError: keys that cannot work together, or confluent-kafka is missing.
        KafkaSourceError: it cannot be reached, or refuses; with the remedy.
    """
    check(config.name, config)
    kafka = connected()
    try:
        found = []
        for topic in config.topics:
            bounds = [kafka.bounds((topic, number)) for number in kafka.partitions(topic)]
            messages = sum(high - low for low, high in bounds)
            found.append(f"{topic}: {len(bounds)} partitions with up to {messages:,} messages")
        return "; ".join(found)
    finally:
        kafka.close()
