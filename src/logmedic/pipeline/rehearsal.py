"""What would have happened? The real pipeline over a state in memory; its channels only note what they are told."""

from __future__ import annotations

import logging

import msgspec

from logmedic.bounds import clip
from logmedic.errors import UsageError
from logmedic.investigate.alert import Alert as GivenAlert
from logmedic.investigate.alert import choose, doubt
from logmedic.investigate.changes.changelist import ChangeList
from logmedic.model import Diagnosis, Finding, Incident, Level, LogRecord, Match, Outcome, Ref, Result, Severity
from logmedic.pipeline.reading import ProgressReport, no_progress
from logmedic.pipeline.running import Runtime
from logmedic.pipeline.summary import Summary
from logmedic.respond.interface import Mode, Notice, told

log = logging.getLogger("logmedic")

MESSAGE_CHARACTERS = 4_000


class Alert(msgspec.Struct, frozen=True):
    """One channel that would have been told. ``reason``: why the incident was raised."""

    fingerprint: str
    channel: str
    mode: Mode
    mention: bool
    reason: str


class Replayed(msgspec.Struct, frozen=True):
    summary: Summary
    incidents: list[Incident]
    alerts: tuple[Alert, ...]
    cost_usd: float | None  # of the diagnoses; None when a price is not known


class Notes:
    """Stands in for every channel."""

    def __init__(self) -> None:
        self.alerts: list[Alert] = []

    def take(self, channel: str, notice: Notice) -> Outcome:
        incident = notice.incident
        self.alerts.append(Alert(incident.fingerprint, channel, notice.mode, notice.mention, incident.reason))
        return Outcome(Result.SENT, "noted", told(incident))


def replay(runtime: Runtime, notes: Notes, progress: ProgressReport = no_progress) -> Replayed:
    """Read the sources once: every incident, diagnosed, and who would have been told of it."""
    summary = runtime.scan(deadline=0.0, progress=progress)
    incidents = list(runtime.store.by_ids(summary.touched))
    costs = [i.diagnosis.cost_usd for i in incidents if i.diagnosis is not None]
    return Replayed(summary, incidents, tuple(notes.alerts), None if None in costs else sum(c or 0.0 for c in costs))


def first_incident(
    runtime: Runtime, name: str, changes: ChangeList | None = None, alert: GivenAlert | None = None
) -> tuple[Incident, Diagnosis]:
    """Read the sources once: the incident that a rule fired on first, or that an alert is about, diagnosed.

    Where its errors came from another service's, it is that one's incident.

    Raises:
        UsageError: the input cannot be read, or no rule fires on any of it.
    """
    summary = runtime.scan(deadline=0.0)
    for _source, why in summary.problems:
        raise UsageError(why)
    found = list(runtime.store.by_ids(summary.touched))
    if not found:
        raise UsageError(f"{name}: none of its {summary.lines:,} lines matches a rule; there is nothing to diagnose")
    chosen = min(found, key=lambda i: (i.first_seen, i.id))
    if alert is not None:
        errors = [i for i in found if "surge" not in i.rules]
        chosen = choose(alert, errors or found) or chosen
        if why := doubt(alert, chosen):
            log.warning("the alert: %s", why)
    return runtime.diagnose(chosen, changes=changes, follow=True)


def one_text(runtime: Runtime, data: bytes, name: str, changes: ChangeList | None = None) -> tuple[Incident, Diagnosis]:
    """A text that is one panic or traceback, as an incident of its own, diagnosed."""
    text = data.decode("utf-8", "replace").strip("\n")
    now = runtime.clock.now()
    record = LogRecord(
        ref=Ref(name, name, 0, len(data)),
        time=now,
        level=Level.ERROR,
        message=clip(text, MESSAGE_CHARACTERS),
        stack_text=text,
        flags=("not-json", "time-inferred", "level-inferred"),
        raw=data,
    )
    taken = runtime.take_finding(Finding(record, (Match("given", "given by hand", Severity.WARNING),)))
    (incident,) = runtime.store.list_incidents(ids=sorted(taken.touched))
    return runtime.diagnose(incident, changes=changes)
