from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from respond_samples import notice

from logmedic.errors import DeliveryError
from logmedic.model import NANOSECONDS, Outcome, Result
from logmedic.respond.retry import RetryConfig, Stop, Wait, deliver_with_retry, next_step
from logmedic.testing.discord import Fault
from logmedic.testing.doors import FakeClock

CONFIG = RetryConfig()


class Scripted:
    """A responder that fails as told, then succeeds."""

    name = "scripted"
    kind = "scripted"

    def __init__(self, *errors: DeliveryError) -> None:
        self.errors = list(errors)
        self.calls = 0

    def deliver(self, notice):
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return Outcome(Result.SENT, "sent", {"message_id": "1"})


def soon(seconds: float = 0.0, *, unclear: bool = False) -> DeliveryError:
    return DeliveryError("busy", retry_after=seconds, unclear=unclear)


def run(responder, clock, config=CONFIG, **changes):
    return deliver_with_retry(responder, notice(**changes), clock, config, roll=lambda: 0.0)


def test_what_works_at_once_is_not_waited_for(clock):
    assert run(Scripted(), clock).result is Result.SENT
    assert clock.slept == []


def test_waits_double_and_are_spread():
    def wait(tried, roll):
        return next_step(soon(), tried=tried, elapsed=0, roll=roll, config=RetryConfig(tries=99))

    assert [wait(n, 0.0) for n in (1, 2, 3)] == [Wait(0.5), Wait(1.0), Wait(2.0)]
    assert wait(1, 0.999).seconds == pytest.approx(1.0, abs=0.01)
    assert wait(90, 0.999).seconds <= CONFIG.max_delay_s


def test_what_the_far_side_asks_for_is_honoured(clock):
    assert run(Scripted(soon(12.5)), clock).result is Result.SENT
    assert clock.slept == [12.5]


def test_a_permanent_failure_is_not_tried_again(clock):
    responder = Scripted(DeliveryError("gone for good"))
    outcome = run(responder, clock, receipt={"message_id": "7"})
    assert (outcome.result, outcome.reason) == (Result.FAILED, "gone for good")
    assert outcome.receipt == {"message_id": "7"}
    assert responder.calls == 1


def test_tries_are_bounded_and_the_rest_is_deferred_until_a_named_time(clock):
    responder = Scripted(*[soon() for _ in range(9)])
    outcome = run(responder, clock, receipt={"message_id": "7"})
    assert outcome.result is Result.DEFERRED
    assert outcome.reason == "busy; tried 4 times"
    assert responder.calls == CONFIG.tries
    assert outcome.receipt["message_id"] == "7", "what was known of the message is kept"
    assert outcome.receipt["retry_at"] == clock.now() + 4 * NANOSECONDS
    assert outcome.receipt["unclear"] is False


def test_a_wait_beyond_the_deadline_is_deferred_at_once(clock):
    outcome = run(Scripted(soon(2285.0)), clock)
    assert outcome.result is Result.DEFERRED
    assert "no time left within 60 s" in outcome.reason
    assert clock.slept == []
    assert outcome.receipt["retry_at"] == clock.now() + 2285 * NANOSECONDS


def test_the_deadline_counts_from_the_first_try(clock):
    responder = Scripted(soon(40), soon(40))
    outcome = run(responder, clock)
    assert outcome.result is Result.DEFERRED
    assert clock.slept == [40]


def test_doubt_from_an_early_try_is_remembered(clock):
    outcome = run(Scripted(soon(unclear=True), *[soon()] * 9), clock)
    assert outcome.receipt["unclear"] is True


def test_doubt_alone_is_worth_another_try(clock):
    responder = Scripted(DeliveryError("lost", unclear=True))
    assert run(responder, clock).result is Result.SENT


@given(
    st.lists(st.tuples(st.none() | st.floats(0, 5000), st.booleans()), max_size=30),
    st.floats(0, 1, exclude_max=True),
    st.integers(1, 8),
    st.floats(0, 300),
)
def test_a_delivery_always_ends_within_its_tries_and_its_deadline(script, roll, tries, deadline):
    clock = FakeClock()
    responder = Scripted(*[DeliveryError("x", retry_after=after, unclear=unclear) for after, unclear in script])
    config = RetryConfig(tries=tries, deadline_s=deadline)
    outcome = deliver_with_retry(responder, notice(), clock, config, roll=lambda: roll)
    assert outcome.reason
    assert responder.calls <= tries
    assert sum(clock.slept) <= deadline + 1e-6
    assert ("retry_at" in outcome.receipt) == (outcome.result is Result.DEFERRED)


@given(st.floats(0, 1e6), st.integers(1, 10**6), st.floats(0, 1, exclude_max=True))
def test_a_wait_is_never_shorter_than_asked_for(asked, tried, roll):
    step = next_step(soon(asked), tried=tried, elapsed=0, roll=roll, config=CONFIG)
    assert (step.retry_in if isinstance(step, Stop) else step.seconds) >= asked


# On a real server


def test_a_busy_discord_gets_everything_in_the_end(discord, responder, clock):
    discord.faults.extend([Fault.status(503), Fault.rate_limited(1.25), Fault.hang_up()])
    outcome = deliver_with_retry(responder(discord), notice(mention=True), clock, CONFIG)
    assert outcome.result is Result.SENT
    assert len(discord.messages) == 1
    assert any(slept >= 1.25 for slept in clock.slept)


def test_a_burst_is_slowed_down_to_the_rate_limit_and_loses_nothing(discord, responder, clock):
    to_discord = responder(discord)
    outcomes = [deliver_with_retry(to_discord, notice(), clock, CONFIG) for _ in range(17)]
    assert {outcome.result for outcome in outcomes} == {Result.SENT}
    assert len(discord.messages) == 17
    assert len(discord.requests) == 17, "told by the headers, not by refusals"


def test_after_a_lost_answer_at_most_one_more_message_follows_with_the_same_marker(discord, responder, clock):
    discord.faults.append(Fault.lost_answer())
    outcome = deliver_with_retry(responder(discord), notice(mention=True), clock, CONFIG)
    assert outcome.result is Result.SENT
    footers = [message["embeds"][0]["footer"]["text"] for message in discord.messages]
    assert len(footers) == 2
    assert set(footers) == {outcome.receipt["marker"]}


def test_a_dead_webhook_does_not_hold_up_another_channel(discord, forum, responder, clock):
    discord.deleted = True
    results = [deliver_with_retry(responder(fake), notice(), clock, CONFIG).result for fake in (discord, forum)]
    assert results == [Result.FAILED, Result.SENT]
    assert clock.slept == []
