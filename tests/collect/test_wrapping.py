"""Log files of container runtimes read as if the service had written them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmedic.build import Config, digester
from logmedic.collect.wrapping import Times, unwrap
from logmedic.model import Level, LogRecord, Ref
from logmedic.pipeline.digest import Digest

from .tail import Tail, append

TIME = "2025-12-31T09:00:00.123456789Z"
ERROR = '{"level":"ERROR","service":"shop","message":"stock is negative","request_id":"r-1"}'
TRACE = """Traceback (most recent call last):
  File "/srv/shop/app.py", line 7, in serve
    return prices[item]
KeyError: 'apple'"""


def cri(text: str, tag: str = "F") -> str:
    return f"{TIME} stdout {tag} {text}"


def docker(text: str, end: str = "\n") -> str:
    return json.dumps({"log": text + end, "stream": "stdout", "time": TIME}, ensure_ascii=False, separators=(",", ":"))


def journal(text: str) -> str:
    entry = {"__REALTIME_TIMESTAMP": "1767171600123456", "PRIORITY": "6", "SYSLOG_IDENTIFIER": "shop", "MESSAGE": text}
    return json.dumps(entry, ensure_ascii=False, separators=(",", ":"))


LAYOUTS = pytest.mark.parametrize("wrapped", [cri, docker])


def records(tail: Tail) -> list[LogRecord]:
    """What the pipeline makes of all that is there, by its rules."""
    found = Digest()
    digest = digester(Config())
    for _ in range(2):
        for batch in tail.source.read():
            digest.add(found, batch, tail.clock.now())
        tail.clock.sleep(10)  # the last event is complete when the writer has been silent for a while
    deltas = [delta for fold in found.folds for delta in fold.drain()]
    return [sample.record for delta in deltas for sample in delta.samples]


@pytest.mark.parametrize("wrapped", [cri, docker, journal])
def test_the_line_of_the_service_is_read_at_the_place_of_its_wrapping(tmp_path, wrapped):
    append(tmp_path / "0.log", wrapped('{"level":"INFO","message":"ready"}'), wrapped(ERROR))
    tail = Tail(tmp_path / "0.log", dialect="auto", multiline="auto")
    (record,) = records(tail)
    assert (record.level, record.message, record.service) == (Level.ERROR, "stock is negative", "shop")
    assert record.ref.offset == len(wrapped('{"level":"INFO","message":"ready"}').encode()) + 1
    assert [r.message for r in tail.source.around(record.ref, 1, 1)] == ["ready", "stock is negative"]
    assert [r.message for r in tail.source.by_request("r-1", 0, 2**62)] == ["stock is negative"]


@LAYOUTS
def test_a_line_that_says_no_time_was_written_when_the_runtime_read_it(tmp_path, wrapped):
    append(tmp_path / "0.log", wrapped(ERROR), wrapped("ERROR no space left on device"))
    tail = Tail(tmp_path / "0.log", dialect="auto", multiline="auto")
    assert [(r.time, "time-inferred" in r.flags) for r in records(tail)] == [(1_767_171_600_123_456_789, False)] * 2


@LAYOUTS
def test_a_stack_trace_over_several_wrapped_lines_is_one_record(tmp_path, wrapped):
    lines = ["ERROR request failed", *TRACE.split("\n")]
    append(tmp_path / "0.log", *map(wrapped, lines), wrapped("INFO next"))
    (record,) = records(Tail(tmp_path / "0.log", dialect="auto", multiline="auto"))
    assert "KeyError: 'apple'" in (record.stack_text or "")


def test_an_object_in_the_journal_is_read_as_such_with_what_the_journal_knows(tmp_path):
    append(tmp_path / "j.json", journal('{"level":"ERROR","message":"boom"}'), journal("plain text"))
    (record,) = records(Tail(tmp_path / "j.json", dialect="auto"))
    assert (record.level, record.message, record.service) == (Level.ERROR, "boom", "shop")
    assert record.time == 1_767_171_600_123_456_000


@pytest.mark.parametrize("message", ["null", "[123,34,255]", '"{"', '"{}"', "[1e9]", "7"])
def test_odd_entries_of_the_journal_stay_as_they_are(message):
    line = ('{"__REALTIME_TIMESTAMP":"1","MESSAGE":' + message + "}\n").encode()
    out, whole = unwrap(line)
    assert len(out) == whole == len(line)


def test_parts_of_a_long_line_are_put_together_wherever_a_block_ends(tmp_path):
    long = '{"level":"ERROR","message":"' + "가나다" * 4_000 + '","error_code":"DB_DOWN"}'
    parts = [long[at : at + 5_000] for at in range(0, len(long), 5_000)]
    for wrapped in (
        [cri(p, "P") for p in parts[:-1]] + [cri(parts[-1])],
        [docker(p, "") for p in parts[:-1]] + [docker(parts[-1])],
    ):
        for block_bytes in (3_000, 1 << 18):
            path = tmp_path / f"{block_bytes}{len(wrapped[0])}.log"
            append(path, cri("INFO before") if wrapped[0][0] != "{" else docker("INFO before"), *wrapped)
            (record,) = records(Tail(path, dialect="auto", multiline="auto", block_bytes=block_bytes))
            assert record.error_code == "DB_DOWN"
            assert record.message.startswith("가나다")


def test_a_part_waits_for_its_end_and_is_read_once(tmp_path):
    path = tmp_path / "0.log"
    append(path, cri("one"), cri("begins ", "P"))
    tail = Tail(path)
    assert [line.rstrip() for line in tail.read()] == [b"one"]
    assert tail.read() == []
    tail.restart()
    append(path, cri("and ends"), cri("two"))
    assert [line.rstrip() for line in tail.read()] == [b"begins and ends", b"two"]
    tail.restart()
    assert tail.read() == []


def test_lines_that_no_runtime_wrote_stay_as_they_are(tmp_path):
    plain = ['{"log":"not docker"}', "2026-11-23T09:00:00Z stdout is a word", '{"log":"x","stream":"file"}', ERROR]
    append(tmp_path / "app.log", *plain)
    assert [line.decode() for line in Tail(tmp_path / "app.log").read()] == plain


TEXTS = st.text(st.characters(exclude_characters="\n\r\0", exclude_categories=["Cs"]), max_size=60)


@given(lines=st.lists(st.tuples(st.booleans(), TEXTS), min_size=1, max_size=8), as_docker=st.booleans())
def test_every_byte_that_the_service_wrote_stands_there_and_no_offset_moves(lines, as_docker):
    """A line starts where its first part starts, and the whole is as long as it was."""
    raw, expected, text, start = b"", {}, "", 0
    for complete, written in [*lines, (True, "end")]:
        line = docker(written, "\n" if complete else "") if as_docker else cri(written, "F" if complete else "P")
        raw += line.encode() + b"\n"
        text += written
        if complete:
            expected[start] = text
            text, start = "", len(raw)
    out, whole = unwrap(raw)
    assert len(out) == whole == len(raw)
    for at, line in expected.items():
        assert out[at : out.index(b"\n", at)].decode().rstrip() == line.rstrip()


@given(st.binary(max_size=300), st.integers(0, 300))
def test_any_bytes_are_kept_within_their_length(noise, cut):
    raw = (cri("x").encode() + b"\n")[:cut] + noise + b"\n"
    out, whole = unwrap(raw)
    assert len(out) == whole <= len(raw)
    record = LogRecord(ref=Ref("a", "b", cut), time=1, flags=("time-inferred",))
    Times(((0, raw),)).record(record)
