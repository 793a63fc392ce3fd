"""The Kafka source over librdkafka, against the broker that librdkafka has built in: Kafka's protocol over loopback."""

from __future__ import annotations

import time

import pytest

from logmedic.collect.dialects import decoder
from logmedic.collect.kafka.client import Access, connect, options
from logmedic.collect.kafka.config import KafkaSourceConfig, check
from logmedic.collect.kafka.errors import KafkaSourceError
from logmedic.collect.kafka.probe import probe
from logmedic.collect.kafka.source import KafkaSource
from logmedic.config import Secret
from logmedic.doors import SystemClock
from logmedic.errors import ConfigError
from logmedic.model import LogRecord, Ref
from logmedic.testing.doors import FakeClock
from logmedic.testing.kafka import FakeBroker, FakeKafka

confluent_kafka = pytest.importorskip("confluent_kafka")
TOPIC = "logs"
PATIENCE = 60.0  # s; a hundred times what is usual


class Broker:
    """A producer whose librdkafka serves as the broker, too. Four partitions a topic, made when first asked for."""

    def __init__(self) -> None:
        self.producer = confluent_kafka.Producer(
            {"test.mock.num.brokers": 1, "bootstrap.servers": "mock", "log_level": 0}
        )
        found = next(iter(self.producer.list_topics(TOPIC, timeout=PATIENCE).brokers.values()))
        self.address = f"{found.host}:{found.port}"

    def put(self, *lines: bytes | None, partition: int = 0, **more) -> None:
        for line in lines:
            self.producer.produce(TOPIC, line, partition=partition, **more)
        assert self.producer.flush(PATIENCE) == 0


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
def make(broker):
    made = []

    def _make(**keys) -> KafkaSource:
        keys = {"brokers": (broker.address,), "topics": (TOPIC,), "start": "earliest", "timeout_s": 10.0} | keys
        config = KafkaSourceConfig(**keys)
        source = KafkaSource(config.name, config, SystemClock(), lambda: connect(Access(config=config)))
        made.append(source)
        return source

    yield _make
    for source in made:
        source.close()


def lines(batches) -> list[bytes]:
    return sorted(line for batch in batches for line in bytes(batch.data).splitlines())


def positions(batches):
    return list({batch.position.stream: batch.position for batch in batches}.values())


def records(batches) -> list[LogRecord]:
    found = []
    for batch in filter(lambda batch: batch.data, batches):
        at = batch.start
        decode = decoder(batch.dialect, batch.service).decode
        for line in bytes(batch.data).splitlines(keepends=True):
            record = decode(line[:-1], Ref(batch.source, batch.stream, at, len(line) - 1), 0)
            if isinstance(record, LogRecord):
                found.append(batch.origin.record(record))
            at += len(line)
    return found


def line(n: int) -> bytes:
    return b'{"level":"ERROR","message":"failed %d","request_id":"req-%d"}' % (n, n)


def test_all_that_is_there_is_read_in_one_pass_and_nothing_twice(broker, make):
    for partition in range(4):
        broker.put(*(line(n) for n in range(partition * 5_000, partition * 5_000 + 5_000)), partition=partition)
    source = make()
    source.resume([])
    found = list(source.read())
    assert lines(found) == sorted(line(n) for n in range(20_000))
    assert lines(source.read()) == []
    assert source.status().behind == 0
    assert source.backlog().seconds == 0.0
    broker.put(b"later", partition=2)
    other = make()
    other.resume(positions(found))
    assert lines(other.read()) == [b"later"]


def test_waiting_ends_when_a_message_comes_and_none_is_lost_by_it(broker, make):
    source = make()
    source.resume([])
    assert lines(source.read()) == []
    broker.put(b"news")
    found: list[bytes] = []
    until = time.monotonic() + PATIENCE
    while not found and time.monotonic() < until:
        source.wait(PATIENCE / 10)
        found += lines(source.read())
    assert found == [b"news"]


