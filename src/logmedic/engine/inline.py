"""An engine that remembers nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sqlalchemy as sa

from logmedic.engine.interface import ALERTS, Handler, Lane, T


class InlineEngine:
    """Runs workflows at once, in this thread, and forgets them: for replays and one-off diagnoses, never for alerts."""

    def __init__(self, *, handle: bool = True) -> None:
        """``handle=False``: let incidents be recorded, and do nothing about them."""
        self._handle = handle
        self._handlers: list[Handler] = []
        self._given: list[tuple[int, int]] = []

    def prepare(self) -> None:
        """Nothing to get ready."""

    def open(self, handler: Handler, deeper: Handler | None = None, fixer: Handler | None = None) -> None:
        self._handlers = [each for each in (handler, deeper, fixer) if each is not None]

    def enqueue(
        self, connection: sa.Connection, incident_id: int, fingerprint: str, generation: int, *, urgent: bool = False
    ) -> None:
        self._given.append((incident_id, generation))

    def committed(self) -> None:
        given, self._given = self._given, []
        for incident_id, generation in given if self._handle else ():
            assert self._handlers, "the engine was not opened"
            for handler in self._handlers:
                handler(incident_id, generation, _straight)

    def retry_failed(
        self, unhandled: Sequence[tuple[int, str, int]], now: int, *, at_once: bool = False, lane: Lane = ALERTS
    ) -> list[tuple[int, int]]:
        return []  # nothing is left over: whatever is given is run

    def forget(self, fingerprint: str, generation: int, *, deeper: bool = False) -> None:
        """Nothing is remembered."""

    def busy(self, now: int) -> bool:
        return False

    def sweep(self, before: int) -> int:
        return 0

    def close(self, timeout: float) -> None:
        """Nothing to stop."""


def _straight(name: str, function: Callable[[], T]) -> T:
    return function()
