"""A clock that stands still until told, for tests that must not wait."""

from __future__ import annotations


class FakeClock:
    """Starts at 2026-01-01T00:00:00Z; ``sleep`` moves it on at once and is remembered in ``slept``."""

    def __init__(self, now: int = 1_767_225_600_000_000_000) -> None:
        self._now = now
        self._monotonic = 0.0
        self.slept: list[float] = []

    def now(self) -> int:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self._now += int(seconds * 1_000_000_000)
        self._monotonic += seconds
