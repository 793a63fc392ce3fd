"""F49 to F58 of ``docs/faults.md``: whatever a channel answers, news arrives, and no more often than must be."""

from __future__ import annotations

import signal
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from keeping_world import HOUR, KilledError, World
from respond_samples import HOSTILE, diagnosis, incident, notice
from test_workers import Team, wait_for

from effort import examples
from logmedic.doors import HttpAnswer, SystemHttp
from logmedic.errors import DeliveryError
from logmedic.model import Outcome, Result, Severity, Substate
from logmedic.respond.channels import make
from logmedic.respond.discord import DiscordConfig
from logmedic.respond.interface import Mode
from logmedic.respond.ratelimit import RateLimits
from logmedic.respond.retry import Patient, RetryConfig, put_off
from logmedic.store import tables as t
from logmedic.testing import github as hub
from logmedic.testing.discord import FakeDiscord, Fault
from logmedic.testing.doors import FakeClock
from postgres import Postgres

RETRY = RetryConfig()


def channel(discord: FakeDiscord, http: SystemHttp, clock: FakeClock) -> Patient:
    config = DiscordConfig(forum=discord.forum, timeout_s=30.0)
    return Patient(make(config, http=http, clock=clock, secret=discord.url, limits=RateLimits()), clock, RETRY)


def told(patient: Patient, clock: FakeClock, **changes: object) -> Outcome:
    """One alert to its end, put off as often as need be."""
    receipt = None
    for _ in range(200):
        outcome, again = put_off(patient(notice(**changes, receipt=receipt or {})), receipt, clock.now(), RETRY)
        if again is None:
            return outcome
        receipt = dict(outcome.receipt)
        clock.advance(again)
    raise AssertionError("it never ends")


LIMITS = {
    "body": (Fault.rate_limited(1.337, header=False), 1.337),
    "header": (Fault.rate_limited(3.0, body=False), 3.0),
    "global": (Fault.rate_limited(2.0, is_global=True), 2.0),
    "cloudflare": (Fault.cloudflare(30), 30.0),
    "long": (Fault.rate_limited(2285.0), 2285.0),
}


@pytest.mark.parametrize(("fault", "seconds"), LIMITS.values(), ids=LIMITS)
def test_f49_a_limit_of_discord_is_honoured_however_it_is_said_and_nothing_is_lost(
    discord: FakeDiscord, http: SystemHttp, clock: FakeClock, fault: Fault, seconds: float
) -> None:
    discord.faults.append(fault)
    began = clock.monotonic()
    assert told(channel(discord, http, clock), clock).result is Result.SENT
    assert len(discord.messages) == 1
    assert clock.monotonic() - began >= seconds


def test_f50_when_the_answer_is_lost_github_has_one_issue_and_discord_at_most_one_message_more(
    discord: FakeDiscord, http: SystemHttp, clock: FakeClock, github: hub.FakeGitHub, file_issues
) -> None:
    discord.faults.append(Fault.lost_answer())
    assert told(channel(discord, http, clock), clock).result is Result.SENT
    assert 1 <= len(discord.messages) <= 2
    assert len({message["embeds"][0]["footer"]["text"] for message in discord.messages}) == 1, "known as the same"
    github.repository.search_lag = 3600.0
    github.faults.append(hub.Fault("createIssue", drop_answer=True))
    with pytest.raises(DeliveryError):
        file_issues().deliver(notice())
    file_issues().deliver(notice())  # filed; then killed before that was noted
    file_issues().deliver(notice())
    assert len(github.repository.issues) == 1


JSON = {"Content-Type": "application/json"}
REFUSALS = {
    "malformed": Fault.status(400, b'{"code": 50035, "message": "Invalid Form Body"}', JSON),
    "unauthorized": Fault.status(401, b'{"code": 50027, "message": "Invalid Webhook Token"}', JSON),
    "gone": Fault.error(10015),
}


@pytest.mark.parametrize("fault", REFUSALS.values(), ids=REFUSALS)
def test_f51_a_refusal_for_good_is_kept_as_failed_told_elsewhere_and_holds_nobody_up(
    world: World, http: SystemHttp, clock: FakeClock, fault: Fault
) -> None:
    asked = len(world.discord.requests)
    world.discord.faults.append(fault)
    outcome = told(channel(world.discord, http, clock), clock)
    assert outcome.result is Result.FAILED
    assert len(world.discord.requests) == asked + 1, "asking again would not help"
    refused_by("ops", world, outcome)
    world.later(0.1)
    assert world.titles() == ["logmedic itself is in trouble"], "the other channel hears of it"


def refused_by(name: str, world: World, outcome: Outcome) -> None:
    row = {"key": f"v1:0:1:{name}", "incident_id": world.add("lost"), "generation": 1, "channel": name}
    with world.store.database.begin() as c:
        c.execute(
            sa.insert(t.effects).values(
                **row, result=outcome.result.value, reason=outcome.reason, receipt="{}", updated_at=world.clock.now()
            )
        )


@settings(max_examples=examples(25))
@given(st.text(max_size=300) | st.sampled_from(HOSTILE), st.integers(1, 9000))
def test_f52_a_message_keeps_to_every_limit_of_discord_whatever_a_log_says(text: str, times: int) -> None:
    text = (text * times)[:9000]
    subject = incident(title=text, service=text, error_code=text, culprit=text, diagnosis=diagnosis(text))
    clock = FakeClock()
    with FakeDiscord() as discord:
        config = DiscordConfig(mention="@here")
        made = make(config, http=Direct(discord), clock=clock, secret=discord.url, limits=RateLimits())
        assert made.deliver(notice(subject)).result is Result.SENT
        assert len(discord.messages) == 1


