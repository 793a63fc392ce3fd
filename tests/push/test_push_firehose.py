"""Amazon Data Firehose as it sends, and what it is told."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path

from push_scenes import NOW, World

from logmedic.model import Level

TOKEN = "f" * 24
GUARDED = """
[web]
listen = "127.0.0.1:0"
[[sources]]
kind = "push"
name = "push"
tokens = [{ file = "token" }]
"""


def request(*data: bytes, number: str = "one", at: int = 1) -> bytes:
    records = [{"data": base64.b64encode(one).decode()} for one in data]
    return json.dumps({"requestId": number, "timestamp": at, "records": records}).encode()


def subscription(*messages: str, kind: str = "DATA_MESSAGE") -> bytes:
    events = [{"id": str(n), "timestamp": NOW // 1_000_000 + n, "message": text} for n, text in enumerate(messages)]
    named = {"owner": "1", "logGroup": "/ecs/shop", "logStream": "a/1", "subscriptionFilters": ["all"]}
    return json.dumps({"messageType": kind, **named, "logEvents": events}).encode()


def test_lines_and_subscriptions_are_taken_and_the_id_comes_back(world: World) -> None:
    packed = gzip.compress(subscription("ERROR one", '{"level":"ERROR","message":"two"}'))
    joined = subscription("ERROR three") + subscription("Test", kind="CONTROL_MESSAGE") + subscription("ERROR four")
    plain = b'{"level":"ERROR","message":"five"}\n{"level":"ERROR","message":"six"}\n'
    answer = world.push("/ingest/firehose", request(packed, joined, plain))
    said = json.loads(answer.body)
    assert (answer.status, said["requestId"], said["timestamp"] > 0) == (200, "one", True)
    found = world.records()
    assert [r.message for r in found] == ["ERROR one", "two", "ERROR three", "ERROR four", "five", "six"]
    assert {record.level for record in found} == {Level.ERROR}
    assert {record.service for record in found[:4]} == {"shop"}
    assert found[0].time == NOW // 1_000_000 * 1_000_000


def test_a_second_try_is_known_by_its_id_though_its_time_differs(world: World) -> None:
    for at, number in ((1, "one"), (2, "one"), (3, "two")):
        assert world.push("/ingest/firehose", request(b"ERROR x", number=number, at=at)).status == 200
    assert len(world.lines()) == 2


def test_what_is_wrong_is_refused_in_the_words_of_firehose_and_nothing_is_kept(world: World) -> None:
    for body, said in (
        (b"{}", "no request of Firehose"),
        (json.dumps({"requestId": "one", "records": [{"data": "?"}]}).encode(), "record 1: data is no base64"),
        (request(b"ERROR fine", gzip.compress(b"x" * 99)[:-9]), "ends too early"),
        (request(b'{"messageType":5}'), "record 1: no data of a CloudWatch Logs subscription"),
    ):
        answer = world.push("/ingest/firehose", body, x_amz_firehose_request_id="one")
        told = json.loads(answer.body)
        assert (answer.status, told["requestId"]) == (400, "one")
        assert said in told["errorMessage"]
    assert world.lines() == []


def test_the_access_key_is_a_token(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    with World(tmp_path, GUARDED).served() as served:
        assert served.push("/ingest/firehose", request(b"ERROR x")).status == 401
        assert served.push("/ingest/firehose", request(b"ERROR x"), x_amz_firehose_access_key="g" * 24).status == 401
        assert served.push("/ingest/firehose", request(b"ERROR x"), x_amz_firehose_access_key=TOKEN).status == 200
