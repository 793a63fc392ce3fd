"""How fast each source is being read, from two looks at what has been read of it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping

import msgspec

from logmedic.doors import Clock
from logmedic.errors import StoreError

EVERY_SECONDS = 5.0
LEAST_SECONDS = 1.0  # between two looks, however many pages are asked for
OVER_SECONDS = 60.0


class _Look(msgspec.Struct, frozen=True):
    at: float  # monotonic seconds
    lines: Mapping[str, int]  # source → read since its first line


class Rates:
    """Looks by itself between :meth:`start` and :meth:`close`. All processes' reading counts: the store is asked."""

    def __init__(self, lines: Callable[[], Mapping[str, int]], clock: Clock) -> None:
        """``lines``: source → lines read since its first; may raise :class:`StoreError`."""
        self._lines = lines
        self._clock = clock
        self._looks: deque[_Look] = deque()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="rates", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def look(self) -> None:
        """Once, unless that was just done. A database that is away is asked again next time."""
        now = self._clock.monotonic()
        with self._lock:
            if self._looks and now - self._looks[-1].at < LEAST_SECONDS:
                return
            try:
                self._looks.append(_Look(now, self._lines()))
            except StoreError:
                self._looks.clear()
            while len(self._looks) > 2 and now - self._looks[1].at >= OVER_SECONDS:
                self._looks.popleft()

    def per_second(self, source: str) -> float | None:
        """Lines a second over the last minute or so; ``None``: not known yet."""
        with self._lock:
            looks = [self._looks[0], self._looks[-1]] if self._looks else []
        if len(looks) < 2 or looks[-1].at <= looks[0].at:
            return None
        read = looks[-1].lines.get(source, 0) - looks[0].lines.get(source, 0)
        return max(read, 0) / (looks[-1].at - looks[0].at)

    def _run(self) -> None:
        while True:
            self.look()
            if self._stop.wait(EVERY_SECONDS):
                return
