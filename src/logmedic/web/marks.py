"""What happened to a service and to an incident while it occurred: marks on its histogram and in its timeline."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from logmedic import reasons
from logmedic.model import Incident, Text
from logmedic.store import releases
from logmedic.store.store import Store, TimelineEntry
from logmedic.web import charts

MOST = 12  # on one histogram, the latest; more could not be told apart
# What changes how the occurrences are read; a diagnosis or a delivery does not.
_STATES = frozenset({
    "new", "regressed", "escalating", "open", "acked", "snoozed", "resolved", "ignored", "merged", "split",
    "fix offered", "fix merged", "fix closed",
})  # fmt: skip


class Mark(msgspec.Struct, frozen=True):
    at: int  # ns
    what: Text
    release: str = ""  # which the service began to log; "" for what happened to the incident


def marks(store: Store, incident: Incident, timeline: Sequence[TimelineEntry]) -> list[Mark]:
    """Oldest first: changes of state, and releases that the service began to log since the day before the incident."""
    released = releases.first_seen(
        store.database, incident.service, incident.first_seen - charts.DAY, incident.last_seen
    )
    found = [Mark(at, Text("release", "릴리스"), name) for name, at in released if incident.service]
    found += [Mark(e.at, reasons.EVENTS.get(e.event, Text(e.event, e.event))) for e in timeline if e.event in _STATES]
    return sorted(found, key=lambda mark: mark.at)


def on_histogram(found: Sequence[Mark], until: int) -> list[tuple[float, Mark]]:
    """(place from 0 to 1, mark) of those within the histogram that ends at ``until`` (ns), the latest :data:`MOST`."""
    placed = [(at, mark) for mark in found if (at := charts.place(mark.at, until)) is not None]
    return placed[-MOST:]