def test_what_begins_at_the_end_reads_only_what_comes_after(broker, make):
    broker.put(b"old")
    source = make(start="latest")
    source.resume([])
    stored = positions(source.read())
    assert len(stored) == 4, "each partition has its position at once, so that a restart passes over nothing"
    broker.put(b"new")
    again = make(start="latest")
    again.resume(stored)
    assert lines(again.read()) == [b"new"]


def test_messages_that_were_deleted_are_counted_as_lost_and_reading_goes_on(broker, make):
    broker.put(b"first")
    source = make()
    source.resume([])
    stored = positions(source.read())
    filler = b"x" * 500_000
    broker.put(*[filler] * 30)  # this broker keeps the last 5 MB of a partition
    again = make(max_line_bytes=10)
    again.resume(stored)
    found = list(again.read())
    lost = again.status().lost
    assert lost > 0
    assert lost + sum(len(lines([batch])) for batch in found) == 30
    token = next(p.token for p in positions(found) if p.stream == f"{TOPIC}/0")
    assert (token["lost"], token["lost_at"] > 0) == (lost, True)


def test_headers_and_keys_name_the_service_and_what_is_no_json_is_handled_as_in_files(broker, make):
    broker.put(line(1), headers=[("service", b"shop"), ("trace_id", b"abc")])
    broker.put(line(2), key=b"billing")
    broker.put(None, key=b"a tombstone")
    broker.put(b"{broken", b"\xff\xfe plain ERROR text")
    source = make(service_key=True, headers=("trace_id",))
    source.resume([])
    found = list(source.read())
    by_service = {record.service: record for record in records(found)}
    assert by_service["shop"].trace_id == "abc"
    assert by_service["billing"].ref == Ref("kafka", f"{TOPIC}/0", 1, len(line(2)))
    assert len(lines(found)) == 4
    assert lines(source.read()) == []


def test_evidence_is_the_neighbours_in_the_partition_and_the_lines_of_a_request(broker, make):
    broker.put(*(line(n) for n in range(50)))
    source = make()
    source.resume([])
    near = source.around(Ref("kafka", f"{TOPIC}/0", 20, 0), 3, 2)
    assert [record.ref.offset for record in near] == [17, 18, 19, 20, 21, 22]
    assert source.around(Ref("kafka", f"{TOPIC}/0", 5_000, 0), 3, 2) == []


def test_the_lines_of_a_request_are_found_by_time_over_all_partitions():
    clock = FakeClock()
    broker = FakeBroker()
    for n in range(40):
        broker.put((TOPIC, n % 2), line(n), clock.now())
        clock.advance(1.0)
    config = KafkaSourceConfig(topics=(TOPIC,))
    source = KafkaSource("kafka", config, clock, lambda: FakeKafka(broker))
    since = clock.now() - 40 * 1_000_000_000
    assert [r.ref for r in source.by_request("req-7", since, clock.now())] == [
        Ref("kafka", f"{TOPIC}/1", 3, len(line(7)))
    ], "and not those of req-17 or req-37"
    broker.down = True
    assert source.by_request("req-7", since, clock.now()) == []


def test_the_first_run_looks_back_and_a_topic_made_anew_is_read_from_its_beginning():
    clock = FakeClock()
    broker = FakeBroker()
    for n in range(5):
        broker.put((TOPIC, 0), line(n), clock.now())
        clock.advance(1_000.0)
    source = KafkaSource("kafka", KafkaSourceConfig(topics=(TOPIC,)), clock, lambda: FakeKafka(broker))
    source.resume([])
    found = list(source.read())
    assert lines(found) == [line(2), line(3), line(4)]
    broker.logs.clear()
    broker.put((TOPIC, 0), b"anew", clock.now())
    source.resume(positions(found))
    assert lines(source.read()) == [b"anew"]


def test_shards_share_the_partitions(broker, make):
    for partition in range(4):
        broker.put(b"%d" % partition, partition=partition)
    shares = []
    for shard in (1, 2, 3):
        source = make(shards=3, shard=shard)
        source.resume([])
        shares.append(lines(source.read()))
    assert shares == [[b"0", b"3"], [b"1"], [b"2"]]


