"""One delivery at a time to a repository, from all threads and processes of this user on this machine.

GitHub asks for requests one after the other, and two that file the same issue at once would each see too late that the
other has. The lock is of the kernel (flock(2)): it ends with its process, however that ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from logmedic.doors import Clock

_POLL = 0.05  # s

_GUARD = threading.Lock()
_THREADS: dict[str, threading.Lock] = {}  # by repository: there are as many as are configured


@contextlib.contextmanager
def turn(repository: str, clock: Clock, timeout: float) -> Iterator[bool]:
    """Whether it is our turn, after waiting for at most ``timeout`` seconds in each of two queues."""
    with _GUARD:
        lock = _THREADS.setdefault(repository, threading.Lock())
    if not lock.acquire(timeout=timeout):
        yield False
        return
    try:
        with _among_processes(repository, clock, timeout) as ours:
            yield ours
    finally:
        lock.release()


@contextlib.contextmanager
def _among_processes(repository: str, clock: Clock, timeout: float) -> Iterator[bool]:
    name = hashlib.sha256(repository.lower().encode()).hexdigest()[:16]
    path = Path(tempfile.gettempdir()) / f"logmedic-gh-{os.getuid()}-{name}.lock"
    try:
        fd = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError:  # somebody else's file, a read-only disk: an alert is worth more than the turn
        yield True
        return
    try:
        until = clock.monotonic() + timeout
        ours = _locked(fd)
        while not ours and clock.monotonic() < until:
            clock.sleep(_POLL)
            ours = _locked(fd)
        yield ours
    finally:
        os.close(fd)


def _locked(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
