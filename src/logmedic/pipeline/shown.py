"""Incidents as JSON: one shape for every command and for the API."""

from __future__ import annotations

import datetime
from typing import Any

from logmedic import reasons
from logmedic.investigate import report
from logmedic.model import NANOSECONDS, Incident


def iso(time: int) -> str:
    """RFC 3339, UTC, microseconds. ``time``: ns since the epoch."""
    moment = datetime.datetime.fromtimestamp(time // NANOSECONDS, datetime.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + f".{time % NANOSECONDS // 1000:06d}Z"


def incident_json(incident: Incident, language: str) -> dict[str, Any]:
    """The shape of an incident in ``scan --json``, ``demo --json``, ``replay --json`` and ``incidents --json``."""
    return {
        "id": incident.id,
        "fingerprint": incident.fingerprint,
        "title": incident.title,
        "culprit": incident.culprit,
        "service": incident.service,
        "error_code": incident.error_code,
        "severity": incident.severity.value,
        "state": incident.state.value,
        "substate": incident.substate.value,
        "reason": reasons.why_now(incident, language),
        "reason_code": None if incident.why is None else incident.why.code,
        "held": None if incident.held is None else reasons.render(incident.held).in_(language),
        "count": incident.count,
        "first_seen": iso(incident.first_seen),
        "last_seen": iso(incident.last_seen),
        "rules": list(incident.rules),
        "snoozed_until": None if incident.snoozed_until is None else iso(incident.snoozed_until),
        "snooze_count": incident.snooze_count,
        "resolved_in": incident.resolved_in,
        "resolved_next": incident.resolved_next,
        "aliases": list(incident.aliases),
        "merged_into": incident.merged_into,
        "diagnosis": None if incident.diagnosis is None else report.to_json(incident.diagnosis, language),
    }
