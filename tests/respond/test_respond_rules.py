"""Rules, quiet hours, maintenance, silences, cooldown and storms: what the policy makes of a situation."""

from __future__ import annotations

import datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from respond_samples import BEGAN, incident

from logmedic.model import NANOSECONDS, Severity, State, Substate
from logmedic.respond import rules
from logmedic.respond.digest import DigestConfig
from logmedic.respond.interface import Mode, told
from logmedic.respond.policy import Action, ChannelSpec, PolicyConfig, Situation, Style, plan
from logmedic.respond.rules import MaintenanceConfig, Match, Mute, QuietConfig, RuleConfig

TEAM = ChannelSpec(name="team", kind="discord", style=Style.MESSAGE, min_severity=Severity.CRITICAL, announces=True)
ALL = ChannelSpec(name="all", kind="discord", style=Style.MESSAGE, min_severity=Severity.INFO, announces=True)
LOG = ChannelSpec(name="log", kind="jsonl", style=Style.RECORD, min_severity=Severity.INFO)
MONDAY = 1_795_392_000 * NANOSECONDS  # 2026-11-23T00:00:00Z
HOUR = 3600 * NANOSECONDS
WARNING = {"severity": Severity.WARNING}


def one(channel: ChannelSpec = TEAM, *, receipt=None, config=None, digest=None, situation=None, **changes) -> Action:
    (action,) = plan(
        incident(**changes), [channel], receipts={} if receipt is None else {channel.name: receipt}, config=config,
        digest=digest, situation=situation or Situation(now=MONDAY),
    )  # fmt: skip
    return action


def test_by_default_critical_is_told_at_once_warnings_hourly_and_info_is_only_recorded():
    assert (one().mode, one().mention) == (Mode.SEND, True)
    warning = one(**WARNING)
    assert (warning.mode, warning.into, warning.mention) == (Mode.DIGEST, "hourly", False)
    assert one(severity=Severity.INFO).mode is Mode.SKIP
    assert one(LOG, **WARNING).mode is Mode.RECORD


def test_digests_can_be_daily_or_off_and_a_channel_that_takes_none_gets_none():
    assert one(**WARNING, digest=DigestConfig(warning="daily")).into == "daily"
    off = one(**WARNING, digest=DigestConfig(warning="off"))
    assert (off.mode, off.reason) == (Mode.SKIP, "warning is below the channel's critical")
    assert one(severity=Severity.INFO, digest=DigestConfig(info="daily")).into == "daily"
    assert one(msgspec.structs.replace(TEAM, announces=False), **WARNING).mode is Mode.SKIP


def routed(rule: RuleConfig, channel: ChannelSpec = TEAM, situation=None, **changes) -> Action:
    return one(channel, config=PolicyConfig(rules=(rule,)), situation=situation, **changes)


def test_a_rule_routes_holds_back_or_hushes_what_it_matches():
    assert routed(RuleConfig(name="r", channels=("other",))).reason == "rule r: told to other"
    assert routed(RuleConfig(name="r", send="never")).reason == "rule r: never told"
    daily = routed(RuleConfig(name="r", send="daily"))
    assert (daily.mode, daily.into, daily.reason) == (Mode.DIGEST, "daily", "rule r: daily digest")
    assert routed(RuleConfig(name="r", send="now"), **WARNING).mode is Mode.SEND
    quietly = routed(RuleConfig(name="r", mention=False))
    assert (quietly.mode, quietly.mention) == (Mode.SEND, False)


