from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from respond_samples import incident

from logmedic.model import Severity, State, Substate
from logmedic.respond.interface import Mode, told
from logmedic.respond.policy import TABLE, Action, ChannelSpec, PolicyConfig, Style, plan

DISCORD = ChannelSpec(name="team", kind="discord", style=Style.MESSAGE, min_severity=Severity.CRITICAL)
OPEN_DISCORD = ChannelSpec(name="all", kind="discord", style=Style.MESSAGE, min_severity=Severity.INFO)
JSONL = ChannelSpec(name="log", kind="jsonl", style=Style.RECORD, min_severity=Severity.INFO)


def one(channel: ChannelSpec, *, receipt=None, config=None, **changes) -> Action:
    receipts = {} if receipt is None else {channel.name: receipt}
    (action,) = plan(incident(**changes), [channel], receipts=receipts, config=config)
    return action


def shape(action: Action) -> tuple[Mode, bool]:
    return action.mode, action.mention


def test_a_new_critical_incident_is_sent_to_discord_with_a_mention():
    assert shape(one(DISCORD)) == (Mode.SEND, True)


@pytest.mark.parametrize("substate", [Substate.REGRESSED, Substate.ESCALATING])
def test_critical_news_after_an_earlier_message_is_a_new_message_with_a_mention(substate):
    action = one(DISCORD, receipt=told(incident(generation=1)), generation=2, substate=substate)
    assert shape(action) == (Mode.SEND, True)
    assert action.reason == substate.value


def test_an_ongoing_critical_incident_edits_in_place_and_calls_nobody():
    action = one(DISCORD, receipt=told(incident(generation=1)), generation=2, substate=Substate.ONGOING)
    assert shape(action) == (Mode.EDIT, False)


@pytest.mark.parametrize("substate", list(Substate))
def test_a_better_report_of_the_same_generation_edits_the_message(substate):
    assert shape(one(DISCORD, receipt=told(incident()), substate=substate)) == (Mode.EDIT, False)


def test_a_new_incident_calls_people_once_however_often_its_generation_rises():
    assert shape(one(DISCORD, receipt=told(incident()), generation=7)) == (Mode.EDIT, False)


@pytest.mark.parametrize("severity", [Severity.WARNING, Severity.INFO])
def test_warning_and_info_are_only_recorded_by_default(severity):
    to_discord, to_log = plan(incident(severity=severity), [DISCORD, JSONL])
    assert shape(to_discord) == (Mode.SKIP, False)
    assert to_discord.reason == f"{severity} is below the channel's critical"
    assert shape(to_log) == (Mode.RECORD, False)


def test_a_channel_that_asks_for_warnings_gets_them_without_a_mention():
    assert shape(one(OPEN_DISCORD, severity=Severity.WARNING)) == (Mode.SEND, False)


def test_a_diagnosis_that_raises_the_severity_calls_people():
    told_as_warning = told(incident(severity=Severity.WARNING))
    action = one(OPEN_DISCORD, receipt=told_as_warning)
    assert shape(action) == (Mode.SEND, True)
    assert action.reason == "severity rose to critical"


def test_a_diagnosis_that_lowers_the_severity_corrects_the_message():
    action = one(DISCORD, receipt=told(incident()), severity=Severity.WARNING)
    assert shape(action) == (Mode.EDIT, False)
    assert action.reason == "severity fell to warning"


def test_an_ongoing_critical_incident_that_a_channel_never_heard_of_is_news_to_it():
    assert shape(one(DISCORD, substate=Substate.ONGOING)) == (Mode.SEND, True)


@pytest.mark.parametrize("state", [State.IGNORED, State.SNOOZED])
@pytest.mark.parametrize("channel", [DISCORD, JSONL])
def test_ignored_and_snoozed_incidents_are_told_to_nobody(state, channel):
    action = one(channel, state=state)
    assert (action.mode, action.reason) == (Mode.SKIP, state.value)


def test_a_resolved_incident_corrects_what_was_said_and_says_nothing_new():
    assert one(DISCORD, state=State.RESOLVED).mode is Mode.SKIP
    assert shape(one(DISCORD, receipt=told(incident()), state=State.RESOLVED)) == (Mode.EDIT, False)


def test_mentions_can_be_limited_to_some_news():
    config = PolicyConfig(mention_on=(Substate.REGRESSED,))
    assert shape(one(DISCORD, config=config)) == (Mode.SEND, False)
    regressed = one(DISCORD, config=config, receipt=told(incident()), generation=2, substate=Substate.REGRESSED)
    assert shape(regressed) == (Mode.SEND, True)


def test_mentions_can_be_switched_off_for_every_kind_of_news():
    silent = PolicyConfig(mention_on=())
    as_warning = told(incident(severity=Severity.WARNING))
    assert shape(one(OPEN_DISCORD, config=silent, receipt=as_warning)) == (Mode.SEND, False)
    assert shape(one(DISCORD, config=silent, substate=Substate.ONGOING)) == (Mode.SEND, False)


def test_a_receipt_of_a_deferred_delivery_does_not_count_as_told():
    assert shape(one(DISCORD, receipt={"retry_at": 1, "unclear": True})) == (Mode.SEND, True)


def test_the_table_has_a_row_for_every_case():
    assert set(TABLE) == set(itertools.product(Severity, Substate))


receipts = st.none() | st.builds(
    lambda generation, severity: {"generation": generation, "severity": severity},
    st.integers(0, 4) | st.text(max_size=2),
    st.sampled_from([*map(str, Severity), "nonsense"]),
)


@given(
    severity=st.sampled_from(Severity),
    substate=st.sampled_from(Substate),
    state=st.sampled_from(State),
    generation=st.integers(1, 3),
    receipt=receipts,
    least=st.sampled_from(Severity),
    style=st.sampled_from(Style),
)
def test_only_a_message_about_a_critical_incident_ever_mentions(
    severity, substate, state, generation, receipt, least, style
):
    channel = ChannelSpec(name="c", kind="any", style=style, min_severity=least)
    action = one(channel, receipt=receipt, severity=severity, substate=substate, state=state, generation=generation)
    assert action.reason
    if action.mention:
        assert (severity, action.mode, style) == (Severity.CRITICAL, Mode.SEND, Style.MESSAGE)
        assert state in (State.OPEN, State.ACKED)
    if style is Style.RECORD:
        assert action.mode in (Mode.RECORD, Mode.SKIP)
