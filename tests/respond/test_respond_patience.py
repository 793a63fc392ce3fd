"""A channel that is down for a night: what it missed is put off, for days if need be, and does not block the others."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from respond_samples import incident, notice

from logmedic.errors import DeliveryError
from logmedic.model import NANOSECONDS, Outcome, Result
from logmedic.respond.interface import Notice
from logmedic.respond.retry import DOWN_SECONDS, LONGEST_PAUSE, Patient, RetryConfig, put_off
from logmedic.testing.doors import FakeClock

HOUR = 3600.0
CONFIG = RetryConfig()


class Line:
    """A channel that can be cut, and counts who asks."""

    name = "line"
    kind = "test"

    def __init__(self) -> None:
        self.up = False
        self.asked = 0

    def deliver(self, notice: Notice) -> Outcome:
        self.asked += 1
        if not self.up:
            raise DeliveryError("line: no answer", retry_after=1.0)
        return Outcome(Result.SENT, "sent")


def outage(hours: float, config: RetryConfig = CONFIG) -> tuple[Outcome, float, int]:
    """One alert, from the beginning of an outage to its outcome: that, seconds until then, and the tries put off."""
    clock, line, receipt, times = FakeClock(), Line(), None, 0
    channel = Patient(line, clock, config)
    began = clock.monotonic()
    while True:
        line.up = clock.monotonic() - began >= hours * HOUR
        outcome, again = put_off(channel(notice(incident())), receipt, clock.now(), config)
        if again is None:
            return outcome, clock.monotonic() - began, times
        times += 1
        receipt = dict(outcome.receipt)
        clock.advance(again)


@pytest.mark.parametrize("hours", [0.1, 2, 9, 60])
def test_an_alert_arrives_soon_after_an_outage_of_a_night_or_a_weekend(hours: float) -> None:
    outcome, seconds, times = outage(hours)
    assert outcome.result is Result.SENT
    assert seconds <= hours * HOUR + LONGEST_PAUSE + 60
    assert times <= hours * HOUR / LONGEST_PAUSE + 10, "and not by asking all the time"


def test_after_three_days_it_is_given_up_with_the_reason() -> None:
    outcome, seconds, _ = outage(1000)
    assert outcome.result is Result.FAILED
    assert outcome.reason.startswith("given up after 72 h: line: no answer")
    assert 72 * HOUR <= seconds <= 73 * HOUR
    assert outage(1000, RetryConfig(give_up_after_s=2 * HOUR))[1] <= 3 * HOUR


@given(
    st.dictionaries(st.sampled_from(["since", "times", "retry_at"]), st.none() | st.text() | st.integers(0, 2**62)),
    st.integers(0, 2**62),
)
def test_whatever_is_stored_a_deferral_comes_back_later_or_is_given_up(earlier: dict[str, Any], now: int) -> None:
    outcome, again = put_off(Outcome(Result.DEFERRED, "busy", {"retry_at": now + NANOSECONDS}), earlier, now, CONFIG)
    assert (again is None) == (outcome.result is Result.FAILED)
    assert again is None or 60.0 <= again <= LONGEST_PAUSE


@pytest.mark.parametrize("result", [Result.SENT, Result.SKIPPED, Result.FAILED])
def test_any_other_outcome_is_settled(result: Result) -> None:
    outcome = Outcome(result, "so", {"message_id": "1"})
    assert put_off(outcome, {"since": 1, "times": 7}, 10**18, CONFIG) == (outcome, None)


def test_a_long_ban_of_the_far_side_is_sat_out() -> None:
    _, again = put_off(Outcome(Result.DEFERRED, "limit", {"retry_at": 3600 * NANOSECONDS}), None, 0, CONFIG)
    assert again == 3600.0


def test_a_storm_of_alerts_does_not_queue_up_before_a_channel_that_is_down() -> None:
    clock, line = FakeClock(), Line()
    channel = Patient(line, clock, CONFIG)
    outcomes = [channel(notice(incident())) for _ in range(500)]
    assert {o.result for o in outcomes} == {Result.DEFERRED}
    assert len({o.reason for o in outcomes}) == 1
    assert line.asked == CONFIG.tries
    assert clock.monotonic() <= CONFIG.deadline_s, "the first has waited, the others have not"
    clock.advance(DOWN_SECONDS)
    channel(notice(incident()))
    assert line.asked == CONFIG.tries + 1, "one of them looks whether it is back"
    clock.advance(DOWN_SECONDS)
    line.up = True
    assert [channel(notice(incident())).result for _ in range(3)] == [Result.SENT] * 3