class Direct:
    """Discord without a network; it refuses what the real one refuses."""

    def __init__(self, discord: FakeDiscord) -> None:
        self._discord = discord

    def request(self, method, url, *, timeout, json=None, headers=None):
        parts = urlsplit(url)
        said = {"content-type": "application/json", "user-agent": "test"}
        answer = self._discord.handle(method, f"{parts.path}?{parts.query}", said, msgspec.json.encode(json))
        return HttpAnswer(answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.body)


@pytest.mark.parametrize("lag", [0.0, 3600.0])
def test_f53_when_github_fails_after_it_filed_and_its_search_is_late_there_is_one_issue(
    github: hub.FakeGitHub, file_issues, clock: FakeClock, lag: float
) -> None:
    github.repository.search_lag = lag
    github.faults += [hub.Fault("createIssue", drop_answer=True), hub.Fault("IssueList", status=502, message="late")]
    assert told(Patient(file_issues(), clock, RETRY), clock).result is Result.SENT
    github.faults.append(hub.Fault("createIssue", status=502, message="Server Error"))
    with pytest.raises(DeliveryError) as caught:
        file_issues().deliver(notice(incident(fingerprint="v1:fedcba9876543210")))
    assert caught.value.unclear, "whether it was filed is not known, so nothing is filed at once"
    assert caught.value.retry_after == 10.0
    assert len(github.repository.issues) == 1


def test_f54_a_secondary_limit_without_a_time_is_waited_out_for_a_minute(
    github: hub.FakeGitHub, file_issues, clock: FakeClock
) -> None:
    github.faults += [hub.Fault.secondary_limit(None, "createIssue")] * 2
    began = clock.monotonic()
    assert told(Patient(file_issues(), clock, RETRY), clock).result is Result.SENT
    assert clock.monotonic() - began >= 120
    assert len(github.repository.issues) == 1


def test_f55_an_issue_that_people_closed_deleted_or_forbade_makes_no_loop(github: hub.FakeGitHub, file_issues) -> None:
    first = file_issues().deliver(notice())
    github.repository.close(1)
    again = {"receipt": first.receipt}
    ongoing = incident(count=500, substate=Substate.ONGOING)
    assert file_issues().deliver(notice(ongoing, mode=Mode.EDIT, **again)).reason == "issue 1 is closed"
    back = incident(substate=Substate.REGRESSED, generation=2, reason="regressed after resolve")
    assert file_issues().deliver(notice(back, **again)).reason == "reopened issue 1"
    github.repository.issues[0].number = 70
    github.repository.issues[0].body = "moved away"
    assert file_issues().deliver(notice(ongoing, mode=Mode.EDIT, **again)).reason == "filed issue 2"
    github.repository.issues_enabled = False
    with pytest.raises(DeliveryError, match="has no issues") as caught:
        file_issues().deliver(notice(incident(fingerprint="v1:fedcba9876543210")))
    assert caught.value.retry_after is None, "people must act first"
    assert len(github.repository.issues) == 2


def test_f56_of_many_alerts_at_once_critical_ones_are_not_starved_and_none_is_lost(http: SystemHttp) -> None:
    clock = FakeClock()
    with FakeDiscord(monotonic=clock.monotonic) as discord:
        config = DiscordConfig(min_severity=Severity.WARNING, timeout_s=30.0)
        made = make(config, http=Direct(discord), clock=clock, secret=discord.url, limits=RateLimits())
        patient = Patient(made, clock, RETRY)
        outcomes, late = [], []
        for number in range(300):
            severity = Severity.CRITICAL if number % 50 == 49 else Severity.WARNING
            began = clock.monotonic()
            outcomes.append((severity, patient(notice(incident(id=number, severity=severity, floor=Severity.INFO)))))
            if severity is Severity.CRITICAL:
                late.append(clock.monotonic() - began)
        critical = [outcome.result for severity, outcome in outcomes if severity is Severity.CRITICAL]
        assert critical == [Result.SENT] * 6
        assert max(late) <= 10.0
        assert {outcome.result for _, outcome in outcomes} <= {Result.SENT, Result.DEFERRED}


@pytest.mark.slow
def test_f57_a_process_that_was_frozen_and_replaced_counts_and_tells_nothing_twice(
    tmp_path: Path, postgres: Postgres, postgres_template: str
) -> None:
    name = postgres.create(postgres_template)
    team = Team(tmp_path, postgres.url(name))
    try:
        first = team.join()
        team.write("apples")
        wait_for(team.complete)
        team.join()
        first.send_signal(signal.SIGSTOP)
        team.write("pears")
        wait_for(team.complete)
        first.send_signal(signal.SIGCONT)
        team.write("plums")
        wait_for(team.complete)
        assert first.wait(90) == 1, "it noticed that it had lost its leases"
        assert max(team.told().values()) == 1
        assert team.counted() == team.written
    finally:
        team.end()
        postgres.drop(name)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_f58_an_hourly_digest_survives_a_kill_at_the_hour_and_is_known_as_one(world: World, moment: str) -> None:
    world.warn("precious")
    world.clock.advance(HOUR - 1)
    world.keeper().tick()
    world.clock.advance(1)
    with pytest.raises(KilledError):
        world.keeper(killed=lambda at: at == moment).tick()
    for _ in range(3):
        world.keeper().tick()
    footers = {message["embeds"][0]["footer"]["text"] for message in world.discord.messages}
    assert len(footers) == 1
    assert len(world.discord.messages) == (1 if moment == "before" else 2), "twice only when the answer was lost"
