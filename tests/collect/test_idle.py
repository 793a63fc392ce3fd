"""A scan with nothing new must know so from stat alone, and must never think so wrongly."""

import os
import subprocess
import sys

import pytest

from logmedic.collect.idle import unchanged

from .tail import Tail, append, numbered


@pytest.fixture
def tail(tmp_path):
    append(tmp_path / "app.log", *numbered("a", 3))
    append(tmp_path / "other.log", "b")
    tail = Tail(tmp_path / "*.log")
    tail.read()
    return tail


def idle(tail) -> bool:
    return unchanged("files", tail.config, list(tail.stored.values()))


def test_nothing_new_is_known_after_everything_was_read(tail):
    assert idle(tail)


def test_nothing_was_ever_read(tmp_path):
    append(tmp_path / "app.log", "x")
    assert not unchanged("files", Tail(tmp_path / "*.log").config, [])


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: append(folder / "app.log", "x"),
        lambda folder: append(folder / "new.log", "x"),
        lambda folder: os.truncate(folder / "app.log", 0),
        lambda folder: os.truncate(folder / "app.log", 5),
        lambda folder: (folder / "app.log").write_bytes(b"y" * (folder / "app.log").stat().st_size),
        lambda folder: ((folder / "app.log").rename(folder / "app.log.1"), append(folder / "app.log.1", "x")),
    ],
    ids=["append", "new file", "truncate", "cut", "same size", "renamed and grown"],
)
def test_every_change_is_noticed(tail, tmp_path, change):
    change(tmp_path)
    assert not idle(tail)


def test_an_interrupted_read_is_not_taken_for_a_finished_one(tmp_path):
    append(tmp_path / "app.log", *numbered("a", 50))
    tail = Tail(tmp_path / "*.log", block_bytes=200)
    tail.read(batches=3)
    assert not idle(tail)
    tail.restart()
    tail.read()
    assert idle(tail)


def test_an_unfinished_last_line_that_was_seen_is_nothing_new(tmp_path):
    (tmp_path / "app.log").write_bytes(b"half")
    tail = Tail(tmp_path / "*.log")
    tail.read()
    assert idle(tail)
    with (tmp_path / "app.log").open("ab") as out:
        out.write(b" and half\n")
    assert not idle(tail)


def test_a_rotated_or_deleted_file_that_was_read_is_nothing_new(tail, tmp_path):
    (tmp_path / "app.log").rename(tmp_path / "app.log.1")
    (tmp_path / "other.log").unlink()
    assert idle(tail)


def test_an_empty_file_is_nothing_new(tail, tmp_path):
    (tmp_path / "empty.log").touch()
    assert idle(tail)


def test_asking_imports_nothing_heavy(tmp_path):
    code = (
        "import sys, logmedic.collect.idle, logmedic.collect.file, logmedic.collect.stdin;"
        "heavy = {'sqlalchemy', 'inotify_simple', 'ctypes', 'asyncio', 'logmedic.collect.dialects'};"
        "sys.exit(','.join(heavy & set(sys.modules)) or 0)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100, check=False)
    assert ran.returncode == 0, ran.stderr
