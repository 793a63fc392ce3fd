"""Bytes to blocks of whole lines, whatever the sizes of the reads."""

import os
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmedic.collect.blocks import Buffer, LineReader, fill_from, hole_skipper


def cut(data: bytes, *, block=4096, max_line=1 << 20, final=False, start=0):
    """What comes out: (offset, line, full length if it was cut), and the reader."""
    position = start

    def fill(view, offset):
        nonlocal position
        assert offset >= position, "a pipe cannot go back"
        position = offset
        part = data[offset : offset + len(view)]
        view[: len(part)] = part
        position += len(part)
        return len(part)

    reader = LineReader(Buffer(block, max_line), fill, start)
    lines = []
    for block_ in reader.blocks(final=final):
        at = block_.start
        assert bytes(block_.data).endswith(b"\n")
        for line in bytes(block_.data).split(b"\n")[:-1]:
            lines.append((at, line, block_.truncated.get(at)))
            at += len(line) + 1
    return lines, reader


def expected(data: bytes, max_line: int, final: bool):
    """The same by the simplest means."""
    at, lines = 0, []
    while at < len(data):
        while at < len(data) and data[at] == 0:
            at += 1
        end = data.find(b"\n", at)
        if end < 0:
            if final and at < len(data):
                end = len(data)
            else:
                break
        line = data[at:end]
        lines.append((at, line[:max_line], len(line) if len(line) > max_line else None))
        at = end + 1
    return lines


@given(
    st.lists(
        st.sampled_from([b"\n", b"\0", b"\0" * 9, b"a", b"bcd", b"x" * 13, "é".encode(), b"\r\n", b"\n\0\n"]),
        max_size=60,
    ),
    st.integers(1, 12),
    st.integers(1, 20),
    st.booleans(),
)
def test_any_read_size_and_line_limit_give_the_lines_of_the_simplest_reader(parts, block, max_line, final):
    data = b"".join(parts)
    lines, reader = cut(data, block=block, max_line=max_line, final=final)
    assert lines == expected(data, max_line, final)
    assert reader.examined >= reader.offset


@pytest.mark.parametrize("size", range(1, 8))
def test_a_read_that_ends_inside_a_character_or_line_end_breaks_nothing(size):
    data = "한국어 é\r\n두 번째\r\n".encode()
    lines, _ = cut(data, block=size)
    assert b"\n".join(line for _, line, _ in lines) + b"\n" == data


def test_only_a_line_feed_ends_a_line():
    line = "a\rb\x0bc\x0cd\x1ce\x85f\u2028g\u2029h".encode()
    assert [found for _, found, _ in cut(line + b"\n")[0]] == [line]


def test_a_partial_last_line_waits_and_the_offset_stays_before_it():
    lines, reader = cut(b"one\ntw")
    assert [line for _, line, _ in lines] == [b"one"]
    assert reader.offset == 4
    assert reader.examined == 6


def test_nul_bytes_inside_a_line_are_kept():
    assert [line for _, line, _ in cut(b"a\0b\n")[0]] == [b"a\0b"]


def test_trailing_nul_bytes_wait_for_what_follows():
    _, reader = cut(b"a\n" + b"\0" * 10_000)
    assert reader.offset == 2
    assert reader.nul_bytes == 0


def test_a_hundred_megabyte_line_is_cut_in_bounded_memory(tmp_path):
    path = tmp_path / "long"
    with path.open("wb") as out:
        for _ in range(100):
            out.write(b"x" * 1_000_000)
        out.write(b"\nnext\n")
    fd = os.open(path, os.O_RDONLY)
    tracemalloc.start()
    reader = LineReader(Buffer(256 * 1024, 1 << 20), fill_from(fd), 0)
    found = [(len(block.data), dict(block.truncated)) for block in reader.blocks()]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    os.close(fd)
    assert found == [((1 << 20) + 1, {0: 100_000_000}), (5, {})]
    assert peak < 8 << 20


def test_a_long_line_still_being_written_is_not_searched_again(tmp_path):
    path = tmp_path / "long"
    path.write_bytes(b"x" * 5_000)
    fd = os.open(path, os.O_RDONLY)
    first = LineReader(Buffer(100, 50), fill_from(fd), 0)
    assert list(first.blocks()) == []
    assert first.scanned == 5_000
    with path.open("ab") as out:
        out.write(b"yy\nnext\n")
    asked = []
    fill = fill_from(fd)

    def noting(view, offset):
        asked.append(offset)
        return fill(view, offset)

    second = LineReader(Buffer(100, 50), noting, 0, scanned=first.scanned)
    assert [dict(b.truncated) for b in second.blocks()] == [{0: 5_002}, {}]
    assert all(at < 200 or at >= 5_000 for at in asked)
    os.close(fd)


def test_a_sparse_hole_is_jumped_over(tmp_path):
    path = tmp_path / "hole"
    with path.open("wb") as out:
        out.seek(1 << 40)  # a terabyte could not be read in the time of a test
        out.write(b"after\n")
    fd = os.open(path, os.O_RDONLY)
    reader = LineReader(Buffer(1 << 17, 1 << 20), fill_from(fd), 0, skip_hole=hole_skipper(fd))
    assert [(b.start, bytes(b.data)) for b in reader.blocks()] == [(1 << 40, b"after\n")]
    assert reader.nul_bytes == 1 << 40
    os.close(fd)
