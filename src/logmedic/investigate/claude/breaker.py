"""A model that keeps failing is left alone for a while, so that a storm of incidents does not queue up behind it."""

from __future__ import annotations

import threading

FAILURES = 3  # in a row
PAUSE_S = 300.0


class Breaker:
    """Of one investigator, for all of its threads. Times are seconds of the monotonic clock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures: dict[str, int] = {}
        self._until: dict[str, float] = {}

    def pause(self, model: str, now: float) -> float:
        """Seconds for which this model is still left alone; 0 when it may be asked."""
        with self._lock:
            return max(0.0, self._until.get(model, 0.0) - now)

    def failed(self, model: str, now: float) -> None:
        with self._lock:
            count = self._failures[model] = self._failures.get(model, 0) + 1
            if count >= FAILURES:
                self._until[model] = now + PAUSE_S
                self._failures[model] = FAILURES - 1  # the next failure pauses it again at once

    def worked(self, model: str) -> None:
        with self._lock:
            self._failures.pop(model, None)
            self._until.pop(model, None)
