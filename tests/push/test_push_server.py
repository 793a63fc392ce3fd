"""The endpoints on a real server: who may, how much, and what senders hear."""

from __future__ import annotations

import base64
import gzip
import json
import socket
import threading
import time
from pathlib import Path

import pytest
import zstandard
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from push_scenes import CONFIG, NOW, World, loki_json, loki_protobuf, snapped

from logmedic.errors import ConfigError
from logmedic.model import Level
from logmedic.respond.webhook import sign

TOKEN, OTHER = "t" * 24, "u" * 24
LINE = b'{"level":"ERROR","message":"boom"}\n'


def test_each_protocol_answers_as_its_senders_expect_once_the_lines_are_on_the_disk(world: World) -> None:
    body = loki_json(({"app": "shop"}, [[str(NOW), "ERROR one"]]))
    assert (world.push("/loki/api/v1/push", body).status, len(world.lines())) == (204, 1)
    message = snapped(loki_protobuf('{app="shop"}', [(NOW, "ERROR two")]))
    assert world.push("/loki/api/v1/push", message, "application/x-protobuf").status == 204
    assert world.push("/loki/api/v1/push", gzip.compress(body + b" "), content_encoding="gzip").status == 204
    packed = zstandard.compress(LINE)
    assert world.push("/ingest", packed, "application/x-ndjson", content_encoding="zstd").status == 200
    answer = world.push("/v1/logs", b"{}")
    assert (answer.status, answer.body, answer.headers["content-type"]) == (200, b"{}", "application/json")
    answer = world.push("/v1/logs", b"", "application/x-protobuf")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/x-protobuf")
    ExportLogsServiceResponse.FromString(answer.body)
    assert [record.message for record in world.records()] == ["ERROR one", "ERROR two", "ERROR one", "boom"]


def test_a_body_may_be_longer_than_the_forms_of_the_dashboard(world: World) -> None:
    body = LINE * 10_000
    assert world.push("/ingest", body, "application/x-ndjson").status == 200
    assert len(world.lines()) == 10_000


def test_a_request_without_a_length_is_taken_in_parts(world: World) -> None:
    assert world.push("/ingest", iter([LINE, LINE]), "application/x-ndjson").status == 200
    assert len(world.lines()) == 2


def test_the_same_request_is_taken_once_and_answered_alike(world: World) -> None:
    answers = [world.push("/ingest", LINE, "application/x-ndjson") for _ in range(3)]
    assert {answer.status for answer in answers} == {200}
    assert len(world.lines()) == 1


def test_a_key_says_what_is_the_same(world: World) -> None:
    for key in ("one", "two", "two"):
        assert world.push("/ingest", LINE, "application/x-ndjson", idempotency_key=key).status == 200
    assert len(world.lines()) == 2


def test_what_is_malformed_is_refused_by_its_place_and_nothing_of_it_is_kept(world: World) -> None:
    answer = world.push("/ingest", LINE + b"oops\n", "application/x-ndjson")
    assert (answer.status, "line 2" in answer.text) == (400, True)
    answer = world.push("/loki/api/v1/push", loki_json(({"a": "b"}, [["1", "x"], ["soon", "y"]])))
    assert (answer.status, "stream 1, line 2" in answer.text) == (400, True)
    answer = world.push("/v1/logs", b"[")
    assert (answer.status, json.loads(answer.body)["code"]) == (400, 3)
    answer = world.push("/v1/logs", b"\xff" * 9, "application/x-protobuf")
    assert (answer.status, answer.body[:3]) == (400, b"\x08\x03\x12")
    assert world.lines() == []


