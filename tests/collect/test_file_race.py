"""Reader and log rotation at the same time, in real time."""

import gzip
import os
import random
import shutil
import threading
import time

import pytest

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
