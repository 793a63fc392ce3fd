"""Lines of plain text that belong together are one event, wherever a block or a range parts them."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logmedic.collect.blocks import Buffer, LineReader
from logmedic.collect.dialects import decoder
from logmedic.collect.events import MAX_BYTES, MAX_LINES, joining
from logmedic.collect.events.whole import WholeEvents
from logmedic.detect.detector import Detector
from logmedic.detect.rules import build_rules
from logmedic.model import Level, LogRecord, Ref

from .events_scenes import EVENTS, SEQUENCES, json_line


def events_of(data: bytes) -> list[bytes]:
    return [data[begin:end] for begin, end in joining.spans(data)]


def encoded(events: list[str]) -> bytes:
    return "".join(event + "\n" for event in events).encode()


@given(SEQUENCES)
def test_records_are_the_events_that_were_written(events):
    assert events_of(encoded(events)) == [event.encode() for event in events]


@given(SEQUENCES, st.integers(1, 300))
def test_the_size_of_a_block_changes_no_event(events, block_bytes):
    data = encoded(events)

    def fill(view: memoryview, offset: int) -> int:
        part = data[offset : offset + len(view)]
        view[: len(part)] = part
        return len(part)

    lines = LineReader(Buffer(block_bytes, 4_096), fill, 0)
    found, at = [], 0
    for block in WholeEvents(joins=True).blocks(lines.blocks(), lambda: True):
        assert block.start == at
        at = block.end
        found += events_of(bytes(block.data))
    assert found == [event.encode() for event in events]
    assert at == len(data)


@given(SEQUENCES, st.integers(0, 3_000))
def test_reading_may_start_wherever_a_certain_beginning_is_found(events, at):
    data = encoded(events)
    starts = [begin for begin, _ in joining.spans(data)]
    line = data.find(b"\n", min(at, len(data) - 1)) + 1
    found = joining.first_beginning(data[line:])
    assert found < 0 or line + found in starts
    closed = joining.closed_until(data)
    assert closed in {*starts, len(data)}


PIECES = [
    "", " ", "{", "}", "{}", "Traceback (most recent call last):", '  File "a", line 1', "a", "  b", "\tat c", "E: x",
    "goroutine 1 [running]:", "2026-01-01 00:00:00 ERROR x", "/a:1", "    ^", "thread 'm' panicked at a:1:1:", "f(x)",
    "During handling of the above exception, another exception occurred:", "Caused by: x",
    "pydantic.E: 1 validation error for X",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES).map(str.encode), max_size=30), st.integers(1, 60))
def test_any_lines_in_blocks_of_any_size_are_the_same_events_and_none_is_lost(lines, block_bytes):
    data = b"".join(line + b"\n" for line in lines)

    def fill(view: memoryview, offset: int) -> int:
        part = data[offset : offset + len(view)]
        view[: len(part)] = part
        return len(part)

    blocks = WholeEvents(joins=True).blocks(LineReader(Buffer(block_bytes, 4_096), fill, 0).blocks(), lambda: True)
    parts = [bytes(block.data) for block in blocks]
    assert b"".join(parts) == data
    assert [event for part in parts for event in events_of(part)] == events_of(data)
    assert b"".join(event + b"\n" for event in events_of(data)) == data


@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(EVENTS.filter(lambda event: "\n" in event and "INFO" not in event))
def test_every_trace_is_an_error(event):
    record = decoder("text").decode(event.encode(), Ref("s", "t", 0), 0)
    assert isinstance(record, LogRecord)
    assert record.level >= Level.ERROR
    assert record.raw == event.encode()


@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
def test_a_trace_below_a_header_that_is_no_complaint_is_an_error_of_its_own(level):
    header = f"2026-01-31 12:00:00,123 {level} app: request done"
    trace = 'Traceback (most recent call last):\n  File "a.py", line 1, in f\nValueError: bad'
    assert events_of(encoded([header, trace])) == [header.encode(), trace.encode()]


def test_an_indented_line_that_claims_to_be_an_error_begins_an_event():
    assert len(events_of(b"starting\n  ERROR cannot bind\n    more\n")) == 2


def test_an_indented_json_object_begins_an_event():
    assert len(events_of(b'2026-01-31 12:00:00 INFO x\n  {"level":"ERROR","message":"y"}\n')) == 2


def test_lines_that_are_all_indented_stay_apart():
    assert len(events_of(b"  one\n  two\n  three\n")) == 3


def test_a_line_of_json_inside_a_trace_stays_a_record_and_the_trace_counts_once():
    data = encoded([
        'Traceback (most recent call last):\n  File "a.py", line 1, in f', '{"level":"INFO","message":"x"}',
        '  File "b.py", line 2, in g\n    g()\nValueError: bad',
    ])  # fmt: skip
    decode = decoder("text").decode
    levels = [decode(event, Ref("s", "t", 0), 0).level for event in events_of(data)]
    assert levels == [Level.ERROR, Level.INFO, Level.INFO]


def test_an_event_ends_at_the_cap_and_what_follows_is_no_error():
    trace = "java.lang.StackOverflowError: deep\n" + "\n".join(f"\tat com.ERROR.A.f(A.java:{n})" for n in range(1_500))
    events = events_of(encoded([trace]))
    assert [event.count(b"\n") + 1 for event in events] == [MAX_LINES, 501]
    rest = decoder("text").decode(events[1], Ref("s", "t", 0), 0)
    assert rest.level is Level.INFO
    long = events_of(encoded(["Error: x\n" + "\n".join("\tat " + "y" * 5_000 for _ in range(100))]))
    assert all(len(event) <= MAX_BYTES for event in long)


@given(json_line())
def test_only_what_may_go_on_is_held_back(line):
    objects = encoded([line] * 3)
    assert joining.open_from(objects) == len(objects)
    assert joining.open_from(objects + b"\n\n\n\n\n") == len(objects) + 5
    text = objects + b"2026-01-31 12:00:00 INFO x\n"
    assert joining.open_from(text) == len(objects)


RULES = build_rules()
DETECTORS = {accelerate: Detector(RULES, decoder, accelerate=accelerate, warm_up=0) for accelerate in (False, True)}


@given(SEQUENCES, st.booleans())
def test_the_rules_select_what_decoding_every_event_selects(events, accelerate):
    data = encoded([*events, '{"level":"ERROR","message":"last"}'])
    selected = DETECTORS[accelerate].select(
        data, source="s", stream="t", start=0, dialect="text", service="", received=0, truncated={}, joins=True
    )
    decoded = [decoder("text").decode(data[b:e], Ref("s", "t", b, e - b), 0) for b, e in joining.spans(data)]
    matched = [r for r in decoded if isinstance(r, LogRecord) and any(rule.judge(r) is not None for rule in RULES)]
    assert [finding.record for finding in selected.findings] == matched
    assert selected.lines == data.count(b"\n")
    assert selected.rejects == []
