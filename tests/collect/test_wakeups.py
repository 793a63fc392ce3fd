"""Sleep until something happens, and wake up soon after it did."""

import sys
import threading
import time

import pytest

from logmedic.collect.file import FileSource, FileSourceConfig
from logmedic.collect.wakeups import Inotify, Polling
from logmedic.doors import SystemClock

from .tail import append, lines_of


@pytest.fixture
def follow(tmp_path):
    sources = []

    def make(*patterns):
        config = FileSourceConfig(paths=[str(tmp_path / p) for p in patterns], dialect="text", multiline="off")
        source = FileSource("files", config, SystemClock())
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


def woken(source, timeout=5.0):
    """Lines that came, and the seconds until then."""
    start = time.monotonic()
    lines = []
    while not lines and time.monotonic() - start < timeout:
        source.wait(timeout)
        lines = read(source)
    return lines, time.monotonic() - start


@pytest.mark.skipif(sys.platform != "linux", reason="needs inotify")
class TestNotified:
    def test_an_append_wakes_at_once(self, follow, tmp_path):
        append(tmp_path / "app.log", "one")
        source = follow("app.log")
        timer = soon(lambda: append(tmp_path / "app.log", "two"))
        lines, seconds = woken(source)
        timer.join()
        assert lines == [b"two"]
        assert seconds < 0.7  # the full look comes after a second

    def test_a_new_file_wakes(self, follow, tmp_path):
        source = follow("*.log")
        timer = soon(lambda: append(tmp_path / "new.log", "x"))
        lines, seconds = woken(source)
        timer.join()
        assert lines == [b"x"]
        assert seconds < 0.7

    def test_a_rotation_wakes(self, follow, tmp_path):
        append(tmp_path / "app.log", "one")
        source = follow("app.log")

        def rotate():
            (tmp_path / "app.log").rename(tmp_path / "app.log.1")
            append(tmp_path / "app.log", "two")

        timer = soon(rotate)
        lines, seconds = woken(source)
        timer.join()
        assert lines == [b"two"]
        assert seconds < 0.7

    def test_a_write_behind_a_symbolic_link_wakes(self, follow, tmp_path):
        (tmp_path / "elsewhere").mkdir()
        append(tmp_path / "elsewhere" / "real", "one")
        (tmp_path / "app.log").symlink_to(tmp_path / "elsewhere" / "real")
        source = follow("app.log")
        timer = soon(lambda: append(tmp_path / "elsewhere" / "real", "two"))
        lines, seconds = woken(source)
        timer.join()
        assert lines == [b"two"]
        assert seconds < 0.7

    def test_writes_to_other_files_of_the_folder_do_not_wake(self, follow, tmp_path):
        append(tmp_path / "app.log", "one")
        append(tmp_path / "noise.txt", "x")
        source = follow("app.log")
        timer = soon(lambda: append(tmp_path / "noise.txt", "y"))
        assert not source.wait(0.2)
        timer.join()

    def test_waiting_costs_next_to_nothing(self, follow, tmp_path):
        append(tmp_path / "app.log", "one")
        source = follow("app.log")
        before = time.process_time()
        assert not source.wait(0.5)
        assert time.process_time() - before < 0.05

    def test_many_wakes_a_second_are_gathered(self, tmp_path):
        slept = []

        class Clock(SystemClock):
            def sleep(self, seconds):
                slept.append(seconds)

        path = tmp_path / "app.log"
        path.touch()
        notified = Inotify(Clock())
        notified.watch({str(tmp_path)}, {str(path)})
        with path.open("ab", buffering=0) as out:
            for _ in range(600):
                out.write(b"x")
                assert notified.wait(1) == {str(path)}
        notified.close()
        assert 50 <= len(slept) <= 150


def test_a_missed_event_is_made_up_for_by_the_next_full_look(follow, tmp_path):
    append(tmp_path / "app.log", "one")
    source = follow("app.log")
    source._wakeups.watch(set(), set())  # drops every watch
    append(tmp_path / "app.log", "two")
    assert not source.wait(0.05)
    assert read(source) == [b"two"]


def test_without_notifications_it_polls(tmp_path):
    polling = Polling(SystemClock())
    start = time.monotonic()
    assert polling.wait(5) is None
    assert time.monotonic() - start < 1
    assert polling.wait(0.01) is None
    assert polling.watch({str(tmp_path)}, set()) is False
