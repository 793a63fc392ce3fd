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
        UsageError: not a JSON object, one that says nothing of these, or a time that cannot be read.
    """
    try:
        decoded = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{name}: not JSON ({error})") from error
    if not isinstance(decoded, dict):
        raise UsageError(f"{name}: a JSON object with service, fired_at and summary is expected")
    fired = time_of(decoded, name, _FIRED) * NANOSECONDS if any(decoded.get(key) for key in _FIRED) else 0
    service, summary = decoded.get("service") or "", decoded.get("summary", decoded.get("title")) or ""
    for key, value in (("service", service), ("summary", summary)):
        if not isinstance(value, str):
            raise UsageError(f"{name}: {key}: a text is expected, got {msgspec.json.encode(value).decode()[:60]}")
    if not (service or summary or fired):
        raise UsageError(f"{name}: it says none of service, fired_at and summary, so it is about nothing")
    return Alert(service, fired, summary)


def doubt(alert: Alert, chosen: Incident) -> str:
    """Why the incident that was chosen may not be what the alert is about; empty when it fits."""
    if alert.service and core_name(chosen.service) != core_name(alert.service):
        return f"no error of its service {alert.service!r} is in the log; the nearest is one of {chosen.service!r}"
    if alert.fired_at and not alert.fired_at - LOOKED_BACK <= chosen.last_seen:
        return "nothing failed in the hour before it fired; the nearest error is older"
    if alert.fired_at and chosen.first_seen > alert.fired_at + SLACK:
        return "nothing had failed when it fired; the nearest error is younger"
    return ""


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
