"""What an engine is, and the work that it is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol, TypeVar

import sqlalchemy as sa

T = TypeVar("T")


class Lane(NamedTuple):
    """A queue with a workflow of its own, so that what waits in one holds nobody up in the other."""

    queue: str
    workflow: str  # also what its workflow ids begin with


ALERTS = Lane("incidents", "incident")
DEEPER = Lane("diagnoses", "diagnosis")  # what comes after people have been told
FIXES = Lane("fixes", "fix")  # what comes after that, one at a time
GIVE_UP_SECONDS = 72 * 3600.0  # of failing in an unforeseen way: longer than a weekend that nobody looks


class Step(Protocol):
    def __call__(self, name: str, function: Callable[[], T]) -> T:
        """Run ``function`` unless an earlier life of this workflow has stored its result (JSON values only)."""
        ...


Handler = Callable[[int, int, Step], float | None]
"""What a workflow does: (incident id, generation, step).

Returns after how many seconds to try again what is left, ``None`` when nothing is: it alone decides when to give up.
"""


class Engine(Protocol):
    def prepare(self) -> None:
        """Get ready to enqueue. Safe to call again."""
        ...

    def open(self, handler: Handler, deeper: Handler | None = None, fixer: Handler | None = None) -> None:
        """Begin to run what is enqueued, and what an earlier process left unfinished. Safe to call again.

        ``deeper``: run once for each incident after ``handler`` has ended for the first time, in workers of its own;
        ``fixer``: once after that, in a single one.
        """
        ...

    def enqueue(
        self, connection: sa.Connection, incident_id: int, fingerprint: str, generation: int, *, urgent: bool = False
    ) -> None:
        """Hand over an incident, within the caller's transaction. Those that are urgent go before the others."""
        ...

    def committed(self) -> None:
        """What was enqueued has been committed."""
        ...

    def retry_failed(
        self, unhandled: Sequence[tuple[int, str, int]], now: int, *, at_once: bool = False, lane: Lane = ALERTS
    ) -> list[tuple[int, int]]:
        """Give incidents (id, fingerprint, generation) another try whose workflows have all ended.

        ``now``: ns. The waits between two tries grow, and after ``GIVE_UP_SECONDS`` there are no more: those incidents
        are returned, as (id, generation). ``at_once``: wait for nothing, also not for what was put off until later.
        """
        ...

    def forget(self, fingerprint: str, generation: int, *, deeper: bool = False) -> None:
        """Begin anew with an incident that was given up: the next :meth:`retry_failed` takes it for a fresh one.

        ``deeper``: what follows in the deeper lane begins anew as well.
        """
        ...

    def busy(self, now: int) -> bool:
        """Whether work is under way or due. ``now``: ns; what was put off until later does not count."""
        ...

    def sweep(self, before: int) -> int:
        """Forget some of the work that succeeded before then (ns); returns how much, 0 when nothing is left of it."""
        ...

    def close(self, timeout: float) -> None:
        """Stop taking work, and let running steps end for at most ``timeout`` seconds."""
        ...
