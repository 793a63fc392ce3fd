"""A process that reads Kafka and may be killed, and what it leaves behind."""

from logmedic.collect.kafka.config import KafkaSourceConfig
from logmedic.collect.kafka.source import KafkaSource
from logmedic.testing.kafka import FakeBroker, FakeKafka

from .loki_scenes import Ledger
from .loki_scenes import Reader as LokiReader

TOPIC = "logs"


def identities(batch):
    """Where each line of a batch stands in Kafka."""
    if batch.origin is None:
        return []
    return [(line.entry.labels["partition"], line.entry.key) for line in batch.origin._lines]


class Reader(LokiReader):
    """``stop_after`` of ``read``: so many batches, then the process is killed."""

    def __init__(self, broker: FakeBroker, clock, ledger: Ledger, **config) -> None:
        config = {"topics": (TOPIC,), "start": "earliest", "timeout_s": 0.01} | config
        made = KafkaSourceConfig(**config)
        self.source = KafkaSource("kafka", made, clock, lambda: FakeKafka(broker))
        self.ledger = ledger
        self.resume()

    def read(self, *, commit_every: int = 1, stop_after: int | None = None):
        pending, reach, count = [], {}, 0
        try:
            for count, batch in enumerate(self.source.read(), 1):
                if count == stop_after:
                    return
                pending += identities(batch)
                reach[batch.position.source, batch.position.stream] = batch.position
                if count % commit_every == 0:
                    self._commit(pending, reach)
                    pending, reach = [], {}
        finally:
            if count != stop_after:
                self._commit(pending, reach)
