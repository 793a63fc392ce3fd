"""One delivery at a time to a repository, from all threads and processes of this user on this machine.

GitHub asks for requests one after the other, and two that file the same issue at once would each see too late that the
other has. The lock is of the kernel (flock(2)) and shared with the commands that are run under it: it ends with its
process and those, however they end. So a command that outlives a logmedic that was killed still has its turn.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from logmedic.doors import Clock

_POLL = 0.05  # s
LONGEST = 600.0  # s; who has had the turn for longer hangs, and holds up nobody any more


class Turn(msgspec.Struct, frozen=True):
    ours: bool
    lock: int | None = None  # descriptor of the locked file, for the commands that are run meanwhile


_GUARD = threading.Lock()
_THREADS: dict[str, threading.Lock] = {}  # by repository: there are as many as are configured


@contextlib.contextmanager
def turn(repository: str, clock: Clock, timeout: float) -> Iterator[Turn]:
    """Ours, or not, after waiting for at most ``timeout`` seconds in each of two queues."""
    with _GUARD:
        lock = _THREADS.setdefault(repository, threading.Lock())
    if not lock.acquire(timeout=timeout):
        yield Turn(ours=False)
        return
    try:
        with _among_processes(repository, clock, timeout) as ours:
            yield ours
    finally:
        lock.release()


@contextlib.contextmanager
def _among_processes(repository: str, clock: Clock, timeout: float) -> Iterator[Turn]:
    name = hashlib.sha256(repository.lower().encode()).hexdigest()[:16]
    path = Path(tempfile.gettempdir()) / f"logmedic-gh-{os.getuid()}-{name}.lock"
    try:
        fd = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError:  # somebody else's file, a read-only disk: an alert is worth more than the turn
        yield Turn(ours=True)
        return
    try:
        until = clock.monotonic() + timeout
        ours = _locked(fd)
        while not ours and clock.monotonic() < until:
            clock.sleep(_POLL)
            ours = _locked(fd)
        if ours:
            os.utime(fd)
            yield Turn(ours=True, lock=fd)
        else:
            yield Turn(ours=time.time() - os.fstat(fd).st_mtime > LONGEST)
    finally:
        os.close(fd)


def _locked(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