def test_a_part_that_begins_later_than_another_begins_where_the_very_first_run_does(broker, make):
    for partition in range(2):
        broker.put(b"old", partition=partition)
    stored = []
    for shard in (1, 2):
        source = make(shards=2, shard=shard, start="latest")
        source.resume(stored)
        found = list(source.read())
        assert lines(found) == []
        stored += positions(found)
    assert sorted(p.stream for p in stored) == [f"{TOPIC}/{n}" for n in range(4)]


def test_the_group_is_told_how_far_we_are_and_never_asked(broker, make):
    broker.put(b"a", b"b")
    source = make(group="watchers")
    source.resume([])
    list(source.read())
    source._told = float("-inf")
    list(source.read())
    asking = confluent_kafka.Consumer({"bootstrap.servers": broker.address, "group.id": "watchers"})
    at = [confluent_kafka.TopicPartition(TOPIC, 0)]
    until = time.monotonic() + PATIENCE
    while asking.committed(at, timeout=PATIENCE)[0].offset != 2:
        assert time.monotonic() < until
        time.sleep(0.05)
    asking.close()
    other = make(group="watchers")
    other.resume([])
    assert lines(other.read()) == [b"a", b"b"], "positions are ours"


def test_a_broker_that_is_away_and_a_topic_that_is_not_there_are_said_with_the_remedy(broker, make):
    nobody = make(brokers=("127.0.0.1:1",), timeout_s=1.0)
    nobody.resume([])
    with pytest.raises(KafkaSourceError, match="is `brokers` right"):
        list(nobody.read())
    assert "is `brokers` right" in nobody.backlog().problem
    missing = make(topics=("absent",))
    missing.resume([])
    with pytest.raises(KafkaSourceError, match="is `topics` spelt right"):
        list(missing.read())


def test_check_says_what_is_there(broker):
    broker.put(b"a", b"b")
    config = KafkaSourceConfig(brokers=(broker.address,), topics=(TOPIC,))
    assert probe(config, lambda: connect(Access(config=config))) == "logs: 4 partitions with up to 2 messages"


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({}, "`topics` is empty"),
        ({"topics": ("a b",)}, "no name of a topic"),
        ({"topics": ("a", "a")}, "names one twice"),
        ({"topics": ("a",), "brokers": ("kafka",)}, "host:port"),
        ({"topics": ("a",), "shards": 2, "shard": 3}, "`shard` 0 to `shards`"),
        ({"topics": ("a",), "username": "u"}, "belong together"),
        ({"topics": ("a",), "security": "sasl_tls"}, "`username` needs `security`"),
        ({"topics": ("a",), "ca_file": "ca.pem"}, "certificates need"),
        ({"topics": ("a",), "security": "tls", "cert_file": "c.pem"}, "`cert_file` and `key_file`"),
    ],
)
def test_keys_that_cannot_work_together_are_named(keys, said):
    with pytest.raises(ConfigError, match=said):
        check("kafka", KafkaSourceConfig(**keys))


def test_tls_and_passwords_reach_librdkafka(tmp_path):
    keys = {"security": "sasl_tls", "username": "u", "password": Secret(env="P"), "sasl_mechanism": "SCRAM-SHA-256"}
    config = KafkaSourceConfig(topics=("a",), ca_file="absent.pem", **keys)
    found = options(Access(config=config, password="p", base=tmp_path))
    assert found["security.protocol"] == "sasl_ssl"
    assert (found["sasl.mechanisms"], found["sasl.username"], found["sasl.password"]) == ("SCRAM-SHA-256", "u", "p")
    with pytest.raises(ConfigError, match="look at `ca_file`"):
        connect(Access(config=config, password="p", base=tmp_path))


def test_the_latest_lines_are_the_last_of_all_partitions(broker, make):
    for n in range(40):
        broker.put(line(n), partition=n % 4, timestamp=1_795_400_000_000 + n)
    assert [record.message for record in make().latest(3)] == ["failed 37", "failed 38", "failed 39"]
    assert len(make().latest(100)) == 40
