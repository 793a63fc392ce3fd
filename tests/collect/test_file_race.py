"""Reader and log rotation at the same time, in real time."""

import gzip
import os
import random
import shutil
import threading
import time

import pytest

from logmedic.collect import reading
from logmedic.collect.file import FileSource, FileSourceConfig
from logmedic.doors import SystemClock

from .tail import lines_of


class Writer(threading.Thread):
    """Writes numbered lines and rotates the log between them, so that rotation itself loses nothing."""

    def __init__(self, folder, rotate, seconds):
        super().__init__()
        self.folder, self.rotate, self.seconds = folder, rotate, seconds
        self.written = 0

    def run(self):
        chance = random.Random(7)
        until = time.monotonic() + self.seconds
        log = self.folder / "app.log"
        while time.monotonic() < until:
            with log.open("ab") as out:
                for _ in range(chance.randrange(1, 30)):
                    out.write(b"%08d %s\n" % (self.written, b"x" * chance.randrange(100)))
                    self.written += 1
            if chance.random() < 0.2:
                time.sleep(chance.random() / 100)
            if chance.random() < 0.05:
                self.shift()
                self.rotate(log, self.folder / "app.log.1")

    def shift(self):
        for number in range(200, 0, -1):
            for suffix in ("", ".gz"):
                part = self.folder / f"app.log.{number}{suffix}"
                if part.exists():
                    part.rename(self.folder / f"app.log.{number + 1}{suffix}")


def rename(log, target):
    log.rename(target)


def copytruncate(log, target):
    shutil.copy(log, target)
    os.truncate(log, 0)


def rename_and_compress(log, target):
    log.rename(target)
    before = target.with_name("app.log.2")
    if before.exists():
        status = before.stat()
        with before.open("rb") as source, gzip.open(f"{before}.gz", "wb") as out:
            shutil.copyfileobj(source, out)
        os.utime(f"{before}.gz", ns=(status.st_atime_ns, status.st_mtime_ns))
        before.unlink()


@pytest.mark.parametrize("glob", ["app.log", "app.log*"])
@pytest.mark.parametrize("rotate", [rename, copytruncate, rename_and_compress])
def test_no_line_is_lost_or_doubled_while_the_log_rotates(tmp_path, rotate, glob):
    writer = Writer(tmp_path, rotate, 0.7)
    config = FileSourceConfig(
        paths=[str(tmp_path / glob)], dialect="text", rotate_wait=0.2, block_bytes=512, multiline="off"
    )
    source = FileSource("files", config, SystemClock())
    source.resume([])
    stored, numbers = {}, []

    def read():
        for batch in source.read():
            numbers.extend(int(line[:8]) for _, line in lines_of(batch))
            stored[batch.stream] = batch.position

    (tmp_path / "app.log").touch()
    read()
    writer.start()
    looks = 0
    while writer.is_alive():
        source.wait(0.01)
        read()
        looks += 1
        if looks % 50 == 0:  # a restart
            source.close()
            source = FileSource("files", config, SystemClock())
            source.resume(list(stored.values()))
    writer.join()
    read()
    time.sleep(0.3)
    read()
    source.close()
    missing = set(range(writer.written)) - set(numbers)
    doubled = len(numbers) - len(set(numbers))
    assert (len(missing), doubled) == (0, 0), sorted(missing)[:5]


DOCKER = b'{"log":"%08d\\n","stream":"stdout","time":"2026-11-22T14:03:21.120Z"}\n'


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("line", [b"%08d\n", DOCKER])
def test_a_copy_is_known_again_when_the_log_is_cut_just_after_a_short_read(tmp_path, monkeypatch, line, restarted):
    """The lines read last are shorter than what a stream is recognised by, and no longer in the file by then."""
    log = tmp_path / "app.log"
    log.write_bytes(b"".join(line % n for n in range(600)))
    config = FileSourceConfig(paths=[str(log)], dialect="text", multiline="off")
    source = FileSource("files", config, SystemClock())
    source.resume([])
    batches = list(source.read())
    numbers = [int(text[:8]) for batch in batches for _, text in lines_of(batch)]
    if restarted:
        source.close()
        source = FileSource("files", config, SystemClock())
        source.resume([batches[-1].position])
    with log.open("ab") as out:
        out.write(line % 600)
    shutil.copy(log, tmp_path / "app.log.1")
    looks = []

    def cut_behind(known, read):
        same = continues(known, read)
        if same and not looks:
            looks.append(known)
            os.truncate(log, 0)
        return same

    continues = reading.continues
    monkeypatch.setattr(reading, "continues", cut_behind)
    for _ in range(3):
        numbers.extend(int(text[:8]) for batch in source.read() for _, text in lines_of(batch))
    source.close()
    assert looks
    assert numbers == list(range(601))