@pytest.mark.parametrize(
    ("conditions", "fits"),
    [
        ({"services": ("pay*",)}, True),
        ({"services": ("shop", "payments")}, True),
        ({"services": ("Pay*",)}, False),
        ({"severities": (Severity.WARNING,)}, False),
        ({"fingerprints": ("0123*",)}, True),
        ({"fingerprints": ("v1:0123456789abcdef",)}, True),
        ({"fingerprints": ("v2:*",)}, False),
        ({"titles": ("*TIMED OUT*",)}, True),
        ({"error_codes": ("DB_*",)}, True),
        ({"error_codes": ("AUTH_*",)}, False),
        ({"news": (Substate.NEW,)}, True),
        ({"news": (Substate.REGRESSED,)}, False),
        ({"days": ("mon",)}, True),
        ({"days": ("tue",)}, False),
        ({"from_": "22:00", "to": "06:00"}, True),
        ({"from_": "09:00", "to": "18:00"}, False),
        ({"services": ("pay*",), "error_codes": ("AUTH_*",)}, False),
    ],
)
def test_a_rule_matches_when_all_that_it_names_holds(conditions, fits):
    assert (routed(RuleConfig(name="r", send="never", **conditions)).mode is Mode.SKIP) is fits


def test_the_first_rule_that_matches_decides():
    config = PolicyConfig(
        rules=(RuleConfig(name="a", services=("payments",), send="now"), RuleConfig(name="b", send="never"))
    )
    assert one(config=config).mode is Mode.SEND
    assert one(config=config, service="shop").mode is Mode.SKIP


def test_no_rule_keeps_anything_from_the_record():
    assert routed(RuleConfig(name="r", send="never"), LOG).mode is Mode.RECORD


def test_in_quiet_hours_only_critical_is_told_at_once():
    night = PolicyConfig(quiet=QuietConfig(from_="22:00", to="08:00"))
    assert one(ALL, config=night).mode is Mode.SEND
    held = one(ALL, config=night, **WARNING)
    assert (held.mode, held.into, held.reason) == (Mode.DIGEST, "hourly", "quiet hours")
    morning = Situation(now=MONDAY + 8 * HOUR)
    assert one(ALL, config=night, situation=morning, **WARNING).mode is Mode.SEND
    seoul = Situation(now=MONDAY, zone=datetime.timezone(datetime.timedelta(hours=9)))
    assert one(ALL, config=night, situation=seoul, **WARNING).mode is Mode.SEND, "it is nine in the morning there"


def test_in_quiet_hours_a_message_may_still_be_edited():
    night = PolicyConfig(quiet=QuietConfig(from_="22:00", to="08:00"))
    told_before = told(incident(**WARNING))
    assert one(ALL, config=night, receipt=told_before, **WARNING).mode is Mode.EDIT


def maintenance(begin: int, end: int) -> Situation:
    return Situation(now=MONDAY, mutes=(Mute(begin, end, Match(services=("pay*",)), "maintenance: move"),))


def test_during_maintenance_nobody_is_told_and_afterwards_of_what_goes_on():
    lasting = maintenance(MONDAY - HOUR, MONDAY + HOUR)
    waits = one(situation=lasting)
    assert (waits.mode, waits.until, waits.reason) == (Mode.WAIT, MONDAY + HOUR, "maintenance: move")
    assert one(situation=lasting, service="shop").mode is Mode.SEND
    over = maintenance(MONDAY - 2 * HOUR, MONDAY - HOUR)
    assert one(situation=over, first_seen=MONDAY - 90 * 60 * NANOSECONDS, last_seen=MONDAY).mode is Mode.SEND
    only_then = one(situation=over, first_seen=MONDAY - 2 * HOUR, last_seen=MONDAY - HOUR - 1)
    assert (only_then.mode, only_then.reason) == (Mode.SKIP, "maintenance: move: it happened only then")


def test_a_maintenance_window_without_an_offset_is_one_of_the_time_zone():
    seoul = datetime.timezone(datetime.timedelta(hours=9))
    config = MaintenanceConfig(
        name="move",
        from_=datetime.datetime.fromisoformat("2026-11-23T09:00"),
        to=datetime.datetime.fromisoformat("2026-11-23T10:00"),
    )
    (mute,) = rules.maintenance([config], seoul)
    assert (mute.start, mute.end) == (MONDAY, MONDAY + HOUR)


