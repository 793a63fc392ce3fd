"""Lines from a pipe or a redirected file, up to its end."""

import os
import threading

import pytest

from logmedic.collect.stdin import StdinSource, StdinSourceConfig
from logmedic.errors import ConfigError, SourceError
from logmedic.testing.doors import FakeClock

from .tail import lines_of


def source(fd, **config):
    return StdinSource("stdin", StdinSourceConfig(dialect="text", **config), FakeClock(), fd)


def lines(source):
    return [line for batch in source.read() for _, line in lines_of(batch)]


def test_a_pipe_is_read_to_its_end_with_the_last_unfinished_line():
    end, writer = os.pipe()

    def write():
        for part in (b"one\ntw", b"o\n", b"three"):
            os.write(writer, part)
        os.close(writer)

    thread = threading.Thread(target=write)
    thread.start()
    stdin = source(end)
    assert lines(stdin) == [b"one", b"two", b"three"]
    thread.join()
    assert stdin.ended
    assert lines(stdin) == []
    assert not stdin.wait(10)
    os.close(end)


def test_lines_of_a_slow_writer_come_before_the_end():
    end, writer = os.pipe()
    stdin = source(end)
    assert not stdin.wait(0)
    os.write(writer, b"one\n")
    assert stdin.wait(5)
    batches = stdin.read()
    assert lines_of(next(batches)) == [(0, b"one")]
    os.write(writer, b"two\n")
    os.close(writer)
    assert lines_of(next(batches)) == [(4, b"two")]
    assert list(batches) == []
    os.close(end)


def test_a_redirected_file_works_the_same(tmp_path):
    path = tmp_path / "log"
    path.write_bytes(b"a\nb")
    fd = os.open(path, os.O_RDONLY)
    assert lines(source(fd)) == [b"a", b"b"]
    os.close(fd)


def test_long_lines_are_cut_in_a_pipe_too():
    end, writer = os.pipe()
    thread = threading.Thread(target=lambda: (os.write(writer, b"x" * 200_000 + b"\nnext\n"), os.close(writer)))
    thread.start()
    batches = [(bytes(b.data), b.truncated) for b in source(end, max_line_bytes=100, block_bytes=64).read()]
    thread.join()
    assert batches == [(b"x" * 100 + b"\n", {0: 200_000}), (b"next\n", {})]
    os.close(end)


def test_a_closed_input_is_a_clear_error():
    end, writer = os.pipe()
    os.close(end)
    os.close(writer)
    with pytest.raises(SourceError, match="standard input cannot be read"):
        lines(source(end))


def test_limits_that_cannot_work_are_refused():
    with pytest.raises(ConfigError, match="max_line_bytes"):
        source(0, max_line_bytes=0)
