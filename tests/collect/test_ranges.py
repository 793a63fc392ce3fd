"""A backlog shared among processes gives the same lines as one process alone."""

import os
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import msgspec
import pytest

from logmedic.collect.ranges import Range, read_range
from logmedic.errors import SourceError

from .tail import Tail, append, encoded, lines_of, numbered

LINES = numbered("entry", 2_000)


@pytest.fixture
def tail(tmp_path):
    append(tmp_path / "app.log", *LINES)
    return Tail(tmp_path / "*.log", block_bytes=1_000, max_line_bytes=500)


def count(part: Range) -> list[bytes]:
    return [line for batch in read_range(part) for _, line in lines_of(batch)]


def test_ranges_join_to_the_whole_and_end_at_line_ends(tail):
    parts = list(tail.source.ranges(1, 10_000))
    assert len(parts) > 5
    assert [p.start for p in parts[1:]] == [p.end for p in parts[:-1]]
    assert [line for part in parts for line in count(part)] == encoded(LINES)
    assert all(p.position.offset == p.end for p in parts)


def test_worker_processes_read_them_even_after_a_delete(tail, tmp_path):
    parts = list(tail.source.ranges(1, 30_000))
    (tmp_path / "app.log").unlink()
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        assert [line for lines in pool.map(count, parts) for line in lines] == encoded(LINES)


def test_what_the_ranges_left_is_read_and_a_restart_goes_on_behind_a_range(tail, tmp_path):
    with (tmp_path / "app.log").open("ab") as out:
        out.write(b"unfinished")
    parts = list(tail.source.ranges(1, 10_000))
    stored = 0
    for part in parts[:3]:
        tail.stored[part.stream] = part.position
        stored += len(count(part))
    tail.restart()
    assert tail.read() == encoded(LINES)[stored:]
    append(tmp_path / "app.log", "")
    assert tail.read() == [b"unfinished"]


def test_a_small_backlog_is_left_to_read(tail):
    assert list(tail.source.ranges(1 << 20)) == []
    assert len(tail.read()) == len(LINES)


def test_lines_beyond_the_limit_are_left_to_read(tmp_path):
    append(tmp_path / "app.log", "a", "x" * 50_000, "b")
    tail = Tail(tmp_path / "*.log", max_line_bytes=100)
    handed = [line for part in tail.source.ranges(1, 10) for line in count(part)]
    rest = tail.read()
    assert [*handed, *rest] == [b"a", b"x" * 100, b"b"]
    assert list(tail.truncated.values()) == [50_000]


def test_a_range_survives_transport(tail):
    part = next(iter(tail.source.ranges(1)))
    assert pickle.loads(pickle.dumps(part)) == part
    assert msgspec.json.decode(msgspec.json.encode(part), type=Range) == part


def test_a_file_cut_short_meanwhile_is_an_error_and_not_fewer_lines(tail, tmp_path):
    parts = list(tail.source.ranges(1, 10_000))
    os.truncate(tmp_path / "app.log", 0)
    with pytest.raises(SourceError, match="starts again from the stored position"):
        list(read_range(parts[-1]))


def test_other_lines_that_stand_in_the_file_meanwhile_are_an_error_and_not_counted(tail, tmp_path):
    parts = list(tail.source.ranges(1, 10_000))
    os.truncate(tmp_path / "app.log", 0)
    append(tmp_path / "app.log", *numbered("later", 4_000))
    with pytest.raises(SourceError, match="starts again from the stored position"):
        list(read_range(parts[0]))


def test_a_closed_source_is_an_error(tail):
    parts = list(tail.source.ranges(1, 10_000))
    tail.source.close()
    with pytest.raises(SourceError):
        list(read_range(parts[0]))
