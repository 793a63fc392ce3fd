"""What gets worse is told at once; what was stored by a clock that ran ahead does not silence the rest."""

from __future__ import annotations

import msgspec
import pytest

from logmedic.group.window import Arrival, Known, WindowConfig, decide
from logmedic.model import NANOSECONDS, Severity, State, Substate

MINUTE = 60 * NANOSECONDS
T0 = 30_000_000 * MINUTE
KNOWN = Known(
    state=State.OPEN,
    substate=Substate.NEW,
    first_seen=T0,
    last_seen=T0,
    last_raised=T0,
    count=1,
    floor=Severity.WARNING,
)


def arrive(seconds: int, severity: Severity) -> Arrival:
    at = T0 + seconds * NANOSECONDS
    return Arrival(count=1, first=at, last=at, now=T0 + 600 * NANOSECONDS, severity=severity)


@pytest.mark.parametrize(
    ("before", "after"), [(State.OPEN, State.OPEN), (State.ACKED, State.ACKED), (State.SNOOZED, State.OPEN)]
)
@pytest.mark.parametrize("seconds", [-30, 0, 1, 500])
def test_a_higher_severity_is_told_at_once_even_when_late(before: State, after: State, seconds: int) -> None:
    known = msgspec.structs.replace(KNOWN, state=before, snoozed_until=T0 + 9_000 * NANOSECONDS)
    decision = decide(known, arrive(seconds, Severity.CRITICAL), WindowConfig())

    assert (decision.raise_, decision.substate, decision.state) == (True, Substate.ESCALATING, after)
    assert decision.reason == "severity rose to critical"
    assert decision.last_raised == T0 + max(0, seconds) * NANOSECONDS


def test_the_severity_that_it_had_before_is_no_news() -> None:
    known = msgspec.structs.replace(KNOWN, floor=Severity.CRITICAL)

    assert not decide(known, arrive(1, Severity.CRITICAL), WindowConfig()).raise_
    assert not decide(KNOWN, arrive(1, Severity.WARNING), WindowConfig()).raise_


def test_an_ignored_incident_stays_silent_whatever_comes() -> None:
    known = msgspec.structs.replace(KNOWN, state=State.IGNORED)

    assert not decide(known, arrive(500, Severity.CRITICAL), WindowConfig()).raise_


def test_an_alert_that_is_dated_in_the_future_holds_back_the_next_one_for_the_window_only() -> None:
    known = msgspec.structs.replace(KNOWN, last_raised=T0 + 86_400 * NANOSECONDS)
    first = decide(known, arrive(590, Severity.WARNING), WindowConfig())
    later = msgspec.structs.replace(known, last_raised=first.last_raised)
    arrival = msgspec.structs.replace(arrive(901, Severity.WARNING), now=T0 + 901 * NANOSECONDS)

    assert not first.raise_
    assert decide(later, arrival, WindowConfig()).raise_
