"""Events of several lines in real files: written in pieces, rotated in their midst, read again after a crash."""

from __future__ import annotations

import gzip
import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from logmedic.collect.events import joining
from logmedic.collect.file import FileSource
from logmedic.collect.ranges import read_range
from logmedic.collect.stdin import StdinSource, StdinSourceConfig
from logmedic.model import Ref
from logmedic.testing.doors import FakeClock

from .events_scenes import SEQUENCES
from .tail import Tail, lines_of

TRACE = 'Traceback (most recent call last):\n  File "a.py", line 1, in f\nValueError: bad'
PANIC = "thread 'main' panicked at src/main.rs:1:5:\nboom\nnote: run with `RUST_BACKTRACE=1`"
LINE = '{"level":"INFO","message":"a line long enough to be told from others"}'


class Events(Tail):
    """Keeps the events of what it was given; a crash forgets what was not committed."""

    def __init__(self, *paths: Path | str, **config) -> None:
        super().__init__(*paths, multiline="auto", **config)
        self.events: list[bytes] = []
        self.lines_counted = 0

    def commit(self, batch) -> list[bytes]:
        assert not (batch.joins and not batch.data)
        data = bytes(batch.data)
        fresh = [data[begin:end] for begin, end in joining.spans(data)]
        self.events += fresh
        self.lines_counted += len(lines_of(batch))
        for position in (batch.position, *([batch.also] if batch.also else [])):
            before = self.stored.get(position.stream)
            assert before is None or position.offset >= before.offset, "a position never goes back"
            self.stored[position.stream] = position
        return fresh

    def settle(self) -> None:
        """Read until nothing is held back any more."""
        for _ in range(4):
            self.read()
            self.clock.advance(1.1)
        self.read()
        assert self.source.settles_in() == 0


def encoded(events: list[str]) -> bytes:
    return "".join(event + "\n" for event in events).encode()


