"""Whatever happens in between, every message of a topic is counted once: random schedules against a model."""

from contextlib import suppress
from unittest.mock import patch

from hypothesis import example, given, settings
from hypothesis import strategies as st

from effort import examples
from logmedic.collect.entries import lines
from logmedic.collect.kafka import source as module
from logmedic.collect.kafka.errors import KafkaSourceError
from logmedic.testing.doors import FakeClock
from logmedic.testing.kafka import FakeBroker, Log

from .kafka_scenes import TOPIC, Ledger, Reader

PARTITIONS = st.integers(0, 3)
STEPS = st.one_of(
    st.tuples(st.just("put"), PARTITIONS, st.sampled_from(["shop", "web", ""]), st.sampled_from([1, 2, 7, 20])),
    st.tuples(st.just("tombstone"), PARTITIONS),
    st.tuples(st.just("gap"), PARTITIONS, st.integers(1, 3)),
    st.tuples(st.just("delete"), PARTITIONS, st.integers(0, 30)),
    st.tuples(st.just("add"), st.just(4)),
    st.tuples(st.just("read"), st.sampled_from([1, 2, 100])),
    st.tuples(st.just("kill"), st.integers(1, 6), st.sampled_from([1, 2, 100])),
    st.tuples(st.just("fault"), st.integers(0, 6)),
    st.tuples(st.just("down"), st.booleans()),
    st.tuples(st.just("repeat"), st.integers(0, 5)),
    st.tuples(st.just("rebalance"), st.integers(1, 3)),
)


@settings(max_examples=examples(80), deadline=None)
@given(steps=st.lists(STEPS, max_size=25), most=st.sampled_from([1, 3, 8, 2_000]))
@example(  # two services in one fetch, killed between their batches, deleted before it comes back
    steps=[("put", 0, "shop", 7), ("put", 0, "web", 7), ("kill", 3, 1), ("delete", 0, 30)], most=2_000
)
@example(steps=[("put", 0, "shop", 7), ("read", 1), ("add", 4), ("put", 4, "web", 7), ("rebalance", 2)], most=3)
@example(steps=[("put", 1, "shop", 7), ("repeat", 5), ("read", 1), ("put", 1, "web", 2)], most=3)
def test_every_message_is_counted_once_whatever_happens(steps, most):
    with patch.object(module, "MESSAGES", most), patch.object(lines, "LINES", 5):  # so that few messages fill many
        _run(steps)


class World:
    """A broker with four partitions, and the processes that share them; all of one store."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.broker = FakeBroker({(TOPIC, n): Log() for n in range(4)})
        self.ledger = Ledger()
        self.put: set[tuple[str, int]] = set()
        self.deleted: set[tuple[str, int]] = set()
        self.share(1)
        self.read()  # the first run: what is deleted from now on was ours to read

    def share(self, shards: int) -> None:
        """Partitions go to other processes; those that had them are not asked."""
        self.readers = [self.reader(n, shards) for n in range(1, shards + 1)]

    def reader(self, shard: int, shards: int) -> Reader:
        return Reader(self.broker, self.clock, self.ledger, shard=shard, shards=shards, service_headers=("service",))

    def read(self, **how) -> None:
        for index, reader in enumerate(self.readers):
            try:
                reader.read(**how)
            except KafkaSourceError:
                reader.resume()
            if how.get("stop_after"):
                self.readers[index] = self.reader(reader.source.config.shard, len(self.readers))

    def step(self, kind, rest) -> None:
        key = (TOPIC, rest[0])
        if kind == "put" and key in self.broker.logs:
            for _ in range(rest[2]):
                headers = (("service", rest[1].encode()),)
                message = self.broker.put(key, b"{}", self.clock.now(), headers=headers)
                self.put.add((str(rest[0]), message.offset))
        elif kind == "tombstone":
            self.broker.put(key, None, self.clock.now())
        elif kind == "gap":
            self.broker.gap(key, rest[1])
        elif kind == "delete":
            self.broker.delete(key, rest[1])
            low = self.broker.logs[key].low
            self.deleted |= {(part, at) for part, at in self.put if part == str(rest[0]) and at < low}
        elif kind == "add":
            self.broker.logs.setdefault(key, Log())
        elif kind == "fault":
            self.broker.faults.extend([None] * rest[0] + ["connection reset"])
        elif kind == "down":
            self.broker.down = rest[0]
        elif kind == "repeat":
            self.broker.repeat = rest[0]
        elif kind == "read":
            self.read(commit_every=rest[0])
        elif kind == "kill":
            with suppress(KafkaSourceError):
                self.read(stop_after=rest[0], commit_every=rest[1])
        elif kind == "rebalance":
            self.share(rest[0])


def _run(steps):
    world = World()
    for kind, *rest in steps:
        world.step(kind, rest)
    world.broker.down = False
    world.broker.faults.clear()
    for _ in range(3):
        world.clock.advance(module.DISCOVER_EVERY)
        world.read()
    counted = world.ledger.counted
    assert max(counted.values(), default=1) == 1, "counted twice"
    missing = world.put - set(counted)
    assert missing <= world.deleted, "lost"
    noted = sum(position.token.get("lost", 0) for position in world.ledger.stored())
    assert len(missing) <= noted, "what retention took is said"