def test_within_the_cooldown_more_news_edits_and_calls_nobody_unless_it_got_worse():
    again = {"generation": 2, "substate": Substate.REGRESSED}
    receipt = {**told(incident()), "sent_at": MONDAY - 100 * NANOSECONDS}
    calm = one(receipt=receipt, **again)
    assert (calm.mode, calm.mention, calm.reason) == (Mode.EDIT, False, "cooldown: told 100 s ago")
    assert one(receipt={**receipt, "sent_at": MONDAY - 301 * NANOSECONDS}, **again).mode is Mode.SEND
    as_warning = {**told(incident(**WARNING)), "sent_at": MONDAY - NANOSECONDS}
    assert one(ALL, receipt=as_warning).mode is Mode.SEND
    ahead = {**receipt, "sent_at": MONDAY + HOUR}
    assert one(receipt=ahead, **again).mode is Mode.SEND, "a clock that was set back hushes nothing"


def test_a_storm_of_new_incidents_is_told_in_one_message():
    stormy = Situation(now=MONDAY, fresh={Severity.CRITICAL: 20, Severity.WARNING: 11})
    held = one(ALL, situation=stormy)
    assert (held.mode, held.into) == (Mode.DIGEST, "storm")
    assert held.reason == "storm: 31 new incidents within a minute"
    assert one(TEAM, situation=stormy).mode is Mode.SEND, "only 20 of them are for this channel"
    back = one(ALL, situation=stormy, substate=Substate.REGRESSED)
    assert back.mode is Mode.SEND, "what is not new is no part of a storm"
    assert one(ALL, situation=stormy, config=PolicyConfig(storm=0)).mode is Mode.SEND


ISSUES = ChannelSpec(
    name="issues", kind="github", style=Style.MESSAGE, min_severity=Severity.WARNING, storms=True, most_per_hour=5
)
STORMY = Situation(now=MONDAY, fresh={Severity.CRITICAL: 31})


def test_a_storm_is_listed_in_one_issue_as_well():
    assert one(ISSUES, situation=STORMY).into == "storm"


def test_what_the_alert_of_a_storm_listed_has_been_told_until_something_worse_happens():
    listed = {**told(incident(**WARNING)), "digest": "storm"}
    for more in ({"substate": Substate.NEW}, {"substate": Substate.ONGOING, "generation": 9}):
        action = one(ALL, receipt=listed, **WARNING, **more)
        assert (action.mode, action.reason) == (Mode.SKIP, "listed in the alert of a storm")
    for more in ({"substate": Substate.REGRESSED}, {"substate": Substate.ESCALATING}):
        assert one(ALL, receipt=listed, generation=9, **WARNING, **more).mode is Mode.SEND
    assert one(ALL, receipt=listed).reason == "severity rose to critical"
    assert one(ALL, receipt=listed, state=State.RESOLVED).mode is Mode.SKIP
    assert one(TEAM, receipt=listed, severity=Severity.INFO).mode is Mode.SKIP


def test_a_tracker_gets_no_more_issues_in_an_hour_than_it_wants():
    full = Situation(now=MONDAY, told={"issues": 5})
    held = one(ISSUES, situation=full)
    assert (held.mode, held.into, held.reason) == (Mode.DIGEST, "storm", "more than 5 incidents within an hour")
    assert one(ISSUES, situation=Situation(now=MONDAY, told={"issues": 4})).mode is Mode.SEND
    assert one(ISSUES, situation=Situation(now=MONDAY, told={"other": 5})).mode is Mode.SEND
    known = told(incident(generation=1))
    assert one(ISSUES, situation=full, receipt=known, generation=2, substate=Substate.REGRESSED).mode is Mode.SEND
    listed = {**known, "digest": "storm"}
    again = one(ISSUES, situation=full, receipt=listed, generation=2, substate=Substate.REGRESSED)
    assert again.into == "storm", "it would get an issue of its own now"
    assert one(ISSUES, situation=full, config=PolicyConfig(storm=0)).mode is Mode.SEND


