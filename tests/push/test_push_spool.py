"""The spool: each batch once and whole, whatever was killed or failed in between."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from logmedic.collect.interface import Position
from logmedic.collect.push import tail
from logmedic.collect.push.config import PushSourceConfig, followed
from logmedic.collect.push.intents import Intent, digest, standings
from logmedic.collect.push.refusal import RefusalError
from logmedic.collect.push.segments import Segment, dispensable, identity
from logmedic.collect.push.source import PushedSource
from logmedic.collect.push.spool import Spool, SpoolConfig
from logmedic.errors import ConfigError
from logmedic.testing.doors import FakeClock

SOURCE = Path(__file__).resolve().parents[2] / "src"
LIMITS = SpoolConfig(replay_s=600, segment_bytes=1 << 20, keep_bytes=1 << 30, keep_hours=1)


def batch(number: int, lines: int = 3) -> bytes:
    return b"".join(b'{"batch":%d,"line":%d}\n' % (number, line) for line in range(lines))


def put(spool: Spool, data: bytes) -> bool:
    return spool.submit(digest(data), data).result(30)


def held(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("*.log")))


class Opened:
    def __init__(self, folder: Path, config: SpoolConfig = LIMITS, clock: FakeClock | None = None) -> None:
        self.clock = clock or FakeClock()
        self.read: dict[tuple[int, int], int] = {}
        self.spool = Spool(folder, config, self.clock, lambda: self.read)

    def __enter__(self) -> Opened:
        self.spool.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.spool.close()


def test_the_same_batch_is_written_once_also_after_a_restart(tmp_path: Path) -> None:
    clock = FakeClock()
    with Opened(tmp_path, clock=clock) as it:
        assert put(it.spool, batch(1))
        assert not put(it.spool, batch(1))
        assert put(it.spool, batch(2))
    with Opened(tmp_path, clock=clock) as it:
        assert not put(it.spool, batch(2))
    assert held(tmp_path) == batch(1) + batch(2)


def test_batches_that_arrive_at_once_and_are_the_same_are_written_once(tmp_path: Path) -> None:
    with Opened(tmp_path) as it:
        data = batch(1, lines=20_000)
        results = [future.result(30) for future in [it.spool.submit(digest(data), data) for _ in range(5)]]
    assert results.count(True) == 1
    assert held(tmp_path) == data


def test_after_its_time_the_same_batch_is_news(tmp_path: Path) -> None:
    with Opened(tmp_path) as it:
        put(it.spool, batch(1))
        it.clock.advance(601)
        assert put(it.spool, batch(1))


def test_without_a_time_for_replays_each_batch_is_news(tmp_path: Path) -> None:
    config = SpoolConfig(replay_s=0, segment_bytes=1 << 20, keep_bytes=1 << 30, keep_hours=1)
    with Opened(tmp_path, config) as it:
        assert put(it.spool, batch(1))
        assert put(it.spool, batch(1))


def test_a_second_process_is_refused_the_same_folder(tmp_path: Path) -> None:
    with Opened(tmp_path), pytest.raises(ConfigError, match="another process writes to this spool"):
        Opened(tmp_path).spool.open()


@pytest.mark.parametrize("present", [0, 1, 10, 30, 50])
@pytest.mark.parametrize("first", ["replay", "another"])
def test_half_a_batch_is_completed_by_its_replay_and_keeps_no_other_from_a_line_of_its_own(
    tmp_path: Path, present: int, first: str
) -> None:
    clock = FakeClock()
    with Opened(tmp_path, clock=clock) as it:
        put(it.spool, batch(1))
        put(it.spool, batch(2))
    log = tmp_path / "000001.log"
    os.truncate(log, len(batch(1)) + present)
    with Opened(tmp_path, clock=clock) as it:
        if first == "another":
            put(it.spool, batch(3))
        assert put(it.spool, batch(2))
        assert not put(it.spool, batch(2))
    with Opened(tmp_path, clock=clock) as it:  # what was completed is known after another restart, too
        assert not put(it.spool, batch(2))
    lines = held(tmp_path).splitlines(keepends=True)
    half = [line for line in lines if not line.endswith(b"}\n")]
    whole = Counter(line for line in lines if line.endswith(b"}\n"))
    expected = batch(1) + batch(2) + (batch(3) if first == "another" else b"")
    assert whole == Counter(expected.splitlines(keepends=True))
    assert len(half) == (1 if first == "another" and present % len(batch(2).split(b"\n")[0] + b"\n") else 0)


def test_a_disk_that_fails_in_mid_batch_loses_and_doubles_nothing(tmp_path: Path, monkeypatch) -> None:
    writev = os.writev
    fails = iter([False, True])

    def failing(fd: int, views: list[memoryview]) -> int:
        if Path(f"/proc/self/fd/{fd}").readlink().suffix == ".log" and next(fails, False):
            writev(fd, [views[0][:30]])
            raise OSError(errno.ENOSPC, "No space left on device")
        return writev(fd, views)

    with Opened(tmp_path) as it:
        monkeypatch.setattr(tail.os, "writev", failing)
        put(it.spool, batch(1))
        with pytest.raises(RefusalError, match="No space left") as refused:
            put(it.spool, batch(2))
        assert (refused.value.status, refused.value.retry_after) == (503, 30)
        assert put(it.spool, batch(2))
    assert held(tmp_path) == batch(1) + batch(2)


def test_files_go_when_they_are_read_and_old_and_never_before(tmp_path: Path) -> None:
    config = SpoolConfig(replay_s=600, segment_bytes=100, keep_bytes=0, keep_hours=1)
    with Opened(tmp_path, config) as it:
        for number in range(4):
            put(it.spool, batch(number))
        paths = sorted(tmp_path.glob("*.log"))
        assert len(paths) == 2
        assert it.spool.unread == sum(path.stat().st_size for path in paths)
        status = paths[0].stat()
        it.read[status.st_dev, status.st_ino] = status.st_size
        it.clock.advance(1)
        put(it.spool, batch(9))
        it.spool.close()
        assert not paths[0].exists()
        assert paths[0].with_suffix(".intents").exists(), "replays of it are still absorbed"
        assert paths[1].exists(), "it is not read"


def test_what_may_go_is_read_to_its_end_and_too_old_or_too_much() -> None:
    files = [Segment(number, 100, number, (1, number)) for number in range(1, 5)]
    everything = {segment.key: 100 for segment in files}
    keep = {"now": 10, "keep_bytes": 1000, "keep_ns": 100}
    assert dispensable(files, everything, **keep) == []
    assert dispensable(files, everything, **{**keep, "keep_bytes": 250}) == files[:2]
    assert dispensable(files, everything, **{**keep, "keep_ns": 7}) == files[:2]
    assert dispensable(files, {}, **{**keep, "keep_bytes": 0}) == []
    assert dispensable(files, everything, **{**keep, "keep_bytes": 0}) == files[:3], "the last one is written to"


def test_what_stands_in_a_file_ends_where_the_next_batch_begins() -> None:
    noted = [Intent(1, "a", 0, 10), Intent(2, "b", 10, 20), Intent(3, "", 15, 1), Intent(4, "c", 16, 5)]
    found = {standing.intent.digest: standing.present for standing in standings(noted, 1, 18)}
    assert found == {"a": 10, "b": 5, "": 1, "c": 2}


WRITER = """
import os, signal, sys
from pathlib import Path
from logmedic.collect.interface import Position
from logmedic.collect.push import tail
from logmedic.collect.push.config import PushSourceConfig, followed
from logmedic.collect.push.intents import digest
from logmedic.collect.push.spool import Spool, SpoolConfig
from logmedic.doors import SystemClock

