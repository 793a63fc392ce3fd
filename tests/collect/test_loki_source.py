"""What becomes of entries on their way to records, how they are found again, and how streams are shared out."""

import json

import pytest

from logmedic.collect import dialects
from logmedic.collect.loki.config import LokiSourceConfig, sharded
from logmedic.collect.loki.errors import LokiError
from logmedic.collect.loki.source import LokiSource
from logmedic.detect import Detector, build_rules
from logmedic.group.fingerprint import Grouper
from logmedic.model import Level, Ref
from logmedic.pipeline.digest import Digest, Digester
from logmedic.redact import RedactConfig, Redactor
from logmedic.testing.doors import FakeClock
from logmedic.testing.logql import parse
from logmedic.testing.loki import FakeLoki, Fault
from logmedic.testing.loki_store import SECOND, Limits

from .loki_scenes import Ledger, Reader, Wire, entries, kept


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def loki(clock):
    return FakeLoki(now=clock.now)


def source(loki, clock, **config) -> LokiSource:
    made = LokiSource("loki", LokiSourceConfig(query='{app=~".+"}', tail=False, **config), clock, Wire(loki))
    made.resume([])
    return made


def found(source: LokiSource, clock) -> Digest:
    """What the rules make of everything that there is to read."""
    digester = Digester(Detector(build_rules(), dialects.decoder), Grouper(redactor=Redactor(RedactConfig())))
    digest = Digest()
    for batch in source.read():
        digester.add(digest, batch, clock.now())
    return digest


def records(source: LokiSource, clock):
    decoded = []
    for batch in source.read():
        if batch.origin is None:
            continue
        offset = batch.start
        for line in bytes(batch.data).split(b"\n")[:-1]:
            record = dialects.decoder(batch.dialect, batch.service).decode(
                line, Ref("loki", batch.stream, offset, len(line)), clock.now()
            )
            decoded.append(batch.origin.record(record))
            offset += len(line) + 1
    return sorted(decoded, key=lambda record: record.time)


def test_a_record_has_the_time_of_its_entry_and_the_service_of_its_labels(loki, clock):
    at = clock.now() - 5 * SECOND
    loki.push({"app": "shop", "pod": "shop-1"}, [(at, "ERROR no database")])
    (record,) = records(source(loki, clock), clock)
    assert (record.time, record.service, record.level, record.message) == (at, "shop", Level.ERROR, "ERROR no database")
    assert record.fields["pod"] == "shop-1"
    assert record.raw == b"ERROR no database"
    assert record.ref.offset == at


def test_the_line_s_own_time_and_service_win(loki, clock):
    line = {"timestamp": "2025-12-31T23:59:00Z", "level": "ERROR", "fields": {"message": "x", "service": "own"}}
    loki.push({"app": "shop"}, [(clock.now() - SECOND, json.dumps(line))])
    (record,) = records(source(loki, clock), clock)
    assert (record.service, record.time) == ("own", clock.now() - 60 * SECOND)


def test_level_code_and_ids_may_stand_in_structured_metadata(loki, clock):
    metadata = {"severity_text": "ERROR", "severity_number": "17", "error_code": "AI_TIMEOUT", "trace_id": "5b8e"}
    loki.push({"app": "x", "service_name": "otel"}, [(clock.now() - SECOND, "the model did not answer", metadata)])
    (record,) = records(source(loki, clock), clock)
    assert (record.level, record.error_code, record.trace_id) == (Level.ERROR, "AI_TIMEOUT", "5b8e")
    assert (record.message, record.service) == ("the model did not answer", "otel")
    assert record.raw == b"the model did not answer"


def test_metadata_stand_behind_what_a_json_line_says_itself(loki, clock):
    line = '{"level":"WARN","msg":"slow","labels":{"a":1}}'
    loki.push({"app": "x"}, [(clock.now() - SECOND, line, {"level": "error", "trace_id": "5b8e"})])
    (record,) = records(source(loki, clock), clock)
    assert (record.level, record.message, record.trace_id) == (Level.WARN, "slow", "5b8e")
    assert record.raw == line.encode()


def test_an_entry_of_several_lines_is_one_record(loki, clock):
    trace = 'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\nKeyError: 1'
    loki.push(
        {"app": "x"}, [(clock.now() - SECOND, trace), (clock.now(), '{\n "level": "ERROR",\n "msg": "printed"\n}')]
    )
    first, second = records(source(loki, clock), clock)
    assert (first.level, first.stack_text) == (Level.ERROR, trace)
    assert (second.level, second.message) == (Level.ERROR, "printed")


