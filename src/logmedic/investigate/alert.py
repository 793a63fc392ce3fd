"""An alert that somebody else raised, and which of our incidents it is about. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from logmedic.errors import UsageError
from logmedic.investigate.changes.changelist import time_of
from logmedic.investigate.faults.cascade import core_name
from logmedic.model import NANOSECONDS, Incident

LOOKED_BACK = 60 * 60 * NANOSECONDS  # an alert fires at most so long after what it is about began to be frequent
SLACK = 5 * 60 * NANOSECONDS  # clocks, and errors that go on while somebody writes the alert
_FIRED = ("fired_at", "timestamp", "time", "starts_at", "startsAt")
_WORD = re.compile(r"[^\W\d_]{4,40}")


class Alert(msgspec.Struct, frozen=True):
    service: str
    fired_at: int  # ns; 0 when the alert does not say
    summary: str = ""


def read(data: bytes, name: str) -> Alert:
    """From JSON: ``{"service": …, "fired_at": …, "summary": …}``.

    Raises:
        UsageError: not a JSON object, or a time that cannot be read.
    """
    try:
        decoded = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{name}: not JSON ({error})") from error
    if not isinstance(decoded, dict):
        raise UsageError(f"{name}: a JSON object with service, fired_at and summary is expected")
    fired = time_of(decoded, name, _FIRED) * NANOSECONDS if any(decoded.get(key) for key in _FIRED) else 0
    service, summary = decoded.get("service"), decoded.get("summary", decoded.get("title"))
    return Alert(service if isinstance(service, str) else "", fired, summary if isinstance(summary, str) else "")


def choose(alert: Alert, incidents: Sequence[Incident]) -> Incident | None:
    """The incident that an alert is most likely about; ``None`` when there is none.

    In order of weight: the alert's service; seen in the hour before it fired; begun then rather than long before;
    words that alert and title share; count.
    """
    begun = [i for i in incidents if not alert.fired_at or i.first_seen <= alert.fired_at + SLACK] or list(incidents)
    words = set(_WORD.findall(alert.summary.lower()))

    def rank(incident: Incident) -> tuple[bool, bool, bool, int, int, int]:
        since = alert.fired_at - LOOKED_BACK
        return (
            bool(alert.service) and core_name(incident.service) == core_name(alert.service),
            not alert.fired_at or incident.last_seen >= since,
            not alert.fired_at or incident.first_seen >= since,
            len(words.intersection(_WORD.findall(incident.title.lower()))),
            _recent(incident, since, alert.fired_at + SLACK) if alert.fired_at else incident.count,
            -incident.id,
        )

    return max(begun, key=rank, default=None)


def _recent(incident: Incident, since: int, until: int) -> int:
    return sum(bar.count for bar in incident.histogram if since <= bar.start <= until)