def write(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def rename(path: Path) -> None:
    path.rename(path.with_name(f"{path.name}.{len(list(path.parent.iterdir()))}"))
    path.touch()


def copytruncate(path: Path) -> None:
    shutil.copy2(path, path.with_name(f"{path.name}.{len(list(path.parent.iterdir()))}"))
    os.truncate(path, 0)


STEPS = st.lists(
    st.tuples(st.integers(1, 400), st.sampled_from(["write", "write", "read", "read", "restart", "rename"])),
    max_size=40,
)


@settings(max_examples=60)
@given(SEQUENCES, STEPS, st.integers(1, 600))
def test_records_are_the_events_however_they_are_written_rotated_and_read(events, steps, block_bytes):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "app.log"
        events = [LINE, *events]
        data = encoded(events)
        write(path, data[: len(LINE) + 1])
        tail = Events(path, block_bytes=block_bytes)
        tail.read()
        at = len(LINE) + 1
        for size, step in steps:
            write(path, data[at : at + size])
            at = min(len(data), at + size)
            if step == "read":
                tail.read()
            elif step == "restart":
                tail.restart()
            elif step == "rename" and data[:at].endswith(b"\n"):
                tail.read()
                rename(path)
                os.utime(path)
        write(path, data[at:])
        tail.settle()
        assert tail.events == [event.encode() for event in events]
        assert tail.lines_counted == data.count(b"\n")


def test_an_event_waits_for_a_second_of_silence_and_the_next_one_releases_it(tmp_path):
    path = tmp_path / "app.log"
    tail = Events(path)
    head, rest = TRACE.rsplit("\n", 1)
    write(path, f"{LINE}\n{head}\n".encode())
    assert tail.read() == [LINE.encode()]
    tail.clock.advance(0.6)
    assert tail.read() == []
    assert 0 < tail.source.settles_in() <= 0.4
    write(path, f"{rest}\n".encode())
    tail.clock.advance(0.6)
    assert tail.read() == []
    tail.clock.advance(1.1)
    assert tail.read() == [TRACE.encode()]
    write(path, f"{PANIC}\n{LINE}\n".encode())
    assert tail.read() == [PANIC.encode(), LINE.encode()]


def test_what_is_held_back_is_not_stored_as_read(tmp_path):
    path = tmp_path / "app.log"
    tail = Events(path)
    write(path, encoded([LINE, TRACE]))
    tail.read()
    tail.restart()
    tail.settle()
    assert tail.events == [LINE.encode(), TRACE.encode()]


def rotated_inside(tmp_path: Path, rotate, restart: bool) -> Events:
    path = tmp_path / "app.log"
    tail = Events(path)
    write(path, encoded([LINE, LINE]))
    tail.read()
    head, rest = TRACE.split("\n", 1)
    write(path, f"{head}\n".encode())
    tail.read()
    rotate(path)
    write(path, f"{rest}\n{LINE}\n".encode())
    os.utime(path)
    if restart:
        tail.restart()
    tail.settle()
    tail.settle()
    return tail


def test_an_event_at_the_end_of_a_rotated_file_comes_before_what_the_next_file_begins_with(tmp_path):
    path = tmp_path / "app.log"
    tail = Events(path)
    write(path, encoded([LINE, TRACE]))
    assert tail.read() == [LINE.encode()]
    rename(path)
    write(path, encoded([LINE]))
    os.utime(path)
    assert tail.read() == [TRACE.encode(), LINE.encode()]


def test_a_third_file_waits_as_long_as_the_second_which_waits_for_the_end_of_the_first(tmp_path):
    path = tmp_path / "app.log"
    tail = Events(path)
    head, rest = TRACE.rsplit("\n", 1)
    write(path, f"{LINE}\n{head}\n".encode())
    assert tail.read() == [LINE.encode()]
    rename(path)
    write(path, f"{rest}\n{PANIC}\n".encode())
    os.utime(path)
    assert tail.read() == []
    rename(path)
    write(path, encoded([LINE]))
    os.utime(path)
    assert tail.read() == []
    tail.settle()
    assert tail.events == [event.encode() for event in (LINE, TRACE, PANIC, LINE)]


def test_an_event_that_a_rotation_parts_is_one(tmp_path):
    for rotate in (rename, copytruncate):
        for restart in (False, True):
            folder = tmp_path / f"{rotate.__name__}-{restart}"
            folder.mkdir()
            tail = rotated_inside(folder, rotate, restart)
            assert sorted(tail.events) == sorted([LINE.encode()] * 3 + [TRACE.encode()]), folder
            assert tail.lines_counted == 6


def test_the_end_of_a_parted_event_may_come_later_than_the_rotation(tmp_path):
    path = tmp_path / "app.log"
    tail = Events(path)
    one, two, three = TRACE.split("\n")
    write(path, f"{LINE}\n{one}\n".encode())
    tail.read()
    rename(path)
    write(path, f"{two}\n".encode())
    tail.clock.advance(0.5)
    assert tail.read() == []
    tail.clock.advance(0.7)
    assert tail.read() == []  # the new file was written to since
    write(path, f"{three}\n".encode())
    tail.settle()
    assert tail.events == [LINE.encode(), TRACE.encode()]


def test_multiline_off_takes_every_line_by_itself_and_at_once(tmp_path):
    path = tmp_path / "app.log"
    tail = Tail(path)
    write(path, encoded([TRACE]))
    assert tail.read() == TRACE.encode().split(b"\n")


def test_a_compressed_part_is_read_in_whole_events(tmp_path):
    (tmp_path / "app.log.1.gz").write_bytes(gzip.compress(encoded([PANIC, LINE] * 50 + [TRACE])))
    tail = Events(tmp_path / "*.gz", block_bytes=100)
    tail.read()
    assert tail.events == [PANIC.encode(), LINE.encode()] * 50 + [TRACE.encode()]


@settings(max_examples=40)
@given(SEQUENCES, st.integers(1, 2_000), st.integers(1, 400))
def test_the_size_of_a_range_changes_no_event(events, chunk_bytes, block_bytes):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "app.log"
        write(path, encoded(events))
        tail = Events(path, block_bytes=block_bytes)
        for part in tail.source.ranges(1, chunk_bytes):
            for batch in read_range(part):
                tail.commit(batch)
            tail.stored[part.stream] = part.position
        tail.settle()
        assert tail.events == [event.encode() for event in events]


def test_evidence_is_quoted_in_whole_events(tmp_path):
    path = tmp_path / "app.log"
    request = "2026-01-31 12:00:00 ERROR app: request 4f1c failed"
    write(path, encoded([LINE, PANIC, f"{request}\n{TRACE}", LINE]))
    tail = Events(path)
    tail.read()
    (stream,) = tail.stored
    offset = len(encoded([LINE, PANIC]))
    before, record, after = tail.source.around(Ref("files", stream, offset), 1, 1)
    assert (before.raw, record.raw, after.raw) == (PANIC.encode(), f"{request}\n{TRACE}".encode(), LINE.encode())
    (found,) = tail.source.by_request("4f1c", 0, 1 << 62)
    assert found.raw == record.raw


def test_a_pipe_hands_over_an_event_once_its_writer_is_silent():
    reading, writing = os.pipe()
    config = StdinSourceConfig(multiline_timeout=0.05)
    source = StdinSource("stdin", config, FakeClock(), fd=reading)
    os.write(writing, encoded([LINE, TRACE]))
    batches = source.read()
    assert bytes(next(batches).data) == encoded([LINE])
    assert bytes(next(batches).data) == encoded([TRACE])  # although the pipe is still open
    os.write(writing, encoded([PANIC]))
    os.close(writing)
    assert b"".join(bytes(b.data) for b in batches) == encoded([PANIC])
    assert source.ended
    os.close(reading)


def test_a_file_source_of_pure_json_holds_nothing_back(tmp_path):
    write(tmp_path / "app.log", encoded([LINE] * 3))
    tail = Events(tmp_path / "app.log")
    assert len(tail.read()) == 3
    assert isinstance(tail.source, FileSource)
    assert tail.source.settles_in() == 0