def test_what_rules_match_is_found_with_its_place(loki, clock):
    for n in range(12):
        loki.push(
            {"app": "shop", "pod": f"p{n % 3}"}, [(clock.now() - n * SECOND, f'{{"level":"ERROR","msg":"no {n}"}}')]
        )
    digest = found(source(loki, clock), clock)
    assert digest.lines == 12
    assert digest.matches["error-level", "shop", clock.now() // SECOND // 60] >= 1


def test_a_long_line_is_cut_and_marked(loki, clock):
    loki.push({"app": "x"}, [(clock.now() - SECOND, "ERROR " + "y" * 5000)])
    reader = source(loki, clock, max_line_bytes=100)
    (batch, *_) = reader.read()
    assert len(batch.data) == 101
    assert list(batch.truncated.values()) == [5006]


def test_neighbours_are_those_of_the_same_stream_in_order(loki, clock):
    base = clock.now() - 100 * SECOND
    for n in range(40):
        loki.push({"app": "shop", "pod": "a"}, [(base + n * SECOND, f"a {n}")])
        loki.push({"app": "shop", "pod": "a", "more": "x"}, [(base + n * SECOND, f"x {n}")])
    reader = source(loki, clock)
    subject = next(r for r in records(reader, clock) if r.message == "a 20")
    assert [r.message for r in reader.around(subject.ref, 2, 3)] == [f"a {n}" for n in range(18, 24)]
    loki.forget(subject.time)
    assert reader.around(subject.ref, 2, 3) == []


def test_neighbours_are_found_among_many_lines_of_one_nanosecond(loki, clock):
    at = clock.now() - SECOND
    loki.push({"app": "shop"}, [(at, f"line {n:03}") for n in range(30)])
    reader = source(loki, clock, limit=7)
    subject = next(r for r in records(reader, clock) if r.message == "line 015")
    around = [r.message for r in reader.around(subject.ref, 3, 3)]
    assert around[3] == "line 015"
    assert len(set(around)) == 7


def test_the_latest_lines_are_the_last_ones_whatever_the_rules(loki, clock):
    base = clock.now() - 3600 * SECOND
    loki.push({"app": "shop"}, [(base + n * SECOND, f"line {n}") for n in range(30)])
    reader = source(loki, clock)
    assert [r.message for r in reader.latest(3)] == ["line 27", "line 28", "line 29"], "also those of an hour ago"
    loki.push({"app": "pay"}, [(clock.now(), "now")])
    assert [r.message for r in reader.latest(50)][-2:] == ["line 29", "now"]
    loki.faults.append(Fault.status(403, b"no"))
    with pytest.raises(LokiError):
        reader.latest(3)


def test_lines_of_a_request_are_found_by_their_whole_id_or_by_metadata(loki, clock):
    base = clock.now() - 100 * SECOND
    loki.push(
        {"app": "a"}, [(base, '{"request_id":"r-1","msg":"begin"}'), (base + 1, '{"request_id":"r-12","msg":"other"}')]
    )
    loki.push({"app": "b"}, [(base + 2, "charged", {"trace_id": "r-1"}), (base + 3, "r-1 done"), (base + 4, "r-1x no")])
    reader = source(loki, clock)
    assert [r.message for r in reader.by_request("r-1", base, clock.now())] == ["begin", "charged", "r-1 done"]
    assert reader.by_request("r-1", base, base + 1)[0].message == "begin"
    assert len(reader.by_request("r-1", base, clock.now(), limit=2)) == 2
    for odd in ('"x`', "`", "\\", "r-1\nx", "", "한"):
        assert reader.by_request(odd, base, clock.now()) == []


def test_without_an_answer_there_is_no_evidence_and_no_failure(loki, clock):
    loki.push({"app": "a"}, [(clock.now() - SECOND, "r-1 ERROR")])
    reader = source(loki, clock)
    (record,) = records(reader, clock)
    loki.faults.extend([Fault.status(500, b"down")] * 20)
    assert reader.around(record.ref, 5, 5) == []
    assert reader.by_request("r-1", 0, clock.now()) == []


def test_filters_of_rules_leave_lines_where_they_are_and_evidence_sees_them(loki, clock):
    base = clock.now() - 50 * SECOND
    loki.push({"app": "shop"}, [(base + n * SECOND, f'{{"level":"INFO","msg":"fine {n}"}}') for n in range(20)])
    loki.push({"app": "shop"}, [(base + 10 * SECOND + 1, '{"level":"ERROR","msg":"broken"}')])
    config = LokiSourceConfig(query='{app="shop"}', tail=False)
    reader = LokiSource("loki", config, clock, Wire(loki), filter='|= "ERROR"')
    reader.resume([])
    (record,) = records(reader, clock)
    assert record.message == "broken"
    assert [r.message for r in reader.around(record.ref, 1, 1)] == ["fine 10", "broken", "fine 11"]


def test_limits_that_loki_names_are_kept_to_without_being_told_twice(loki, clock):
    loki.limits = Limits(entries=10, span=60 * SECOND)
    loki.push({"app": "x"}, [(clock.now() - n * SECOND, f"line {n}") for n in range(200)])
    wire, ledger = Wire(loki), Ledger()
    reader = Reader(wire, clock, ledger, lookback_s=600.0)
    reader.read()
    assert ledger.counted == kept(loki)
    assert sum(what == "query_range" for what, _ in wire.asked) < 60


def test_answers_that_are_too_long_are_asked_for_in_parts(loki, clock):
    loki.limits = Limits(answer=40_000)
    loki.push({"app": "x"}, [(clock.now() - n * SECOND // 50, f"{n} " + "y" * 1000) for n in range(300)])
    ledger = Ledger()
    Reader(Wire(loki), clock, ledger).read()
    assert ledger.counted == kept(loki)


def test_what_came_before_a_failure_is_handed_over(loki, clock):
    loki.push({"app": "x"}, [(clock.now() - n, f"line {n}") for n in range(50)])
    loki.faults.extend([Fault()] * 3 + [Fault.status(500, b"gone")] * 3)
    ledger = Ledger()
    reader = Reader(Wire(loki), clock, ledger, limit=10)
    with pytest.raises(LokiError, match="500: gone"):
        reader.read()
    assert 10 <= sum(ledger.counted.values()) < 50
    reader.resume()
    reader.read()
    assert ledger.counted == kept(loki)


def test_a_pause_that_loki_asks_for_is_kept(loki, clock):
    loki.push({"app": "x"}, [(clock.now(), "line")])
    wire = Wire(loki)
    reader = Reader(wire, clock, Ledger())
    loki.faults.append(Fault.status(429, b"slow down", retry_after="60"))
    for _ in range(5):
        with pytest.raises(LokiError, match="429: slow down"):
            reader.read()
        clock.advance(5)
    assert len(wire.asked) == 1
    clock.advance(60)
    reader.read()
    assert reader.ledger.counted == kept(loki)


def test_an_idle_stream_is_asked_little_and_its_cursor_follows_the_clock(loki, clock):
    loki.push({"app": "x"}, [(clock.now(), "line")])
    wire, ledger = Wire(loki), Ledger()
    reader = Reader(wire, clock, ledger)
    for _ in range(120):
        reader.read()
        clock.advance(1)
    assert ledger.positions["loki", "cursor"].token["at"] > clock.now() - 90 * SECOND
    assert len(wire.asked) < 260


def test_state_is_bounded_however_many_entries_there_are(loki, clock):
    ledger = Ledger()
    reader = Reader(Wire(loki), clock, ledger, remember=10_000, limit=5000)
    for second in range(6):
        loki.push({"app": "x"}, [(clock.now() + n * 1000, f"{second} {n}") for n in range(6_000)])
        clock.advance(1)
        reader.read()
    assert ledger.counted == kept(loki)
    assert reader.source.status().remembered <= 10_000 + 2_048
    assert len(ledger.positions) <= 10_000 // 2_048 + 3


SHARDED = {"query": '{namespace="shop"} |= "x"', "shard_label": "pod", "shards": 4}


@pytest.mark.parametrize("pod", ["shop-7f9c-x2x4k", "shop-7f9c-b", "shop-0", "", "끝", "shop-Z", "end-"])
def test_every_stream_belongs_to_one_shard(pod):
    labels = {"namespace": "shop", **({"pod": pod} if pod else {})}
    queries = [parse(sharded(LokiSourceConfig(shard=n, **SHARDED))) for n in range(1, 5)]
    assert [query.matches(labels) for query in queries].count(True) == 1


def test_shards_share_a_name_and_keep_positions_of_their_own(loki, clock):
    ledger = Ledger()
    for n in range(40):
        loki.push({"app": "shop", "pod": f"pod-{n:x}"}, [(clock.now() - SECOND, f"line {n}")])
    for shard in (1, 2, 1, 2):
        Reader(Wire(loki), clock, ledger, shard_label="pod", shards=2, shard=shard).read()
    assert ledger.counted == kept(loki)
    assert {stream for _, stream in ledger.positions} == {"cursor@1/2", "cursor@2/2"}


def test_an_entry_is_the_same_when_its_stream_is_sharded_by_loki_itself(loki, clock):
    """``__stream_shard__`` and the level that Loki guesses come and go with its settings."""
    at = clock.now() - SECOND
    loki.push({"app": "x"}, [(at, "line")])
    reader = source(loki, clock)
    assert [entries(batch) for batch in reader.read() if batch.data] == [[(at, "line")]]
    loki.forget(at)
    loki.push({"app": "x", "__stream_shard__": "1"}, [(at, "line")])
    clock.advance(60)
    assert [batch for batch in reader.read() if batch.data] == []
