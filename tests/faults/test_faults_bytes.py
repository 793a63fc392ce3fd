"""F14 and F22 to F34 of ``docs/faults.md``: whatever bytes a log holds, its lines arrive and what they say is told."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from pipeline_scenes import Project, line, minutes_ago

from collect.tail import Tail, append, encoded, numbered
from collect.test_events_files import LINE, TRACE, Events
from logmedic.collect import dialects
from logmedic.model import LogRecord, Ref

NOW = 1_795_424_400_000_000_000
HOSTILE = json.loads((Path(__file__).parents[1] / "data/hostile/texts.json").read_text("ascii"))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "app.log"


def told(folder: Path, *lines: bytes) -> list[dict[str, Any]]:
    """What a channel was told of a log of these lines."""
    project = Project(folder)
    project.log.write_bytes(b"".join(each + b"\n" for each in lines))
    project.scan()
    return project.told()


def decoded(text: bytes) -> LogRecord:
    record = dialects.decoder("generic").decode(text, Ref("s", "t", 0, len(text)), NOW)
    assert isinstance(record, LogRecord)
    return record


def test_f14_all_members_of_an_archive_are_read_a_cut_one_later_and_an_exploding_one_not(tmp_path: Path) -> None:
    lines = numbered(os.urandom(2000).hex(), 20)
    whole = b"".join(
        gzip.compress(b"".join(text + b"\n" for text in encoded(lines[n : n + 5]))) for n in (0, 5, 10, 15)
    )
    cut = tmp_path / "app.log.2.gz"
    cut.write_bytes(whole[: len(whole) * 3 // 5])
    tail = Tail(cut)
    before = tail.read()
    assert "ends inside a member" in tail.source.backlog().problem
    cut.write_bytes(whole)
    assert before + tail.read() == encoded(lines)
    bomb = tmp_path / "app.log.1.gz"
    bomb.write_bytes(gzip.compress(b"x\n" + b"\0" * 30_000_000))
    tracemalloc.start()
    capped = Tail(bomb, max_gz_bytes=1_000_000)
    assert capped.read() == [b"x"]
    assert tracemalloc.get_traced_memory()[1] < 16 << 20
    tracemalloc.stop()
    assert "more than 1000000 bytes" in capped.source.backlog().problem


def test_f22_a_line_that_was_half_written_when_its_writer_was_killed_is_completed_once(log: Path) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", f"import time; f = open({str(log)!r}, 'ab', 0); f.write(b'one\\nha'); time.sleep(600)"]
    )
    tail = Tail(log)
    until = time.monotonic() + 60
    while not (log.exists() and log.stat().st_size == 6):
        assert time.monotonic() < until
        time.sleep(0.01)
    writer.send_signal(signal.SIGKILL)
    writer.wait(60)
    assert tail.read() == [b"one"]
    assert [position.offset for position in tail.stored.values()] == [4]
    tail.restart()
    append(log, "lf")
    assert tail.read() == [b"half"]


def test_f23_a_last_line_that_never_ends_waits_in_a_live_file_and_is_handed_on_once_of_a_rotated_one(log: Path) -> None:
    log.write_bytes(b"one\nlast words")
    tail = Tail(log)
    assert tail.read() == [b"one"]
    tail.clock.advance(1000)
    assert tail.read() == [], "a buffer that fills slowly is no end"
    log.rename(log.with_name("app.log.1"))
    append(log, "new")
    assert tail.read() == [b"last words", b"new"]
    tail.restart()
    assert tail.read() == []


@pytest.mark.parametrize("size", range(1, 8))
def test_f24_a_read_that_ends_inside_a_character_or_line_end_breaks_nothing(log: Path, size: int) -> None:
    lines = ["한국어\r", "é🇰🇷", "", "\u2028x", "\r\r"]
    append(log, *lines)
    assert Tail(log, block_bytes=size).read() == encoded(lines)


def test_f25_a_line_of_100_megabytes_is_cut_and_marked_in_bounded_memory_and_the_next_is_whole(log: Path) -> None:
    subprocess.run(
        f"head -c 100000000 /dev/zero | tr '\\0' x > {log}; printf '\\nnext\\n' >> {log}", shell=True, check=True
    )
    tail = Tail(log)
    tracemalloc.start()
    lines = tail.read()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [len(each) for each in lines] == [1 << 20, 4]
    assert tail.truncated == {0: 100_000_000}
    assert peak < 32 << 20


def test_f26_any_bytes_are_one_event_a_line_and_can_be_had_back(tmp_path: Path, log: Path) -> None:
    lines = [b"\xef\xbb\xbfbom", "utf16".encode("utf-16").replace(b"\n", b""), b"\xff\xfe\xfd", os.urandom(4000)]
    lines = [each.replace(b"\n", b" ").lstrip(b"\0") for each in lines]
    append(log, *lines)
    assert Tail(log).read() == lines
    broken = b'{"level":"ERROR","message":"caf\xe9 \xff closed"}'
    (alert,) = told(tmp_path, broken)
    assert "closed" in alert["incident"]["title"]
    assert decoded(broken).raw == broken


def test_f27_only_a_line_feed_ends_a_line(log: Path) -> None:
    text = "one\rtwo\u0085three\u2028four\x0bfive\x1csix\x0cseven"
    append(log, text)
    assert len(text.splitlines()) == 7, "which is how many a naive reader makes of it"
    assert Tail(log).read() == [text.encode()]


def test_f28_what_steers_a_terminal_or_hides_is_escaped_on_every_way_out(tmp_path: Path) -> None:
    """Each hostile text as a message; what pages, Discord and GitHub make of them is tested in their folders."""
    project = Project(tmp_path, '[[channels]]\nkind = "console"\nname = "console"\n')
    steering = "\x1b]0;owned\x07\x1b[2J\x00\x9b31m\u202e\u2066\u200b\ufeff"
    texts = [steering, *(text for text in HOSTILE.values() if not text.isascii() or "\x1b" in text)]
    project.write(line(minutes_ago(1), " ".join(texts), target=f"shop{steering}"))
    shown = project.run("scan").stdout.decode() + project.told_file.read_text("utf-8")
    live = {f"U+{ord(char):04X}" for char in shown if char in "\x00\x07\x1b\x9b\u202e\u2066\u200b\ufeff\u2069\u200f"}
    assert "owned" in shown
    assert live == set()


def test_f29_json_nested_a_hundred_thousand_deep_is_text_and_no_crash(tmp_path: Path) -> None:
    lines = [
        opening * depth + b'{"level":"ERROR","message":"deep %d"}' % depth
        for depth in (1_000, 100_000)
        for opening in (b"[", b'{"a":')
    ]
    alerts = told(tmp_path, *lines, b'{"level":"ERROR","message":"plain words behind it"}')
    assert any("plain words behind it" in alert["incident"]["title"] for alert in alerts)
    assert sum(alert["incident"]["count"] for alert in alerts) >= 1
    for text in lines:
        assert "too-deep" in decoded(text).flags or "not-json" in decoded(text).flags


def test_f30_numbers_beyond_all_bounds_are_an_event_and_an_alert_in_valid_json(tmp_path: Path) -> None:
    numbers = {"digits": "9" * 5_000, "exponent": "1e400", "nan": "NaN", "infinity": "-Infinity",
               "above": str(2**63), "below": str(-(2**63) - 1)}  # fmt: skip
    form = '{{"level":"ERROR","message":"sum failed: {}","value":{},"duration_ms":{}}}'
    alerts = told(tmp_path, *(form.format(word, n, n).encode() for word, n in numbers.items()))
    titles = {alert["incident"]["title"] for alert in alerts}
    assert {f"sum failed: {word}" for word in numbers} <= titles
    assert json.loads(json.dumps(alerts, allow_nan=False)) == alerts


def test_f31_half_of_a_surrogate_pair_is_replaced_and_the_alert_arrives(tmp_path: Path) -> None:
    (alert,) = told(tmp_path, rb'{"level":"ERROR","message":"half \ud800 a pair"}')
    assert "half" in alert["incident"]["title"]
    assert json.dumps(alert, ensure_ascii=False).encode("utf-8", "strict")
    assert "\ufffd" in decoded(rb'{"message":"half \ud800 a pair"}').message


def test_f32_doubled_keys_many_keys_and_wrong_types_are_flagged_and_no_error() -> None:
    many = b'{"level":"ERROR",' + b",".join(b'"k%d":%d' % (n, n) for n in range(200_000)) + b"}"
    record = decoded(many)
    assert ("fields-capped" in record.flags, len(record.fields)) == (True, 512)
    twice = decoded(b'{"level":"INFO","level":"ERROR","message":"x","a":1,"a":NaN}')
    assert (twice.level.name, "duplicate-key" in twice.flags) == ("ERROR", True)
    for wrong in (b"[]", b"{}", b"17", b"null", b"true", b'["x"]'):
        assert isinstance(decoded(b'{"level":%s,"message":%s,"time":%s,"stack":%s}' % ((wrong,) * 4)), LogRecord)


@pytest.mark.parametrize(
    "time",
    [
        "",
        '"0000-01-01T00:00:00Z"',
        '"2026-11-22T10:00:60Z"',
        '"9999-12-31T23:59:59Z"',
        '"2027-11-24T10:00:00Z"',
        '"soon"',
    ],
)
def test_f33_a_time_that_cannot_be_is_the_time_of_reading_and_flagged(time: str) -> None:
    record = decoded(b'{"message":"x","time":%s}' % time.encode() if time else b'{"message":"x"}')
    assert (record.time, "time-inferred" in record.flags) == (NOW, True)
    assert "time-naive" in decoded(b'{"message":"x","time":"2026-11-22 10:00:00"}').flags


def test_f34_a_trace_cut_by_a_rotation_and_a_crash_is_one_event_and_no_line_of_many_writers_is_lost(log: Path) -> None:
    tail = Events(log)
    first, rest = TRACE.split("\n", 1)
    append(log, LINE, first)
    tail.read()
    tail.restart()
    log.rename(log.with_name("app.log.1"))
    append(log, rest, LINE)
    tail.settle()
    assert sorted(tail.events) == sorted([LINE.encode()] * 2 + [TRACE.encode()])
    together = log.with_name("together.log")
    writers = [threading.Thread(target=trickle, args=(together, number)) for number in range(6)]
    for writer in writers:
        writer.start()
    mixed = Events(together)
    while any(writer.is_alive() for writer in writers):
        mixed.read()
        mixed.clock.advance(0.1)
    mixed.settle()
    mixed.settle()
    assert b"\n".join(mixed.events) + b"\n" == together.read_bytes(), "joined or split, and every byte once"
    assert mixed.lines_counted == 6 * 20 * 4


def trickle(path: Path, number: int) -> None:
    """Traces line by line, as threads of one service write them that know nothing of each other."""
    with path.open("ab", buffering=0) as out:
        for _ in range(20):
            for text in (f"ERROR of {number}", *TRACE.split("\n")):
                out.write(text.encode() + b"\n")
