"""From what senders push to lines: what a decoder reads is what was meant."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from push_scenes import NOW, SERVICE_LABELS, loki_json, loki_protobuf, records, snapped

from logmedic.collect.push import ingest, loki, otlp
from logmedic.collect.push.config import PushSourceConfig
from logmedic.collect.push.inflate import inflate, unsnap
from logmedic.collect.push.labelled import Stream
from logmedic.collect.push.refusal import RefusalError
from logmedic.model import Level
from logmedic.web.push.protocols import JSON, PROTOBUF, PROTOCOLS

MOST = 1000
LABELS = {"app": "shop", "env": "prod"}


def from_loki(*lines: str, labels: dict[str, str] = LABELS) -> list[bytes]:
    values = [[str(NOW + number), line] for number, line in enumerate(lines)]
    return split(loki.from_json(loki_json((labels, values)), SERVICE_LABELS, MOST))


def split(data: bytes) -> list[bytes]:
    *lines, rest = data.split(b"\n")
    assert not rest, "each line has its end"
    return lines


def test_labels_become_fields_and_name_the_service() -> None:
    (record,) = records(from_loki('{"level":"ERROR","message":"boom"}'))
    assert (record.level, record.message, record.service) == (Level.ERROR, "boom", "shop")
    assert record.fields["env"] == "prod"
    assert record.time == NOW, "the entry's time, where the line has none"


def test_what_a_line_says_itself_goes_before_its_labels() -> None:
    line = '{"level":"ERROR","service":"own","timestamp":"2026-11-20T09:00:00Z","message":"boom"}'
    (record,) = records(from_loki(line, labels={"app": "shop", "level": "info"}))
    assert (record.level, record.service) == (Level.ERROR, "own")
    assert record.time == 1_795_165_200_000_000_000


@pytest.mark.parametrize(
    "line",
    [
        '{"level":"ERROR","message":"boom","labels":{"region":"x"}}',
        ' {"level":"ERROR","message":"boom"} ',
        '{"level":"ERROR",\n "message":"boom"}',
        '{"level":"ERROR","message":"boom","ratio":NaN}',
        '{"level":"ERROR","message":"boom","rest":"cut of',
    ],
)
def test_lines_that_are_not_quite_an_ordinary_object_keep_level_message_and_service(line: str) -> None:
    found = from_loki('{"level":"INFO","message":"before"}', line, labels={"app": "shop", "level": "info"})
    record = records(found)[1]
    assert (record.level, record.message, record.service) == (Level.ERROR, "boom", "shop")
    assert b"\n" not in found[1]


def test_text_becomes_an_object_with_its_level_and_its_trace() -> None:
    trace = "Traceback (most recent call last):\n  File x\nKeyError: 1"
    first, second = records(from_loki("ERROR cannot charge", trace))
    assert (first.level, first.message, first.service) == (Level.ERROR, "ERROR cannot charge", "shop")
    assert second.level == Level.ERROR
    assert second.stack_text is not None
    assert "KeyError: 1" in second.stack_text


def test_an_unknown_service_is_no_service() -> None:
    (record,) = records(from_loki('{"level":"ERROR"}', labels={"service_name": "unknown_service"}))
    assert record.service == ""


def test_json_and_protobuf_of_loki_are_the_same_lines() -> None:
    lines = ['{"level":"ERROR","message":"boom"}', "plain text", '{"a":1}', "{}", ""]
    entries = [(NOW + number, line) for number, line in enumerate(lines)]
    message = loki_protobuf('{app="shop", env=`prod`}', entries)
    assert split(loki.from_protobuf(message, SERVICE_LABELS, MOST)) == from_loki(*lines)


def test_structured_metadata_is_of_one_entry_alone() -> None:
    entries = [[str(NOW), '{"level":"ERROR"}', {"trace_id": "abc"}], [str(NOW + 1), '{"level":"WARN"}']]
    body = loki_json((LABELS, entries))
    first, second = records(split(loki.from_json(body, SERVICE_LABELS, MOST)))
    assert (first.trace_id, first.service, second.trace_id) == ("abc", "shop", None)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (loki_json(({}, [["1", "x"]]), (LABELS, [["1", "x"], ["soon", "y"]])), "stream 2, line 2: 'soon' is no time"),
        (loki_json((LABELS, [["1", "x"], ["2", 5]])), "stream 1, line 2: Expected `str`, got `int`"),
        (b'{"streams":[{"stream":{"a":1}}]}', "stream 1: "),
        (b'{"streams":', "no push request of Loki"),
        (b'{"streams":' + b"[" * 100_000, ""),
    ],
)
def test_a_refusal_names_the_stream_and_the_line(body: bytes, place: str) -> None:
    with pytest.raises(RefusalError) as refused:
        loki.from_json(body, SERVICE_LABELS, MOST)
    assert refused.value.status == 400
    assert place in str(refused.value)


@pytest.mark.parametrize("labels", ["app=shop", "{app=shop}", '{app="shop" env="x"}', '{="x"}'])
def test_labels_that_cannot_be_read_are_refused(labels: str) -> None:
    with pytest.raises(RefusalError, match="stream 1: its labels"):
        loki.from_protobuf(loki_protobuf(labels, [(NOW, "x")]), SERVICE_LABELS, MOST)


def otlp_json(**record: object) -> bytes:
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "pay"}}]}
    logs = [{"scope": {"name": "pay.card"}, "logRecords": [record]}]
    return json.dumps({"resourceLogs": [{"resource": resource, "scopeLogs": logs}]}).encode()


def test_a_record_of_otlp_has_its_severity_service_ids_and_exception() -> None:
    body = otlp_json(
        timeUnixNano=str(NOW), severityNumber=17, body={"stringValue": "card refused"},
        traceId="5b8efff798038103d269b633813fc60c", spanId="eee19b7ec3c1b174",
        attributes=[
            {"key": "exception.type", "value": {"stringValue": "CardError"}},
            {"key": "retries", "value": {"intValue": "3"}},
        ],
    )  # fmt: skip
    (record,) = records(otlp.from_json(body, MOST).lines)
    assert (record.level, record.message, record.service) == (Level.ERROR, "card refused", "pay")
    assert (record.trace_id, record.time) == ("5b8efff798038103d269b633813fc60c", NOW)
    assert (record.exception_type, record.fields["retries"]) == ("CardError", 3)


def test_a_line_of_json_in_an_otlp_body_is_read_as_the_line_it_is() -> None:
    body = otlp_json(timeUnixNano=str(NOW), body={"stringValue": '{"level":"ERROR","msg":"boom","error_code":"DB_1"}'})
    (record,) = records(otlp.from_json(body, MOST).lines)
    assert (record.level, record.message, record.error_code, record.service) == (Level.ERROR, "boom", "DB_1", "pay")


def test_json_and_protobuf_of_otlp_are_the_same_lines() -> None:
    request = ExportLogsServiceRequest()
    resource = request.resource_logs.add()
    resource.resource.attributes.add(key="service.name").value.string_value = "pay"
    scope = resource.scope_logs.add()
    scope.scope.name = "pay.card"
    record = scope.log_records.add(
        time_unix_nano=NOW, severity_number=13, severity_text="WARN", trace_id=bytes.fromhex("ab" * 16)
    )
    record.body.kvlist_value.values.add(key="msg").value.string_value = "slow"
    record.attributes.add(key="codes").value.array_value.values.add().int_value = 7
    plain = otlp_json(
        timeUnixNano=NOW, severityNumber="13", severityText="WARN", traceId="ab" * 16,
        body={"kvlistValue": {"values": [{"key": "msg", "value": {"stringValue": "slow"}}]}},
        attributes=[{"key": "codes", "value": {"arrayValue": {"values": [{"intValue": "7"}]}}}],
    )  # fmt: skip
    assert otlp.from_protobuf(request.SerializeToString(), MOST).lines == otlp.from_json(plain, MOST).lines
    assert records(otlp.from_json(plain, MOST).lines)[0].message == "slow"


def test_a_record_that_cannot_be_taken_is_counted_and_the_others_are_kept() -> None:
    deep: object = {"stringValue": "x"}
    for _ in range(50):
        deep = {"arrayValue": {"values": [deep]}}
    good = {"timeUnixNano": "1", "body": {"stringValue": "ok"}}
    body = json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": deep}, good]}]}]}).encode()
    lines = PROTOCOLS["/v1/logs"].read(PushSourceConfig(), {"content-type": JSON}, body)
    assert lines.data.count(b"\n") == 1
    assert json.loads(lines.answer.body)["partialSuccess"]["rejectedLogRecords"] == "1"


def test_lines_of_json_are_kept_byte_by_byte() -> None:
    body = b'{"level":"ERROR" , "message":"\\u0041"}\n{"b":2}'
    assert ingest.lines_of(body, MOST) == (body + b"\n", 2)


def test_an_array_is_a_line_for_each_object() -> None:
    body = b'[{"a":\n1}, {"b":2}]'
    assert ingest.lines_of(body, MOST) == (b'{"a": 1}\n{"b":2}\n', 2)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"a":1}\noops\n', "line 2 is no JSON object: 'oops'"),
        (b'{"a":1}{"b":2}\n', "line 1 has several JSON values"),
        (b'[{"a":1},5]', "element 2 of the array is no object"),
        (b"[{]", "no JSON array"),
        (b"[" * 100_000, "no JSON array"),
    ],
)
def test_what_is_no_object_is_refused_by_its_place(body: bytes, words: str) -> None:
    with pytest.raises(RefusalError, match="^" + words.replace("[", r"\[")) as refused:
        ingest.lines_of(body, MOST)
    assert refused.value.status == 400


def test_text_is_taken_as_text_only_where_it_is_said_to_be() -> None:
    assert ingest.lines_of(b"panic: x\n{}", MOST, text=True) == (b"panic: x\n{}\n", 2)


def test_too_many_records_are_refused_whatever_the_protocol() -> None:
    for read in (
        lambda: ingest.lines_of(b"{}\n" * 11, 10),
        lambda: loki.from_json(loki_json((LABELS, [["1", "x"]] * 11)), SERVICE_LABELS, 10),
        lambda: loki.from_protobuf(loki_protobuf('{a="b"}', [(1, "x")] * 11), SERVICE_LABELS, 10),
        lambda: otlp.from_json(otlp_json(), 0),
    ):
        with pytest.raises(RefusalError, match="max_records") as refused:
            read()
        assert refused.value.status == 413


PACKED = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "snappy": snapped,
}


@pytest.mark.parametrize("encoding", PACKED)
def test_a_body_is_unpacked_up_to_its_limit_and_damage_is_named(encoding: str) -> None:
    body = b'{"a":1}\n' * 10_000
    packed = PACKED[encoding](body)
    assert inflate(packed, encoding, len(body)) == body
    for broken, status in ((packed, 413), (packed[:-5], 400), (b"\xff" * 40, 400)):
        with pytest.raises(RefusalError) as refused:
            inflate(broken, encoding, len(body) - 1 if status == 413 else len(body))
        assert refused.value.status == status


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_several_members_are_one_body(encoding: str) -> None:
    assert inflate(PACKED[encoding](b"a") + PACKED[encoding](b"b"), encoding, 10) == b"ab"


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    zeros = bytes(200 << 20)
    for encoding in ("gzip", "zstd", "snappy"):
        packed = PACKED[encoding](zeros)
        with pytest.raises(RefusalError, match="max_decoded_bytes"):
            inflate(packed, encoding, 1 << 20)


def test_a_length_that_snappy_claims_is_not_believed_beyond_the_limit() -> None:
    with pytest.raises(RefusalError, match="max_decoded_bytes"):
        unsnap(b"\xff\xff\xff\xff\x0f" + b"x", 1 << 20)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ["streams", "stream", "values", "resourceLogs", "scopeLogs", "logRecords", "body", "attributes", "a"]
)
shaped = st.recursive(
    json_values,
    lambda inner: st.dictionaries(KEYS, inner, max_size=3) | st.lists(inner, max_size=2),
    max_leaves=12,
)
HEADERS = st.fixed_dictionaries(
    {
        "content-type": st.sampled_from([JSON, PROTOBUF, "text/plain", "application/x-ndjson", ""]),
        "content-encoding": st.sampled_from(["", "gzip", "zstd", "snappy", "deflate", "identity", "br"]),
    }
)


@given(
    st.sampled_from(sorted(PROTOCOLS)), HEADERS, st.binary(max_size=200) | shaped.map(lambda v: json.dumps(v).encode())
)
def test_whatever_is_pushed_is_taken_as_whole_lines_or_refused(path: str, headers: dict[str, str], body: bytes) -> None:
    protocol = PROTOCOLS[path]
    try:
        lines = protocol.read(PushSourceConfig(), headers, body)
    except RefusalError as error:
        refusal = error
    else:
        assert lines.data == b"" or lines.data.endswith(b"\n")
        assert 200 <= lines.answer.status < 300
        return
    assert 400 <= refusal.status < 500
    assert protocol.refuse(headers, refusal).status == refusal.status


@given(st.lists(st.text(max_size=60) | json_values.map(json.dumps), max_size=6))
def test_every_entry_is_one_line_that_decoders_read(lines: list[str]) -> None:
    lines = [line.encode("utf-8", "replace").decode() for line in lines]
    found = from_loki(*lines)
    assert len(found) == len(lines)
    assert not any(b"\n" in line for line in found)
    assert all(record.service for record in records(found))


_PIECES = st.sampled_from(
    [
        '{"timestamp":"2026-11-20T09:00:00Z","level":"ERROR"}', '{"level":"INFO", "timestamp" : 1795165200}',
        '{"time":"2026-11-20T09:00:00Z","fields":{"timestamp":1}}', '{"fields":{"timestamp":1}}', '{"level":"INFO"}',
        '{"timestamp":1,"labels":{"app":"other"}}', '{"timestamp":1,"cut":"of', '{"timestamp":1}{"timestamp":2}',
        '{"timestamp":1,\n"level":"WARN"}', '{"timestamp":1}\n{"timestamp":2}', '{"timestamp":1} ', "{}", "", "text",
        '{"timestamp":"\\ud83d\\ude00 é","n":NaN}', '{"timestamp":1,"é":"\\n"}',
    ]
)  # fmt: skip


@given(lines=st.lists(_PIECES, min_size=1, max_size=6), labels=st.sampled_from([{}, LABELS, {"labels": "x"}]))
def test_lines_taken_together_are_the_same_as_one_by_one(lines: list[str], labels: dict[str, str]) -> None:
    alone = Stream(labels)
    for line in lines:
        alone.add(line.encode(), NOW)
    expected = b"".join(line + b"\n" for line in alone.lines())
    together = Stream(labels).timed_objects([line.encode() for line in lines])
    assert together in {None, expected}


@pytest.mark.parametrize("first", ['{"timestamp":1,"a":1}', '{"level":"INFO","ts": 1}', '{"time" : "x"}'])
def test_timed_objects_are_taken_together(first: str) -> None:
    lines = [first.encode(), first.encode()]
    assert Stream(LABELS).timed_objects(lines) == b"".join(
        b'{"labels":{"app":"shop","env":"prod"},' + line[1:] + b"\n" for line in lines
    )
