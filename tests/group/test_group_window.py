"""When people hear of an incident."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmedic.group.window import Arrival, CapState, Decision, Known, NewIncidentCap, WindowConfig, decide, hourly_rates
from logmedic.model import NANOSECONDS, State, Substate

MINUTE = 60 * NANOSECONDS
T0 = 30_000_000 * MINUTE  # a whole minute, and a whole hour
CONFIG = WindowConfig()


def known(**changes) -> Known:
    base = Known(
        state=State.OPEN,
        substate=Substate.ONGOING,
        first_seen=T0 - 600 * MINUTE,
        last_seen=T0,
        last_raised=T0,
        count=10,
    )
    return msgspec.structs.replace(base, **changes)


def arrive(after: float, count: int = 1, **changes) -> Arrival:
    at = T0 + int(after * MINUTE)
    return msgspec.structs.replace(Arrival(count=count, first=at, last=at, now=at), **changes)


def outcome(decision: Decision) -> tuple[bool, Substate, State]:
    return decision.raise_, decision.substate, decision.state


def test_a_new_fingerprint_is_raised() -> None:
    decision = decide(None, arrive(0), CONFIG)

    assert outcome(decision) == (True, Substate.NEW, State.OPEN)
    assert decision.reason == "new"
    assert decision.last_raised == T0


@pytest.mark.parametrize(("after", "raised"), [(0.1, False), (4.99, False), (5, True), (60, True)])
def test_a_repeat_within_five_minutes_of_the_last_alert_is_only_counted(after: float, raised: bool) -> None:
    decision = decide(known(), arrive(after), CONFIG)

    assert outcome(decision) == (raised, Substate.ONGOING, State.OPEN)
    assert decision.last_raised == (T0 + int(after * MINUTE) if raised else T0)


def test_a_steady_error_is_raised_every_five_minutes_not_once() -> None:
    now = known()
    raised = []
    for minute in range(1, 16):
        decision = decide(now, arrive(minute), CONFIG)
        raised += [minute] if decision.raise_ else []
        now = known(last_seen=T0 + minute * MINUTE, last_raised=decision.last_raised)

    assert raised == [5, 10, 15]


def test_an_ongoing_incident_says_how_often_since_when() -> None:
    recent = ((T0 // MINUTE, 40), (T0 // MINUTE + 1, 4))

    assert decide(known(recent=recent), arrive(20, 3), CONFIG).reason == (
        "still happening: 7 since the last alert 20 min ago"
    )


def test_after_resolve_it_is_a_regression_even_within_the_window() -> None:
    decision = decide(known(state=State.RESOLVED), arrive(1), CONFIG)

    assert outcome(decision) == (True, Substate.REGRESSED, State.OPEN)
    assert decision.reason == "regressed after resolve, 1 min after it was last seen"


@pytest.mark.parametrize("state", list(State))
def test_late_lines_never_raise_again(state: State) -> None:
    for after in (-100, -1, 0):
        decision = decide(known(state=state, last_raised=T0 - 90 * MINUTE), arrive(after, now=T0 + 9 * MINUTE), CONFIG)
        assert not decision.raise_
        assert decision.state is state


def test_an_ignored_incident_is_never_raised() -> None:
    decision = decide(known(state=State.IGNORED), arrive(10_000, 10_000), CONFIG)

    assert outcome(decision) == (False, Substate.ONGOING, State.IGNORED)


def test_a_snooze_holds_until_its_time_on_the_wall_clock() -> None:
    snoozed = known(state=State.SNOOZED, snoozed_until=T0 + 60 * MINUTE)

    assert not decide(snoozed, arrive(59), CONFIG).raise_
    assert not decide(snoozed, arrive(61, now=T0 + 59 * MINUTE), CONFIG).raise_
    assert outcome(decide(snoozed, arrive(60), CONFIG)) == (True, Substate.ONGOING, State.OPEN)


def test_a_snooze_by_count_holds_until_that_many() -> None:
    snoozed = known(state=State.SNOOZED, snooze_count=15)

    assert not decide(snoozed, arrive(60, 4), CONFIG).raise_
    assert decide(snoozed, arrive(60, 5), CONFIG).reason == "snoozed until 15 occurrences: now 15"


def hourly(count: int, hours: int) -> tuple[tuple[int, int], ...]:
    return tuple((T0 // MINUTE - 60 * h, count) for h in range(1, hours + 1))


@pytest.mark.parametrize(("count", "substate"), [(99, Substate.ONGOING), (100, Substate.ESCALATING)])
def test_ten_times_the_usual_rate_is_an_escalation(count: int, substate: Substate) -> None:
    decision = decide(known(recent=hourly(10, 9), first_seen=T0 - 590 * MINUTE), arrive(10, count), CONFIG)

    assert decision.substate is substate
    if substate is Substate.ESCALATING:
        assert decision.reason == "escalating: 100 in the last hour, usually 10.0"


@pytest.mark.parametrize(("count", "substate"), [(49, Substate.ONGOING), (50, Substate.ESCALATING)])
def test_a_rare_error_escalates_only_from_fifty_an_hour(count: int, substate: Substate) -> None:
    assert decide(known(), arrive(10, count), CONFIG).substate is substate


def test_what_began_within_the_hour_has_no_usual_rate() -> None:
    young = known(first_seen=T0 - 10 * MINUTE)

    assert hourly_rates(young, arrive(10, 1000)) == (1000, None)
    assert decide(young, arrive(10, 1000), CONFIG).substate is Substate.ONGOING


def test_a_long_batch_counts_only_its_last_hour_as_the_rate() -> None:
    rate, _ = hourly_rates(known(), arrive(600, 1000, first=T0))

    assert rate == 100


def test_an_acknowledged_incident_is_raised_only_when_it_escalates() -> None:
    acked = known(state=State.ACKED)

    assert outcome(decide(acked, arrive(60, 1), CONFIG)) == (False, Substate.ONGOING, State.ACKED)
    assert outcome(decide(acked, arrive(60, 500), CONFIG)) == (True, Substate.ESCALATING, State.ACKED)


def test_the_cap_lets_so_many_new_incidents_through_per_window() -> None:
    cap = NewIncidentCap(WindowConfig(new_incidents=2, new_incidents_seconds=300))
    state = CapState()
    admitted = []
    for second in (0, 1, 2, 299, 300, 301, 302):
        state, ok = cap.admit(state, T0 + second * NANOSECONDS)
        admitted.append(ok)

    assert admitted == [True, True, False, False, True, True, False]


def test_a_clock_set_back_does_not_block_new_incidents() -> None:
    cap = NewIncidentCap(WindowConfig(new_incidents=1))
    state, _ = cap.admit(CapState(), T0)

    assert cap.admit(state, T0 - 3600 * NANOSECONDS)[1]


@given(
    st.sampled_from(State), st.integers(-10_000, 10_000), st.integers(1, 10**6), st.integers(0, 10_000),
    st.none() | st.integers(-10_000, 10_000),
    st.lists(st.tuples(st.integers(-2000, 0), st.integers(1, 999)), max_size=5),
)  # fmt: skip
def test_every_case_is_decided_with_a_reason(state, after, count, raised_ago, snooze, recent) -> None:
    before = known(
        state=state, last_raised=T0 - raised_ago * MINUTE, recent=tuple((T0 // MINUTE + m, n) for m, n in recent),
        snoozed_until=None if snooze is None else T0 + snooze * MINUTE,
    )  # fmt: skip

    decision = decide(before, arrive(after, count), CONFIG)

    assert decision.reason
    assert decision.raise_ or (decision.state, decision.substate) == (state, before.substate)
    past = min(before.last_raised, T0 + after * MINUTE)  # a stored time beyond now is taken for now
    assert decision.last_raised == (T0 + after * MINUTE if decision.raise_ else past)
