"""What is known of files that are gone is forgotten in time, and never too early."""

import gzip

import pytest

from logmedic.collect.departed import FORGET_AFTER
from logmedic.model import NANOSECONDS
from logmedic.testing.doors import FakeClock

from .tail import Tail, append, encoded, numbered

DAY = 86_400
PATIENCE = FORGET_AFTER / NANOSECONDS


@pytest.fixture
def log(tmp_path):
    return tmp_path / "app.log"


def rotate(log, kept):
    """As logrotate does with ``rotate N``: the oldest part goes."""
    for number in range(kept, 0, -1):
        part = log.with_name(f"{log.name}.{number}")
        if part.exists():
            part.unlink() if number == kept else part.rename(log.with_name(f"{log.name}.{number + 1}"))
    log.rename(log.with_name(f"{log.name}.1"))
    log.touch()


def settle(tail, seconds=0.0):
    """Read twice, with time for files to be given up in between."""
    fresh = tail.read()
    tail.clock.advance(max(seconds, 120))
    return fresh + tail.read()


@pytest.mark.parametrize("restarted", [False, True], ids=["one process", "a new one each day"])
def test_a_year_of_daily_rotations_keeps_a_handful_of_streams(log, restarted):
    tail = Tail(log)
    written = []
    for day in range(365):
        lines = numbered(f"day {day}", 3)
        append(log, *lines)
        written += encoded(lines)
        settle(tail)
        rotate(log, kept=3)
        settle(tail, DAY)
        if restarted:
            tail.restart()
    assert tail.lines == written
    assert len(tail.source._following.tracks) <= 10
    assert len(tail.source._following._followed_since) == 1
    assert len(tail.stored) <= 10


def test_names_that_never_come_again_are_forgotten(tmp_path):
    """Each container has a folder of its own, which goes with it."""
    tail = Tail(tmp_path / "*" / "0.log")
    for number in range(60):
        pod = tmp_path / f"pod-{number}"
        pod.mkdir()
        append(pod / "0.log", f"hello from {number}")
        settle(tail)
        if number > 1:
            gone = tmp_path / f"pod-{number - 2}"
            (gone / "0.log").unlink()
            gone.rmdir()
        settle(tail, DAY)
    assert len(tail.lines) == 60
    assert len(tail.source._following.tracks) <= 10
    assert len(tail.source._following._followed_since) <= 10


def test_a_part_that_comes_back_compressed_within_days_is_known(log, tmp_path):
    tail = Tail(log)
    append(log, *numbered("a", 50))
    settle(tail)
    data = log.read_bytes()
    rotate(log, kept=1)
    append(log, "new")
    settle(tail)
    (tmp_path / "app.log.1").unlink()
    settle(tail, PATIENCE - 10_000)
    with gzip.open(tmp_path / "app.log.1.gz", "wb") as file:
        file.write(data)
    assert tail.read() == []
    tail.clock.advance(PATIENCE)
    append(log, "more")
    assert settle(tail) == [b"more"]


def test_parts_that_no_glob_names_are_known_as_long_as_they_are_there(log):
    tail = Tail(log)
    append(log, *numbered("old", 5))
    settle(tail)
    rotate(log, kept=9)
    for _ in range(5):
        append(log, "one more")
        assert settle(tail, PATIENCE) == [b"one more"]
    rotate(log, kept=9)
    assert settle(tail) == []
    tail.restart()
    assert settle(tail) == []


def test_nothing_is_forgotten_while_the_file_system_is_away(log, tmp_path):
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    tail = Tail(mounted / "*.log*")
    for number in range(3):
        append(mounted / f"app.log.{number}", *numbered(f"part {number}", 20))
    settle(tail)
    away = tmp_path / "away"
    mounted.rename(away)
    for _ in range(10):
        settle(tail, PATIENCE)
    away.rename(mounted)
    append(mounted / "app.log.0", "it goes on")
    assert settle(tail) == [b"it goes on"]


def test_a_clock_that_was_set_back_does_not_hasten_it(log, tmp_path):
    tail = Tail(log)
    append(log, *numbered("a", 50))
    settle(tail)
    data = log.read_bytes()
    rotate(log, kept=1)
    append(log, "new")
    settle(tail)
    (tmp_path / "app.log.1").unlink()
    settle(tail)
    tail.clock.advance(30 * DAY)
    tail.restart()  # knows the time of the future from its positions
    tail.clock = tail.source._following._clock = FakeClock()
    settle(tail)
    (tmp_path / "app.log.1").write_bytes(data)
    assert settle(tail) == []