folder, steps, first, share = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
writev, fdatasync = os.writev, os.fdatasync

def step():
    global steps
    steps -= 1
    return steps == 0

def dying_writev(fd, views):
    if step():
        data = b"".join(views)
        writev(fd, [data[: int(len(data) * share)]])
        os.kill(os.getpid(), signal.SIGKILL)
    return writev(fd, views)

def dying_sync(fd):
    if step():
        os.kill(os.getpid(), signal.SIGKILL)
    fdatasync(fd)

config = SpoolConfig(replay_s=600, segment_bytes=400, keep_bytes=1 << 30, keep_hours=1)
spool = Spool(folder, config, SystemClock(), dict)
spool.open()
tail.os.writev, tail.os.fdatasync = dying_writev, dying_sync
for number in range(first, 12):
    data = b"".join(b'{"batch":%d,"line":%d}\\n' % (number, line) for line in range(5))
    spool.submit(digest(data), data).result(30)
    print(number, flush=True)
"""


@pytest.mark.parametrize("seed", range(4))
def test_killed_between_intent_and_answer_again_and_again_every_acknowledged_line_is_there_once(
    tmp_path: Path, seed: int
) -> None:
    """Its sender tries again what was not acknowledged, and sometimes what was."""
    rng = random.Random(seed)
    acknowledged = -1
    for _ in range(60):
        again = max(0, acknowledged + rng.choice((0, 1)))
        done = subprocess.run(
            [sys.executable, "-c", WRITER, str(tmp_path), str(rng.randrange(1, 12)), str(again), str(rng.random())],
            env={**os.environ, "PYTHONPATH": str(SOURCE)}, capture_output=True, timeout=60, check=False,
        )  # fmt: skip
        acknowledged = max([acknowledged, *map(int, done.stdout.split())])
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert acknowledged == 11
    expected = b"".join(batch(number, lines=5) for number in range(12))
    assert held(tmp_path) == expected


class Machine:
    """One of several that take in what is pushed to one source, with a disk of its own."""

    def __init__(self, folder: Path, positions: dict[str, Position]) -> None:
        self.folder = folder
        self._positions = positions  # as the database has them, of all machines
        self._config = followed(PushSourceConfig(name="push"), str(folder))

    def take_in(self, data: bytes) -> None:
        with Opened(self.folder) as it:
            put(it.spool, data)

    def read(self) -> list[bytes]:
        source = PushedSource("push", self._config, FakeClock(), self.folder)
        source.resume(list(self._positions.values()))
        lines = []
        for one in source.read():
            lines += bytes(one.data).splitlines()
            self._positions[one.stream] = one.position
        source.close()
        return lines


def test_spools_of_two_machines_keep_out_of_each_others_way(tmp_path: Path) -> None:
    positions: dict[str, Position] = {}
    here, there = (Machine(tmp_path / name, positions) for name in ("here", "there"))
    for number in range(3):
        here.take_in(batch(number))
        there.take_in(batch(number + 100))
        assert here.read() == batch(number).splitlines()
        assert there.read() == batch(number + 100).splitlines()
    assert len({stream.partition("@")[2] for stream in positions}) == 2
    assert not any(position.done for position in positions.values())


def test_a_spool_keeps_its_identity(tmp_path: Path) -> None:
    assert identity(tmp_path / "nowhere") == ""
    with Opened(tmp_path):
        before = identity(tmp_path)
    with Opened(tmp_path):
        assert identity(tmp_path) == before != ""
