"""Keeps incidents and their issues in line: what is closed in one place is resolved in the other, and opened again.

Whoever changed last wins. A tracker says when an issue was closed, so a closing that we have not seen yet is news from
people; without such news the incident's state is what counts.
"""

from __future__ import annotations

import enum
import logging
import threading
from collections.abc import Mapping, Sequence

from logmedic.doors import Clock
from logmedic.errors import DeliveryError, StoreError, UsageError
from logmedic.model import Reason, State
from logmedic.respond.interface import Ticket, Tracker
from logmedic.store.store import Store
from logmedic.store.tickets import Known, Linked, Tickets

log = logging.getLogger("logmedic")

MOST_ISSUES = 200  # that are looked at in one round, those of the incidents seen latest
MOST_CHANGES = 20  # made in a tracker in one round; the rest follows in the next
WAKE_SECONDS = 1.0


class Act(enum.Enum):
    NOTHING = "nothing"
    RESOLVE = "resolve the incident"
    REOPEN = "reopen the incident"
    CLOSE_ISSUE = "close the issue"
    OPEN_ISSUE = "open the issue again"


def decide(linked: Linked, ticket: Ticket, known: Known | None) -> Act:
    """What brings an incident and its issue in line. Pure."""
    resolved = linked.state is State.RESOLVED
    if resolved is not ticket.open:
        return Act.NOTHING
    if not ticket.open:
        seen = known is not None and known.closed == ticket.closed
        return Act.OPEN_ISSUE if seen else Act.RESOLVE
    # It was closed while the incident was resolved, and nothing has happened to the incident since: people opened it.
    again = known is not None and known.closed != "" and known.generation == linked.generation
    return Act.REOPEN if again else Act.CLOSE_ISSUE


class Followers:
    """Looks at the trackers in turn. Used by one thread at a time."""

    def __init__(self, store: Store, clock: Clock, trackers: Mapping[str, tuple[Tracker, float]]) -> None:
        """``trackers``: by channel, with how many seconds lie between two looks of a running ``serve``."""
        self._store = store
        self._clock = clock
        self._trackers = {name: each for name, each in trackers.items() if each[1] > 0}
        self._tickets = Tickets(store.database)
        self._due = dict.fromkeys(self._trackers, 0.0)  # on the monotonic clock

    def follow(self, stop: threading.Event) -> None:
        """Look, each tracker at its times, until ``stop``."""
        while not stop.wait(WAKE_SECONDS):
            self.tick()

    def tick(self) -> None:
        """Look at those that are due. What fails is logged, and tried again later."""
        for channel, (tracker, every) in self._trackers.items():
            if self._clock.monotonic() < self._due[channel]:
                continue
            wait = every
            try:
                self._align(channel, tracker)
            except DeliveryError as error:
                log.warning("%s; issues are looked at again later", error)
                wait = max(every, error.retry_after or 0.0)
            except StoreError as error:
                log.error("%s; trying again later", error)  # noqa: TRY400  one line, no traceback
            self._due[channel] = self._clock.monotonic() + wait

    def _align(self, channel: str, tracker: Tracker) -> None:
        linked = self._tickets.linked(channel, MOST_ISSUES)
        if not linked:
            return
        tickets = tracker.tickets([each.number for each in linked])
        known = self._tickets.known(channel)
        # Kept of earlier rounds, whatever fails in this one; what is not linked any more is forgotten.
        kept = {number: seen for number, seen in known.items() if number in tickets}
        behind: list[tuple[Linked, bool]] = []  # issues that are to follow their incident, and whether to close them
        for each in linked:
            ticket = tickets.get(each.number)
            if ticket is None:
                continue  # deleted, or moved to another repository: the next news gets another issue
            act = decide(each, ticket, known.get(each.number))
            if act in (Act.CLOSE_ISSUE, Act.OPEN_ISSUE):
                behind.append((each, act is Act.CLOSE_ISSUE))
            elif act is Act.NOTHING or self._set(each, act, tracker.shown(each.number), channel):
                kept[each.number] = Known(ticket.closed, each.generation)
        self._tickets.remember(channel, kept)
        self._settle(channel, tracker, kept, behind[:MOST_CHANGES])

    def _settle(
        self, channel: str, tracker: Tracker, kept: dict[int, Known], behind: Sequence[tuple[Linked, bool]]
    ) -> None:
        for linked, close in behind:
            tracker.settle(linked.number, resolved=close)
        if behind:
            # What we closed ourselves is no news from people when it is seen the next time.
            after = tracker.tickets([linked.number for linked, _ in behind])
            for linked, _ in behind:
                if linked.number in after:
                    kept[linked.number] = Known(after[linked.number].closed, linked.generation)
            self._tickets.remember(channel, kept)

    def _set(self, linked: Linked, act: Act, shown: str, channel: str) -> bool:
        """Change the incident, unless somebody else has just done so."""
        resolve = act is Act.RESOLVE
        incident = self._store.incident(linked.incident_id)
        if incident is None or incident.state is not linked.state or incident.generation != linked.generation:
            return False
        why = Reason("closed-in-tracker" if resolve else "reopened-in-tracker", {"issue": shown})
        try:
            with self._store.changing(now=self._clock.now(), actor=channel) as changes:
                changes.set_state(linked.incident_id, State.RESOLVED if resolve else State.OPEN, why)
        except UsageError:  # merged meanwhile
            return False
        return True
