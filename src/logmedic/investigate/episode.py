"""What failed beside an incident, asked of the history and the logs."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from logmedic.investigate.faults.cascade import AFTERMATH, EPISODE, Cascade, trace_back
from logmedic.investigate.faults.kinds import UNKNOWN
from logmedic.investigate.faults.taxonomy import classify
from logmedic.investigate.interface import Case
from logmedic.investigate.logs import REQUEST_WINDOW
from logmedic.model import LogRecord, Neighbour, Sample, Stack

LONGEST_STACK = 20_000  # characters that are looked at for what was raised
# Fields that hold what went wrong below; who has none tells of what became of it.
_CAUSES = ("error", "err", "cause", "reason", "exception", "error.message")
BEFORE_ONSET, BEHIND_ONSET = 200, 100  # lines that tell how the other services fared


def episode(case: Case) -> tuple[Cascade, Sequence[Neighbour], tuple[LogRecord, ...]]:
    """Where the fault began and what it reached, the incidents of the same time, and what all services said then.

    Raises:
        StoreError, SourceError, OSError: the history or the logs cannot be read.
    """
    incident, record = case.incident, case.samples[0].record
    if is_synthetic(case.samples[0]):
        return Cascade(), (), ()
    beside = case.history.beside(incident, incident.first_seen - EPISODE, incident.last_seen + AFTERMATH)
    traced: Sequence[LogRecord] = ()
    wanted = record.trace_id or record.request_id
    if wanted:
        traced = case.logs.by_request(wanted, record.time - REQUEST_WINDOW, record.time + REQUEST_WINDOW)
    subject = Neighbour(
        id=incident.id,
        service=incident.service,
        first_seen=incident.first_seen,
        last_seen=incident.last_seen,
        record=record,
    )
    earliest = min((sample.record for sample in case.samples), key=lambda r: (r.time, r.ref))
    around = case.logs.around(earliest, BEFORE_ONSET, BEHIND_ONSET)
    deployed = [d.service for d in case.changes.deploys if d.service] if case.changes is not None else []
    kinds = {n.id: _kind(n.record, n.record.stack) for n in beside}
    kinds[incident.id] = _kind(record, case.samples[0].grouping.stack or record.stack)
    cascade = trace_back(subject, beside, traced, around=around, known=deployed, kinds=kinds)
    return cascade, beside, told([record, *(n.record for n in beside), *around])


def told(records: Sequence[LogRecord]) -> tuple[LogRecord, ...]:
    """Each line once, oldest first."""
    return tuple(sorted({r.ref: r for r in records}.values(), key=lambda r: (r.time, r.ref)))


def _kind(record: LogRecord, stack: Stack | None) -> str:
    """The kind of a fault; "" when neither its words nor a trace tell what happened."""
    if stack is None and record.stack_text:
        lines = [line for line in record.stack_text[:LONGEST_STACK].split("\n") if line.strip()]
        record = msgspec.structs.replace(record, message="\n".join((record.message, *lines[:1], *lines[-1:])))
    found = classify(record, stack)
    bare = found.kind is UNKNOWN or found.by == "status"  # a status tells what was answered, not why
    told = stack is not None or record.stack_text or any(isinstance(record.fields.get(key), str) for key in _CAUSES)
    return "" if bare and not told else found.kind.id


def is_synthetic(sample: Sample) -> bool:
    """Whether the record stands for many others: such incidents are grouped by the rule alone."""
    return any(component.name == "synthetic" for component in sample.grouping.components)
