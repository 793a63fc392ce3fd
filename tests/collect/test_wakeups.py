"""Sleep until something happens, and wake up soon after it did."""

import sys
import threading

import pytest

from logmedic.collect.file import FileSource, FileSourceConfig
from logmedic.collect.wakeups import POLL_SECONDS, Inotify, Polling
from logmedic.testing.doors import FakeClock

from .tail import append, lines_of


class StillClock(FakeClock):
    """It is never time for the next full look, so whatever is read after a wait was heard of. Counts who asks it."""

    asked = 0

    def monotonic(self):
        self.asked += 1
        return 0.0


@pytest.fixture
def clock():
    return StillClock()


@pytest.fixture
def follow(tmp_path, clock):
    sources = []

    def make(*patterns):
        config = FileSourceConfig(paths=[str(tmp_path / p) for p in patterns], dialect="text", multiline="off")
        source = FileSource("files", config, clock)
        source.resume([])
        sources.append(source)
        read(source)
        while source.wait(0.05):
            read(source)
        return source

    yield make
    for source in sources:
        source.close()


def read(source):
    return [line for batch in source.read() for _, line in lines_of(batch)]


def soon(action):
    timer = threading.Timer(0.03, action)
    timer.start()
    return timer


def woken(source):
    """The lines that it heard of."""
    while source.wait(30.0):
        if lines := read(source):
            return lines
    return []


@pytest.mark.skipif(sys.platform != "linux", reason="needs inotify")
class TestNotified:
    def test_an_append_wakes_at_once(self, follow, tmp_path):
        append(tmp_path / "app.log", "one")
        source = follow("app.log")
        timer = soon(lambda: append(tmp_path / "app.log", "two"))
        lines = woken(source)
        timer.join()
        assert lines == [b"two"]

    def test_a_new_file_wakes(self, follow, tmp_path):
        source = follow("*.log")
        timer = soon(lambda: append(tmp_path / "new.log", "x"))
        lines = woken(source)
        timer.join()
        assert lines == [b"x"]

    def test_a_rotation_wakes(self, follow, tmp_path):
        append(tmp_path / "app.log", "one")
        source = follow("app.log")

        def rotate():
            (tmp_path / "app.log").rename(tmp_path / "app.log.1")
            append(tmp_path / "app.log", "two")

        timer = soon(rotate)
        lines = woken(source)
        timer.join()
        assert lines == [b"two"]

    def test_a_write_behind_a_symbolic_link_wakes(self, follow, tmp_path):
        (tmp_path / "elsewhere").mkdir()
        append(tmp_path / "elsewhere" / "real", "one")
        (tmp_path / "app.log").symlink_to(tmp_path / "elsewhere" / "real")
        source = follow("app.log")
        timer = soon(lambda: append(tmp_path / "elsewhere" / "real", "two"))
        lines = woken(source)
        timer.join()
        assert lines == [b"two"]

    def test_writes_to_other_files_of_the_folder_do_not_wake(self, follow, tmp_path):
        append(tmp_path / "app.log", "one")
        append(tmp_path / "noise.txt", "x")
        source = follow("app.log")
        append(tmp_path / "noise.txt", "y")
        assert not source.wait(0.05)

    def test_a_wait_in_vain_sleeps_in_one_piece(self, follow, tmp_path, clock):
        append(tmp_path / "app.log", "one")
        source = follow("app.log")
        before = clock.asked
        assert not source.wait(0.2)
        assert clock.asked - before <= 2  # when it began, and how long it may take

    def test_many_wakes_a_second_are_gathered(self, tmp_path):
        clock = StillClock()
        path = tmp_path / "app.log"
        path.touch()
        notified = Inotify(clock)
        notified.watch({str(tmp_path)}, {str(path)})
        with path.open("ab", buffering=0) as out:
            for _ in range(600):
                out.write(b"x")
                assert notified.wait(30) == {str(path)}
        notified.close()
        assert len(clock.slept) == 100, "from the 501st of a second"


def test_a_missed_event_is_made_up_for_by_the_next_full_look(follow, tmp_path):
    append(tmp_path / "app.log", "one")
    source = follow("app.log")
    source._wakeups.watch(set(), set())  # drops every watch
    append(tmp_path / "app.log", "two")
    assert not source.wait(0.05)
    assert read(source) == [b"two"]


def test_without_notifications_it_polls(tmp_path):
    clock = FakeClock()
    polling = Polling(clock)
    assert polling.wait(5) is None
    assert polling.wait(0.01) is None
    assert clock.slept == [POLL_SECONDS, 0.01]
    assert polling.watch({str(tmp_path)}, set()) is False
