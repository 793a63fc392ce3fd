"""Standard output and the rotated file: no line lost, none split, one sink's trouble is not the other's."""

from __future__ import annotations

import io
import json
import logging
import resource
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tracing_memory import Memory

from logmedic.tracing.format import JsonFormatter
from logmedic.tracing.output import JsonHandler, RotatingFile, StreamSink


def parts(path: Path) -> list[Path]:
    """All parts, oldest first."""
    numbered = sorted(path.parent.glob(f"{path.name}.*"), key=lambda part: -int(part.suffix[1:]))
    return [*numbered, path]


def test_rotation_loses_no_line_and_splits_none_while_threads_write(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "app.log"
    handler = JsonHandler(JsonFormatter(), [RotatingFile(path, max_bytes=5_000, backups=500)])
    logger = logging.Logger("direct")
    logger.addHandler(handler)

    def work(thread: int) -> None:
        for number in range(250):
            logger.info("line", extra={"key": f"{thread}-{number}"})

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    handler.close()
    files = parts(path)
    keys = [json.loads(line)["fields"]["key"] for file in files for line in file.read_bytes().splitlines()]
    assert sorted(keys) == sorted(f"{thread}-{number}" for thread in range(4) for number in range(250))
    assert len(files) > 10
    assert all(file.stat().st_size <= 5_000 for file in files)
    for thread in range(4):  # order within a thread is kept over all parts
        own = [int(key.split("-")[1]) for key in keys if key.startswith(f"{thread}-")]
        assert own == sorted(own)


def test_only_so_many_old_parts_are_kept(tmp_path: Path) -> None:
    file = RotatingFile(tmp_path / "app.log", max_bytes=10, backups=2)
    for number in range(5):
        file.write(b"%d2345678\n" % number)
    file.close()
    assert [part.read_bytes()[:1] for part in parts(tmp_path / "app.log")] == [b"2", b"3", b"4"]


def test_a_line_longer_than_the_limit_gets_a_part_of_its_own(tmp_path: Path) -> None:
    file = RotatingFile(tmp_path / "app.log", max_bytes=10, backups=5)
    for line in (b"a\n", b"b" * 50 + b"\n", b"c\n"):
        file.write(line)
    file.close()
    assert [part.read_bytes()[:1] for part in parts(tmp_path / "app.log")] == [b"a", b"b", b"c"]


def test_a_restart_continues_the_file_and_counts_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(b"12345678\n")
    file = RotatingFile(path, max_bytes=10, backups=1)
    file.write(b"next\n")
    file.close()
    assert (tmp_path / "app.log.1").read_bytes() == b"12345678\n"
    assert path.read_bytes() == b"next\n"


def test_a_half_line_left_by_a_crash_does_not_swallow_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(b'{"half":')
    file = RotatingFile(path, max_bytes=1000, backups=1)
    file.write(b"whole\n")
    file.close()
    assert path.read_bytes() == b'{"half":\nwhole\n'


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """Writes beyond ``size`` bytes of any file fail with EFBIG after a part was written, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


def test_a_line_cut_by_a_full_disk_is_ended_before_the_next_one(tmp_path: Path) -> None:
    file = RotatingFile(tmp_path / "app.log", max_bytes=1 << 20, backups=1)
    with file_size_limit(15):
        file.write(b"first line\n")
        with pytest.raises(OSError, match="File too large"):
            file.write(b"second line\n")
    file.write(b"third line\n")
    file.close()
    assert (tmp_path / "app.log").read_bytes() == b"first line\nseco\nthird line\n"


def test_when_a_rename_fails_the_lines_stay_in_the_open_file(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    (tmp_path / "app.log.1").mkdir()
    (tmp_path / "app.log.1" / "in the way").touch()
    file = RotatingFile(path, max_bytes=3, backups=1)
    for line in (b"one\n", b"two\n"):
        file.write(line)
    file.close()
    assert path.read_bytes() == b"one\ntwo\n"


def test_a_deleted_file_is_no_reason_to_fail_at_rotation(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    file = RotatingFile(path, max_bytes=3, backups=1)
    file.write(b"one\n")
    path.unlink()
    file.write(b"two\n")
    file.close()
    assert path.read_bytes() == b"two\n"


def test_a_sink_that_fails_does_not_keep_the_line_from_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    memory = Memory()
    closed = io.StringIO()
    closed.close()
    handler = JsonHandler(JsonFormatter(), [StreamSink(closed), memory])
    monkeypatch.setattr(logging, "raiseExceptions", True)
    handler.handle(logging.makeLogRecord({"msg": "still here", "levelno": 20, "pathname": ""}))
    assert memory.last["fields"]["message"] == "still here"
    assert "Logging error" in capsys.readouterr().err


def test_a_stream_gets_utf_8_whatever_its_encoding() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    StreamSink(stream).write("쓰기\n".encode())
    assert raw.getvalue().decode() == "쓰기\n"


def test_the_file_is_not_readable_by_everybody(tmp_path: Path) -> None:
    RotatingFile(tmp_path / "app.log", max_bytes=3, backups=1).close()
    assert (tmp_path / "app.log").stat().st_mode & 0o007 == 0