def test_only_post_is_understood(world: World) -> None:
    with socket.create_connection(("127.0.0.1", world.port)) as raw:
        raw.sendall(b"GET /ingest HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        assert raw.makefile("rb").readline() == b"HTTP/1.1 405 Method Not Allowed\r\n"


def test_names_that_are_not_ours_and_pages_of_others_push_nothing(world: World) -> None:
    assert world.push("/ingest", LINE, host="evil.example:80").status == 421
    assert world.push("/ingest", LINE, origin="http://evil.example", sec_fetch_site="cross-site").status == 403
    assert world.lines() == []


GUARDED = """
[web]
listen = "127.0.0.1:0"
[[sources]]
kind = "push"
name = "shop"
tokens = [{ file = "shop-token" }]
[[sources]]
kind = "push"
name = "pay"
tokens = [{ file = "pay-token" }]
signing = { file = "pay-key" }
"""
KEY = "whsec_" + "QUFB" * 12


@pytest.fixture
def guarded(tmp_path: Path):
    (tmp_path / "shop-token").write_text(TOKEN)
    (tmp_path / "pay-token").write_text(OTHER)
    (tmp_path / "pay-key").write_text(KEY)
    with World(tmp_path, GUARDED).served() as served:
        yield served


def test_a_token_says_which_source_is_pushed_to_and_without_one_nothing_is_taken(guarded: World) -> None:
    assert guarded.push("/ingest", LINE).status == 401
    assert guarded.push("/ingest", LINE, authorization="Bearer " + "x" * 24).status == 401
    assert guarded.push("/push/pay/ingest", LINE, authorization=f"Bearer {TOKEN}").status == 401
    assert guarded.push("/push/nobody/ingest", LINE, authorization=f"Bearer {TOKEN}").status == 404
    assert (guarded.lines("shop"), guarded.lines("pay")) == ([], [])
    assert guarded.push("/ingest", LINE, authorization=f"Bearer {OTHER}").status == 200
    assert guarded.push("/push/shop/ingest", LINE, authorization=f"Bearer {TOKEN}").status == 200
    assert (len(guarded.lines("shop")), len(guarded.lines("pay"))) == (1, 1)


def test_a_token_may_come_as_the_password_of_basic(guarded: World) -> None:
    basic = base64.b64encode(f"anybody:{TOKEN}".encode()).decode()
    assert guarded.push("/ingest", LINE, authorization=f"Basic {basic}").status == 200


def test_a_signature_is_taken_within_its_time_alone(guarded: World) -> None:
    key = base64.b64decode(KEY.removeprefix("whsec_"))
    for age, changed, status in ((0, b"", 200), (400, b"", 401), (0, b" ", 401)):
        seconds = int(time.time()) - age
        headers = {
            "webhook_id": "msg_1", "webhook_timestamp": str(seconds),
            "webhook_signature": sign(key, "msg_1", seconds, LINE),
        }  # fmt: skip
        assert guarded.push("/ingest", LINE + changed, **headers).status == status
    assert len(guarded.lines("pay")) == 1


def limited(folder: Path, **keys: object) -> World:
    return World(folder, CONFIG + "".join(f"{key} = {value}\n" for key, value in keys.items()))


def test_what_is_too_long_is_refused_with_the_limit_that_it_passes(tmp_path: Path) -> None:
    limits = {"max_body_bytes": 1000, "max_decoded_bytes": 5000, "max_records": 10, "max_unread_bytes": 10_000}
    with limited(tmp_path, **limits).served() as world:
        for body, headers, key in (
            (LINE * 50, {}, "max_body_bytes"),
            (iter([LINE] * 50), {}, "max_body_bytes"),
            (gzip.compress(LINE * 1000), {"content_encoding": "gzip"}, "max_decoded_bytes"),
            (LINE * 11, {}, "max_records"),
        ):
            answer = world.push("/ingest", body, "application/x-ndjson", **headers)
            assert (answer.status, key in answer.text) == (413, True)
        assert world.lines() == []
        assert world.push("/ingest", LINE, "application/x-ndjson").status == 200


def test_when_too_much_is_unread_senders_are_told_to_come_back(tmp_path: Path) -> None:
    limits = {"max_body_bytes": 1000, "max_decoded_bytes": 1000, "max_unread_bytes": 1000}
    with limited(tmp_path, **limits).served() as world:
        taken = 0
        for number in range(40):
            line = b'{"number":%d,"pad":"%s"}\n' % (number, b"x" * 100)
            answer = world.push("/ingest", line, idempotency_key=str(number))
            taken += answer.status == 200
        assert answer.status == 429
        assert int(answer.headers["retry-after"]) > 0
        assert 0 < taken == len(world.lines()) < 20


def test_ten_times_more_than_fits_is_turned_away_and_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    with limited(tmp_path, max_waiting=3).served() as world:
        answers: list[tuple[int, int]] = []

        def send(first: int) -> None:
            for number in range(first, first + 8):
                body = b"".join(b'{"number":%d,"line":%d}\n' % (number, line) for line in range(2_000))
                answers.append((number, world.push("/ingest", body, "application/x-ndjson").status))

        threads = [threading.Thread(target=send, args=(100 * number,)) for number in range(30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        statuses = {status for _, status in answers}
        assert statuses == {200, 429}
        kept = {json.loads(line)["number"] for line in world.lines()}
        assert kept == {number for number, status in answers if status == 200}
        assert len(world.lines()) == 2_000 * len(kept)


def test_a_slow_sender_is_given_up_and_harms_no_other(tmp_path: Path) -> None:
    with limited(tmp_path, body_timeout_s=0.5).served() as world:
        slow = [socket.create_connection(("127.0.0.1", world.port)) for _ in range(20)]
        for raw in slow:
            raw.sendall(b"POST /ingest HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{")
        assert world.push("/ingest", LINE, "application/x-ndjson").status == 200
        for raw in slow:
            raw.settimeout(60)
            assert raw.makefile("rb").readline() == b"HTTP/1.1 408 Request Timeout\r\n"
            raw.close()
        assert len(world.lines()) == 1


def test_a_sender_that_hangs_up_in_mid_body_leaves_nothing_and_its_room_is_free_again(tmp_path: Path) -> None:
    with limited(tmp_path, max_waiting=1).served() as world:
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", world.port)) as raw:
                raw.sendall(b"POST /ingest HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{")
        until = time.monotonic() + 60
        while world.push("/ingest", LINE, "application/x-ndjson").status == 429:
            assert time.monotonic() < until
            time.sleep(0.02)
        assert len(world.lines()) == 1


def test_beyond_this_machine_a_source_without_tokens_is_refused_at_start(tmp_path: Path) -> None:
    token = '[[web.tokens]]\nname = "minji"\nsecret = { file = "token" }\n'
    config = token + CONFIG.replace("127.0.0.1:0", "0.0.0.0:0")
    (tmp_path / "token").write_text(TOKEN)
    with pytest.raises(ConfigError, match=r"source push: .* give `tokens`"), World(tmp_path, config).served():
        pass


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"max_records": 0}, "`max_records` must be at least 1"),
        ({"tokens": '[{ file = "short" }]'}, "less than 16 characters"),
        ({"tokens": '[{ env = "LOGMEDIC_NO_SUCH" }]'}, "LOGMEDIC_NO_SUCH is not set"),
        ({"replay_s": -1}, "cannot be less than 0"),
    ],
)
def test_keys_that_cannot_work_are_refused_by_name(tmp_path: Path, keys: dict[str, object], words: str) -> None:
    (tmp_path / "short").write_text("short")
    with pytest.raises(ConfigError, match=words), limited(tmp_path, **keys).served():
        pass


def test_a_text_file_pushed_line_by_line_is_read_as_a_file_is(world: World) -> None:
    assert world.push("/ingest", b"2026-11-20 09:00:00 ERROR boom\n", "text/plain").status == 200
    (record,) = world.records()
    assert (record.level, record.message) == (Level.ERROR, "2026-11-20 09:00:00 ERROR boom")
