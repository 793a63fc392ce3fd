"""What a batch makes of an incident. Pure: the incident as it was, what is added, and the time give the new row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from logmedic.group.release import Order
from logmedic.group.window import Arrival, Decision, Known, WindowConfig, decide
from logmedic.model import Reason, Sample, Severity, State, Substate
from logmedic.pipeline.aliased import Addition
from logmedic.store.incident_rows import SAMPLES_KEPT, IncidentChange, KnownIncident

HELD = frozenset({"older-release", "older-than-next-release"})  # reasons for silence that a timeline should name


def resolved_in_a_release(known: KnownIncident | None) -> bool:
    """Whether the order of releases matters for what is decided."""
    return known is not None and known.state is State.RESOLVED and known.resolved_in is not None


def change_of(
    addition: Addition,
    known: KnownIncident | None,
    now: int,
    *,
    window: WindowConfig,
    releases: Mapping[str, int],
    order: Order,
) -> IncidentChange:
    """What an addition makes of its incident.

    ``known``: the incident as it is, ``None`` if it is new. ``releases``: those of the addition as they are stored.
    ``order``: which of two releases is the older. Samples are those that are worth keeping, as they were read.
    """
    arrival = Arrival(
        count=addition.count,
        first=addition.first,
        last=addition.last,
        now=now,
        severity=addition.severity,
        releases=tuple(releases),
    )
    decision = decide(None if known is None else _known(known), arrival, window, order)
    if known is not None and not known.handled and decision.raise_ and decision.substate is Substate.ONGOING:
        # Nobody has heard of the last generation yet; what they will hear counts this arrival too.
        decision = Decision(False, known.substate, known.state, Reason("untold"), known.last_raised)
    floor = addition.severity if known is None else Severity.highest(known.floor, addition.severity)
    terms = _terms(known, decision)
    return IncidentChange(
        known=known,
        fingerprint=addition.fingerprint,
        title=addition.title,
        culprit=addition.culprit,
        service=addition.service,
        error_code=addition.error_code,
        state=decision.state,
        substate=decision.substate,
        severity=floor if known is None else Severity.highest(known.severity, floor),
        floor=floor,
        first_seen=addition.first if known is None or not known.count else min(known.first_seen, addition.first),
        last_seen=addition.last if known is None else max(min(known.last_seen, now), addition.last),
        last_raised=decision.last_raised,
        added=addition.count,
        generation=(0 if known is None else known.generation) + decision.raise_,
        why=decision.why if known is None or decision.raise_ else known.why,
        event=decision.substate.value if decision.raise_ else None,
        rules=tuple(sorted({*addition.rules, *(() if known is None else known.rules)})),
        snoozed_until=terms.snoozed_until,
        minutes=addition.minutes,
        samples=_wanted(addition, known, decision.raise_),
        snooze_count=terms.snooze_count,
        resolved_in=terms.resolved_in,
        resolved_next=terms.resolved_next,
        held=terms.held,
    )


class _Terms(NamedTuple):
    """On what terms an incident is in its state: how long it is snoozed, in which release it is resolved."""

    snoozed_until: int | None = None
    snooze_count: int | None = None
    resolved_in: str | None = None
    resolved_next: bool = False
    held: Reason | None = None


def _terms(known: KnownIncident | None, decision: Decision) -> _Terms:
    """They end with the state."""
    held = decision.why if decision.why.code in HELD else None
    if known is None or known.state is not decision.state:
        return _Terms(held=held)
    return _Terms(known.snoozed_until, known.snooze_count, known.resolved_in, known.resolved_next, held or known.held)


def _wanted(addition: Addition, known: KnownIncident | None, raised: bool) -> tuple[Sample, ...]:
    """Those that are kept: all that come with news; of mere repeats the latest, and none when there are plenty."""
    if raised:
        return addition.samples
    return addition.samples[-1:] if known is None or known.count < SAMPLES_KEPT else ()


def _known(k: KnownIncident) -> Known:
    return Known(
        state=k.state,
        substate=k.substate,
        first_seen=k.first_seen,
        last_seen=k.last_seen,
        last_raised=k.last_raised,
        count=k.count,
        floor=k.floor,
        recent=k.recent,
        snoozed_until=k.snoozed_until,
        snooze_count=k.snooze_count,
        resolved_in=k.resolved_in,
        resolved_next=k.resolved_next,
    )
