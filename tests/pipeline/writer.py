"""A service that logs, fails now and then, and rotates its log: the truth that a killed logmedic is compared with."""

from __future__ import annotations

import gzip
import os
import random
import shutil
import threading
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

from pipeline_scenes import line

ERROR_EVERY, SLOW_EVERY = 7, 501
STEP = timedelta(milliseconds=60)  # of log time between two lines: thousands of lines outlast several dedup windows
BUGS = (
    ("shop::orders", "failed to reserve stock for order {n}"),
    ("shop::payments", "card of customer {n} was declined by the gateway"),
    ("shop::mail", "no template for message {n}"),
    ("shop::search", "index shard {n} does not answer"),
    ("shop::users", "session {n} has no owner"),
)


class Writer(threading.Thread):
    """Appends ``lines`` lines in small bursts and rotates every ``rotate_every`` lines. Nothing is ever deleted."""

    def __init__(
        self, log: Path, *, lines: int, rate: float, rotate_every: int, copytruncate: bool, start: datetime, seed: int
    ) -> None:
        super().__init__(name="writer")
        self.written = 0
        self.rotations = 0
        self.errors: Counter[str] = Counter()  # one line of each bug → how many like it
        self.slow = 0
        self._log = log
        self._lines = lines
        self._rate = rate
        self._rotate_every = rotate_every
        self._rotate = self._copy_and_truncate if copytruncate else self._rename
        self._time = start
        self._random = random.Random(seed)
        self._examples: dict[int, str] = {}
        self._hurry = threading.Event()

    def hurry(self) -> None:
        """Write what is left without pausing, and end."""
        self._hurry.set()
        self.join()

    def begin(self) -> None:
        """Write the first lines, from the caller's thread."""
        self._log.write_bytes(b"".join(self._line() for _ in range(100)))

    def run(self) -> None:
        since_rotation = 0
        began = time.monotonic()
        while self.written < self._lines:
            burst = min(self._random.randint(1, 400), self._lines - self.written)
            with self._log.open("ab", buffering=0) as file:
                # now and then a write ends in the middle of a line, as those of a buffered logger do
                data = b"".join(self._line() for _ in range(burst))
                cut = self._random.randrange(len(data))
                file.write(data[:cut])
                file.write(data[cut:])
            since_rotation += burst
            if since_rotation >= self._rotate_every:
                since_rotation = 0
                self._rotate()
            ahead = self.written / self._rate - (time.monotonic() - began)
            if ahead > 0:
                self._hurry.wait(ahead)

    def _line(self) -> bytes:
        n = self.written
        self.written += 1
        self._time += STEP
        if n % ERROR_EVERY == 0:
            bug = self._random.randrange(len(BUGS))
            target, message = BUGS[bug]
            text = line(self._time, message.format(n=n), target=target, n=n)
            self.errors[self._examples.setdefault(bug, text)] += 1
        elif n % SLOW_EVERY == 0:
            self.slow += 1
            text = line(self._time, "request done", level="INFO", target="shop::http", duration_ms=7000 + n % 100, n=n)
        else:
            text = line(self._time, "request done", level="INFO", target="shop::http", duration_ms=n % 90, n=n)
        return text.encode() + b"\n"

    # -- as logrotate does it: the newest part is .1, and older ones are compressed at the next rotation --------------

    def _part(self, number: int, ending: str = "") -> Path:
        return self._log.with_name(f"{self._log.name}.{number}{ending}")

    def _shift(self) -> None:
        self.rotations += 1
        for number in range(self.rotations, 1, -1):
            if self._part(number, ".gz").exists():
                self._part(number, ".gz").rename(self._part(number + 1, ".gz"))
        if self._part(1).exists():
            self._part(1).rename(self._part(2))
            with self._part(2).open("rb") as plain, gzip.open(self._part(2, ".gz"), "wb", compresslevel=1) as packed:
                shutil.copyfileobj(plain, packed)
            status = self._part(2).stat()
            os.utime(self._part(2, ".gz"), ns=(status.st_atime_ns, status.st_mtime_ns))  # as gzip does
            self._part(2).unlink()

    def _rename(self) -> None:
        self._shift()
        self._log.rename(self._part(1))
        self._log.touch()

    def _copy_and_truncate(self) -> None:
        self._shift()
        shutil.copyfile(self._log, self._part(1))
        os.truncate(self._log, 0)
