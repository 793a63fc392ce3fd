"""How much is taken in at a time. What is beyond it is told to come back: 429 with ``Retry-After``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from logmedic.collect.push.refusal import overloaded

SOON = 1  # s: requests pass within milliseconds
UNREAD = 5  # s: reading a backlog takes longer


class Slot:
    """One request that was let in, and the bytes that it holds."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self.held = 0

    def grow(self, count: int) -> None:
        """``count`` more bytes are in memory. Raises :class:`.refusal.RefusalError` 429."""
        self._admission.take(count)
        self.held += count


class Admission:
    """For one source. Used in one thread, the event loop's."""

    def __init__(self, *, requests: int, bytes: int, unread_bytes: int, unread: Callable[[], int]) -> None:
        """``unread``: bytes of the spool that wait to be read."""
        self._requests = requests
        self._bytes = bytes
        self._unread_bytes = unread_bytes
        self._unread = unread
        self.waiting = 0
        self.held = 0

    @contextmanager
    def slot(self) -> Iterator[Slot]:
        """Raises :class:`.refusal.RefusalError` 429: there is no room."""
        if self.waiting >= self._requests:
            raise overloaded(f"{self.waiting} requests are waiting (max_waiting)", SOON)
        if (unread := self._unread()) > self._unread_bytes:
            raise overloaded(f"{unread} bytes wait to be read (max_unread_bytes)", UNREAD)
        self.waiting += 1
        slot = Slot(self)
        try:
            yield slot
        finally:
            self.waiting -= 1
            self.held -= slot.held

    def take(self, count: int) -> None:
        if self.held + count > self._bytes:
            raise overloaded(f"unfinished requests hold {self.held} bytes (max_waiting_bytes)", SOON)
        self.held += count
