"""When a model's earlier report still serves: the code under the error reads the same, and its rate has not risen."""

from __future__ import annotations

import hashlib
import re

import msgspec

from logmedic.investigate.evidence import Dossier
from logmedic.model import NANOSECONDS, Diagnosis, Incident, Severity, Substate
from logmedic.store.ledger import Report

RISEN = 10  # times as many in an hour as then: another order of magnitude is another story
HOUR = 3_600 * NANOSECONDS
_MEASURED = frozenset({"figure", "history"})  # evidence that is another one at each look
_NUMBERED = re.compile(r"^ {0,5}\d{1,7}[> ] ", re.MULTILINE)  # how ``source.show`` begins a line


def basis(dossier: Dossier) -> str:
    """What the report rests on in the code: the functions on the stack as they read, wherever they stand now."""
    digest = hashlib.sha256()
    for item in dossier.evidence:
        if item.kind == "source":
            digest.update(f"{item.locator.get('path')}\n{_NUMBERED.sub('', item.text)}\0".encode())
    return digest.hexdigest()[:32]


def rate(incident: Incident) -> int:
    """Occurrences in the hour up to the last one."""
    return sum(bar.count for bar in incident.histogram if bar.start > incident.last_seen - HOUR)


def stale(report: Report, *, basis: str, incident: Incident, now: int, days: float) -> str | None:
    """Why a report does not serve any more, ``None`` when it does. Pure."""
    if report.basis != basis:
        return "the code under the error has changed"
    if now - report.at > days * 86_400 * NANOSECONDS:
        return f"the report is older than {days:g} days"
    if incident.substate is Substate.ESCALATING:
        return "the incident escalates"
    before = max(report.rate, 1)
    if rate(incident) >= RISEN * before:
        return f"{rate(incident)} in an hour, {before} when it was reported"
    return None


def again(report: Diagnosis, verdict: Diagnosis) -> Diagnosis:
    """The report for today's news: without what was measured then, which ``verdict`` has measured anew; it costs 0."""
    figures = {item.id for item in report.evidence if item.kind in _MEASURED}
    return msgspec.structs.replace(
        report,
        severity=Severity.highest(report.severity, verdict.severity),
        impact=verdict.impact,
        claims=tuple(claim for claim in report.claims if figures.isdisjoint(claim.citations)),
        evidence=tuple(item for item in report.evidence if item.id not in figures),
        tokens=0,
        cost_usd=0.0,
    )
