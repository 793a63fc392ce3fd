"""Trouble around the reader: slow consumers, few descriptors, strange bytes, wrong settings."""

import os
import resource
import subprocess
import sys
import textwrap

import msgspec
import pytest

from logmedic.collect.file import FileSource, FileSourceConfig
from logmedic.collect.interface import Position
from logmedic.errors import ConfigError
from logmedic.testing.doors import FakeClock

from .tail import Tail, append, encoded, numbered


def test_files_rotated_and_deleted_while_the_consumer_is_stuck_are_still_read(tmp_path):
    log = tmp_path / "app.log"
    append(log, *numbered("one", 100))
    append(tmp_path / "b.log", *numbered("two", 100))
    tail = Tail(tmp_path / "*.log", block_bytes=500)
    batches = tail.source.read()
    tail.commit(next(batches))
    log.unlink()
    for batch in batches:
        tail.commit(batch)
    assert len(tail.lines) == 200


def test_a_file_truncated_between_two_batches_is_read_from_its_new_beginning(tmp_path):
    log = tmp_path / "app.log"
    append(log, *numbered("old", 100))
    tail = Tail(log, block_bytes=500)
    batches = tail.source.read()
    tail.commit(next(batches))
    log.write_bytes(b"")
    append(log, *numbered("new", 3))
    for batch in batches:
        tail.commit(batch)
    assert [line for line in tail.lines if line.startswith(b"new")] == encoded(numbered("new", 3))


def test_questions_between_two_batches_never_close_the_file_being_read(tmp_path):
    for name in "abcdef":
        append(tmp_path / f"{name}.log", *numbered(name, 50))
    tail = Tail(tmp_path / "*.log", block_bytes=300, max_open_files=1)
    for batch in tail.source.read():
        tail.commit(batch)
        tail.source.by_request("entry", 0, 2**62)
    assert len(tail.lines) == 300


def test_a_process_that_may_open_few_files_reads_many(tmp_path):
    for n in range(300):
        append(tmp_path / f"{n}.log", f"line of {n}")
    code = textwrap.dedent(
        """
        import resource, sys
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        from logmedic.collect.file import FileSource, FileSourceConfig
        from logmedic.doors import SystemClock
        config = FileSourceConfig(paths=[sys.argv[1] + "/*.log"], dialect="text", multiline="off")
        source = FileSource("f", config, SystemClock())
        source.resume([])
        print(sum(bytes(b.data).count(b"\\n") for b in source.read()), source.status().open_files)
        """
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=100, check=True
    )
    lines, descriptors = map(int, ran.stdout.split())
    assert lines == 300
    assert descriptors <= 32
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 64


def test_any_bytes_are_handed_over_as_they_are(tmp_path):
    lines = [b"\xef\xbb\xbfbom", b"\xff\xfe\x00", "u16".encode("utf-16"), b"\r", b"\x0b\x1c\x85", os.urandom(500)]
    lines = [line.replace(b"\n", b" ").lstrip(b"\0") for line in lines]
    append(tmp_path / "app.log", *lines)
    assert Tail(tmp_path / "app.log").read() == lines


@pytest.mark.parametrize("size", [1, 2, 7])
def test_tiny_reads_give_the_same_lines(tmp_path, size):
    append(tmp_path / "app.log", "한국어\r", "é", "")
    assert Tail(tmp_path / "app.log", block_bytes=size).read() == ["한국어\r".encode(), "é".encode(), b""]


def test_a_long_line_is_cut_and_marked_and_the_next_one_is_whole(tmp_path):
    append(tmp_path / "app.log", "short", "x" * 5_000, "next")
    tail = Tail(tmp_path / "app.log", max_line_bytes=100)
    assert tail.read() == [b"short", b"x" * 100, b"next"]
    assert tail.truncated == {6: 5_000}
    assert tail.source.status().lines_truncated == 1
    append(tmp_path / "app.log", "later")
    tail.restart()
    assert tail.read() == [b"later"]


def test_an_unfinished_line_of_a_live_file_waits_however_long_it_takes(tmp_path):
    log = tmp_path / "app.log"
    log.write_bytes(b"half")
    tail = Tail(log)
    for _ in range(3):
        assert tail.read() == []
        tail.clock.advance(100)
    tail.restart()
    append(log, " done")
    assert tail.read() == [b"half done"]


def test_an_unfinished_line_of_a_rotated_file_is_handed_on_when_it_has_been_quiet(tmp_path):
    log = tmp_path / "app.log"
    log.write_bytes(b"one\nhalf")
    tail = Tail(tmp_path / "app.log*")
    assert tail.read() == [b"one"]
    log.rename(tmp_path / "app.log.1")
    append(log, "new")
    assert tail.read() == [b"new"]
    tail.clock.advance(6)
    assert tail.read() == [b"half"]
    assert tail.read() == []
    tail.restart()
    assert tail.read() == []


def test_what_is_read_names_its_file_dialect_and_service(tmp_path):
    append(tmp_path / "app.log", '{"level":"INFO"}')
    source = FileSource("api", FileSourceConfig(paths=[str(tmp_path / "app.log")], service="shop"), FakeClock())
    source.resume([])
    batch = next(source.read())
    assert (batch.source, batch.service, batch.path) == ("api", "shop", str(tmp_path / "app.log"))
    assert batch.dialect != "auto"
    assert batch.position.token["path"] == str(tmp_path / "app.log")


def test_the_lag_is_what_was_written_and_not_read(tmp_path):
    append(tmp_path / "app.log", "one")
    tail = Tail(tmp_path / "app.log")
    tail.read()
    assert tail.source.status().lag_bytes == 0
    with (tmp_path / "app.log").open("ab") as out:
        out.write(b"12345")
    tail.read()
    assert tail.source.status().lag_bytes == 5


@pytest.mark.parametrize("token", [{}, {"dev": "x", "heads": 7}, {"heads": [[1], None, [2, 3]], "size": None}])
def test_a_damaged_position_is_no_crash_and_its_file_is_read(tmp_path, token):
    append(tmp_path / "app.log", "one")
    tail = Tail(tmp_path / "app.log")
    tail.source.resume([Position("files", "app.log~1", 4, token)])
    assert tail.read() == [b"one"]


def test_positions_of_other_sources_are_not_ours(tmp_path):
    append(tmp_path / "app.log", "one")
    tail = Tail(tmp_path / "app.log")
    tail.read()
    position = next(iter(tail.stored.values()))
    tail.source.resume([msgspec.structs.replace(position, source="other")])
    assert len(list(tail.source.read())) == 1


def test_a_state_that_is_taken_up_again_after_a_failed_commit_reads_the_lines_again(tmp_path):
    append(tmp_path / "app.log", "one")
    tail = Tail(tmp_path / "app.log")
    list(tail.source.read())
    tail.source.resume(list(tail.stored.values()))
    assert tail.read() == [b"one"]


@pytest.mark.parametrize(
    ("config", "message"),
    [({"paths": []}, "names no file"), ({"block_bytes": 0}, "at least 1"), ({"max_line_bytes": -1}, "at least 1")],
)
def test_settings_that_cannot_work_are_refused(config, message):
    with pytest.raises(ConfigError, match=message):
        FileSource("files", FileSourceConfig(**config), FakeClock())
