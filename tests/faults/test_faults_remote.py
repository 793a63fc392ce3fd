"""F44 to F48 of ``docs/faults.md``: stores that are asked over a network, and senders that push."""

from __future__ import annotations

import base64
import gzip
import json
import socket
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from push_scenes import CONFIG
from push_scenes import World as Pushing

from collect import cloudwatch_scenes, loki_scenes
from logmedic.collect.cloudwatch.source import OVERLAP_EVERY, REST
from logmedic.collect.loki.errors import LokiError
from logmedic.errors import ConfigError
from logmedic.respond.webhook import sign
from logmedic.testing.cloudwatch import FakeCloudWatch
from logmedic.testing.doors import FakeClock
from logmedic.testing.loki import FakeLoki, Fault

SECOND = 1_000_000_000
LINE = b'{"level":"ERROR","message":"boom"}\n'
TOKEN = "t" * 24
KEY = "whsec_" + "QUFB" * 12


class Loki:
    """A Loki, and processes that read it one after the other."""

    def __init__(self, **config: object) -> None:
        self.clock = FakeClock()
        self.loki = FakeLoki(now=self.clock.now)
        self.wire = loki_scenes.Wire(self.loki)
        self.ledger = loki_scenes.Ledger()
        self.config = {"limit": 7, "overlap_s": 300.0, "lookback_s": 7200.0, **config}
        self.start()

    def start(self) -> None:
        self.reader = loki_scenes.Reader(self.wire, self.clock, self.ledger, **self.config)

    def push(self, *late: float, app: str = "shop", text: str = "line {}") -> None:
        values = [[self.clock.now() - int(s * SECOND), text.format(n)] for n, s in enumerate(late)]
        self.loki.push({"app": app}, values)

    def missing(self) -> Counter[tuple[int, str]]:
        """Entries that were counted too rarely or too often."""
        kept = loki_scenes.kept(self.loki)
        return (kept - self.ledger.counted) + (self.ledger.counted - kept)


def test_f44_entries_of_one_nanosecond_over_the_edge_of_pages_are_counted_once() -> None:
    world = Loki()
    world.push(*[0.0] * 40)
    world.push(*[0.0] * 20, app="cart", text="the same line {}")
    world.reader.read(stop_after=3)
    world.start()  # killed within the nanosecond
    for _ in range(3):
        world.reader.read()
        world.push(*[0.0] * 10, text="more {}")
        world.clock.advance(31)
    world.reader.read()
    assert world.missing() == Counter()


def test_f45_entries_that_come_late_are_found_within_an_overlap_of_at_most_ten_minutes() -> None:
    world = Loki(overlap_s=600.0, limit=100)
    world.push(*range(20))
    world.reader.read()
    world.clock.advance(60)
    world.push(30, 200, 400, 550, text="late {}")
    for _ in range(4):
        world.reader.read()
        world.clock.advance(31)
    assert world.missing() == Counter()
    with pytest.raises(ConfigError, match="between 0 and 600"):
        Loki(overlap_s=3600.0)


FAULTS = {
    "busy": Fault.status(429, b"slow down", retry_after="2"),
    "limited for a minute": Fault.status(429, b"come back later", retry_after="60"),
    "broken": Fault.status(502, b"<html>bad gateway</html>"),
    "unready": Fault.status(503, b"Ingester not ready\n"),
    "half a body": Fault.status(200, b'{"status":"success","data":{"resultType":"streams","result":[{"stre'),
    "cut off": Fault.cut_off(0.5),
    "hung up": Fault.hang_up(),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_f46_a_loki_in_trouble_moves_no_cursor_and_is_caught_up_with(fault: Fault) -> None:
    world = Loki()
    world.push(*range(20))
    world.reader.read()
    world.push(*[0.0] * 30, text="meanwhile {}")
    world.loki.faults.extend([fault] * 12)
    before = dict(world.ledger.positions)
    refused = 0
    while world.loki.faults:
        try:
            world.reader.read()
        except LokiError:
            refused += 1
            assert world.ledger.positions == before
            world.reader.resume()
        world.clock.advance(61)
    for _ in range(3):
        world.reader.read()
        world.clock.advance(61)
    assert refused > 0
    assert world.missing() == Counter()


def test_f47_events_of_one_millisecond_empty_pages_and_late_ones_of_cloudwatch_are_counted_once() -> None:
    clock = FakeClock()
    logs = FakeCloudWatch(clock.now)
    group = cloudwatch_scenes.GROUP
    logs.groups[group] = []
    logs.page = 3
    ledger = cloudwatch_scenes.Ledger()
    now = clock.now() // 1_000_000
    for number in range(30):
        logs.put(group, "a", now, f"even {number}")
    for number in range(10):
        logs.put(group, "b", now - number, f"odd {number}", delay=40_000)
    reader = cloudwatch_scenes.Reader(logs, clock, ledger, overlap_s=300.0)
    reader.read(stop_after=2)
    reader = cloudwatch_scenes.Reader(logs, clock, ledger, overlap_s=300.0)
    for _ in range(4):
        reader.read()
        clock.advance(max(OVERLAP_EVERY, REST) + 1)
    reader.read()
    assert sorted(ledger.counted.elements()) == cloudwatch_scenes.kept(logs)


GUARDED = (
    CONFIG
    + """
max_body_bytes = 1000
max_decoded_bytes = 5000
body_timeout_s = 0.5
tokens = [{ file = "token" }]
[[sources]]
kind = "push"
name = "signed"
signing = { file = "key" }
"""
)


@pytest.fixture
def pushing(tmp_path: Path) -> Iterator[Pushing]:
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "key").write_text(KEY)
    with Pushing(tmp_path, GUARDED).served() as served:
        yield served


def test_f48_a_pushed_batch_counts_once_and_hostile_senders_are_turned_away(pushing: Pushing) -> None:
    entitled = {"authorization": f"Bearer {TOKEN}"}
    for _ in range(3):  # the answer was lost, so the sender repeats it
        assert pushing.push("/ingest", LINE, idempotency_key="batch-1", **entitled).status == 200
    assert len(pushing.lines()) == 1
    for body, more in (
        (LINE * 50, {}),
        (iter([LINE] * 50), {}),
        (gzip.compress(LINE * 1_000_000), {"content_encoding": "gzip"}),
    ):
        assert pushing.push("/ingest", body, "application/x-ndjson", **entitled, **more).status == 413
    head = f"POST /ingest HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n".encode()
    with socket.create_connection(("127.0.0.1", pushing.port)) as cut:
        cut.sendall(head + b"Content-Length: 100\r\n\r\n" + LINE)
    with socket.create_connection(("127.0.0.1", pushing.port), timeout=60) as slow:
        slow.sendall(head + b"Content-Length: 100\r\n\r\n{")
        assert slow.makefile("rb").readline() == b"HTTP/1.1 408 Request Timeout\r\n"
    with socket.create_connection(("127.0.0.1", pushing.port), timeout=60) as giant:
        giant.sendall(head + b"Content-Length: 1000000000\r\n\r\n")
        assert b" 413 " in giant.makefile("rb").readline()
    assert len(pushing.lines()) == 1
    key = base64.b64decode(KEY.removeprefix("whsec_"))
    for age, status in ((0, 200), (0, 200), (400, 401)):
        seconds = int(time.time()) - age
        signed = {"webhook_id": "msg_1", "webhook_timestamp": str(seconds)}
        answer = pushing.push("/ingest", LINE, webhook_signature=sign(key, "msg_1", seconds, LINE), **signed)
        assert answer.status == status
    assert [json.loads(each) for each in pushing.lines("signed")] == [json.loads(LINE)]