def test_in_quiet_hours_lesser_issues_wait_for_their_end():
    quiet = PolicyConfig(quiet=QuietConfig(from_="22:00", to="08:00"))
    held = one(ISSUES, config=quiet, **WARNING)
    assert (held.mode, held.reason) == (Mode.WAIT, "quiet hours")
    assert held.until == MONDAY + 8 * HOUR
    assert one(ISSUES, config=quiet).mode is Mode.SEND
    after = Situation(now=MONDAY + 8 * HOUR)
    assert one(ISSUES, config=quiet, situation=after, **WARNING).mode is Mode.SEND


@pytest.mark.parametrize(
    ("section", "wrong"),
    [
        ({"cooldown_s": -1}, "cooldown_s"),
        ({"storm": -1}, "storm"),
        ({"rules": [{"name": " "}]}, "needs a `name`"),
        ({"rules": [{"name": "r", "from": "25:00"}]}, "no time of day"),
        ({"rules": [{"name": "r", "days": ["monday"]}]}, "monday"),
        ({"rules": [{"name": "r", "send": "later"}]}, "later"),
        ({"quiet": {"from": "22:00"}}, "both `from` and `to`"),
        ({"quiet": {"from": "08:00", "to": "08:00"}}, "never end"),
        ({"maintenance": [{"name": "m", "from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"}]}, "later than"),
        ({"maintenance": [{"name": "m", "from": "2026-01-02T00:00:00Z", "to": "2026-01-03T00:00:00"}]}, "offset"),
        ({"escalation": {"after_s": -5}}, "after_s"),
        ({"escalation": {"times": 0}}, "times"),
    ],
)
def test_settings_that_make_no_sense_are_refused_in_one_line(section, wrong):
    with pytest.raises(msgspec.ValidationError, match=wrong) as caught:
        msgspec.convert(section, PolicyConfig)
    assert "\n" not in str(caught.value)


@given(
    severity=st.sampled_from(Severity),
    state=st.sampled_from(State),
    substate=st.sampled_from(Substate),
    send=st.sampled_from([None, "now", "hourly", "daily", "never"]),
    fresh=st.integers(0, 100),
    quiet=st.booleans(),
    muted=st.booleans(),
    heard=st.booleans(),
    style=st.sampled_from(Style),
    announces=st.booleans(),
)
def test_whatever_the_situation_a_decision_has_a_reason_and_what_it_needs(
    severity, state, substate, send, fresh, quiet, muted, heard, style, announces
):
    channel = ChannelSpec(name="c", kind="any", style=style, min_severity=Severity.WARNING, announces=announces)
    config = PolicyConfig(
        rules=(RuleConfig(name="r", send=send),),
        quiet=QuietConfig(from_="22:00", to="08:00") if quiet else QuietConfig(),
    )
    mutes = (Mute(0, MONDAY + HOUR, Match(), "silence 1"),) if muted else ()
    action = one(
        channel, config=config, situation=Situation(now=MONDAY, mutes=mutes, fresh={severity: fresh}),
        receipt=told(incident()) if heard else None, severity=severity, state=state, substate=substate, last_seen=BEGAN,
    )  # fmt: skip
    assert action.reason
    assert (action.mode is Mode.DIGEST) == (action.into in ("hourly", "daily", "storm"))
    assert (action.mode is Mode.WAIT) == (action.until is not None)
    if action.mode is Mode.DIGEST:
        assert announces
    if action.mention:
        assert (severity, action.mode, muted) == (Severity.CRITICAL, Mode.SEND, False)
    if style is Style.RECORD:
        assert action.mode in (Mode.RECORD, Mode.SKIP)
