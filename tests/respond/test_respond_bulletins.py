"""Digests and the like as Discord messages: valid whatever a log says, and calling nobody it should not."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from respond_samples import BEGAN, HOSTILE, incident, notice

from logmedic.errors import ConfigError, DeliveryError
from logmedic.model import NANOSECONDS, Result, Severity, State, Substate, Text
from logmedic.respond import digest, reminder, selfcheck
from logmedic.respond import discord_message as message
from logmedic.respond.interface import Bulletin, Kind, Section
from logmedic.respond.rules import EscalationConfig
from logmedic.respond.schedule import Cadence, zone
from logmedic.respond.selfcheck import Seen, SelfConfig, Vitals
from logmedic.testing.discord import Fault
from logmedic.testing.discord_rules import complaints

WINDOW = digest.Window(Cadence.HOURLY, BEGAN, BEGAN + 3600 * NANOSECONDS, zone("UTC"))
TAG = "123456789012345678"


def bulletin(text: str = "it broke", lines: int = 1, **changes: object) -> Bulletin:
    both = Text(text, text)
    made = Bulletin(
        key="digest:hourly:x:team", kind=Kind.DIGEST, severity=Severity.WARNING, title=both, language="en",
        sections=tuple(Section(Text(f"Part {n}", f"부분 {n}"), (both,) * lines) for n in range(5)),
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


def check(made: Bulletin, language: str) -> None:
    embed = message.bulletin_embed(made, language)
    assert list(complaints({"embeds": [embed], "allowed_mentions": message.NO_MENTIONS}, edit=True)) == []
    said = " ".join([embed["title"], embed.get("description", ""), *(f["value"] for f in embed.get("fields", []))])
    assert "@" not in said
    assert "://" not in said
    assert not re.search(r"(?<!\\)[<`]", said)


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_log_makes_a_valid_bulletin_that_calls_nobody(text: str, kind: Kind, language: str) -> None:
    made = bulletin(text, lines=60, kind=kind, title=Text("Ours", "우리 것"))
    check(made, language)
    check(msgspec.structs.replace(made, sections=made.sections[:1]), language)


@given(st.text(max_size=300), st.integers(1, 60), st.sampled_from(Kind))
def test_any_text_makes_a_valid_bulletin(text: str, lines: int, kind: Kind) -> None:
    check(bulletin(text, lines, kind=kind, title=Text("Ours", "우리 것")), "ko")


@given(
    st.lists(
        st.builds(
            digest.Item,
            incident=st.builds(
                incident, id=st.integers(1, 10**6), title=st.text(max_size=150), service=st.text(max_size=40),
                state=st.sampled_from(State), severity=st.sampled_from(Severity),
            ),
            news=st.sampled_from(Substate), waiting=st.booleans(), added=st.integers(0, 10**12), active=st.booleans(),
        ),
        max_size=30, unique_by=lambda item: item.incident.id,
    )
)  # fmt: skip
def test_a_digest_of_anything_is_valid_or_not_sent_and_names_each_incident_once(items: list[digest.Item]) -> None:
    made = digest.digest(items, WINDOW, key="k", language="en", most=50)
    if made is None:
        return
    check(made, "en")
    lines = [line.en for section in made.sections for line in section.lines]
    names = [line.rpartition("(#")[2] for line in lines]
    assert len(names) == len(set(names)) <= len(items)
    assert not made.mention


def test_what_is_severe_is_listed_first_in_a_storm_and_calls_people_when_critical() -> None:
    calm = digest.storm(
        [incident(id=n, severity=Severity.WARNING) for n in range(3)], key="k", language="en", since="x"
    )
    assert not calm.mention
    mixed = [incident(id=n, severity=s) for n, s in enumerate([Severity.INFO, Severity.CRITICAL, Severity.WARNING])]
    loud = digest.storm(mixed, key="k", language="en", since="x")
    assert loud.mention
    assert [line.en.split(":")[0] for line in loud.sections[0].lines] == ["Critical", "Warning", "Info"]


def test_a_bulletin_is_sent_once_and_then_edited_in_place(discord, responder):
    sender = responder(discord)
    loud = bulletin(kind=Kind.STORM, severity=Severity.CRITICAL, mention=True)
    outcome = sender.announce(loud)
    assert outcome.reason == "sent with a mention"
    again = sender.announce(msgspec.structs.replace(loud, receipt=outcome.receipt))
    assert (again.result, again.reason, again.receipt) == (Result.SENT, "edited in place", outcome.receipt)
    assert len(discord.messages) == len(discord.pings) == 1


@pytest.mark.parametrize("severity", [Severity.WARNING, Severity.INFO])
def test_a_mention_of_a_lesser_bulletin_is_not_obeyed(discord, responder, severity):
    responder(discord).announce(bulletin(severity=severity, mention=True))
    assert discord.pings == []


def test_a_bulletin_that_is_over_turns_green_and_one_that_was_deleted_is_sent_anew(discord, responder):
    sender = responder(discord)
    outcome = sender.announce(bulletin())
    discord.messages.clear()
    again = sender.announce(bulletin(over=True, receipt=outcome.receipt))
    assert again.reason == "sent anew, the earlier message is gone"
    assert discord.messages[0]["embeds"][0]["color"] == 0x12B76A


def test_a_lost_answer_to_a_bulletin_is_unclear(discord, responder):
    discord.faults.append(Fault.lost_answer())
    with pytest.raises(DeliveryError) as caught:
        responder(discord).announce(bulletin())
    assert caught.value.unclear


def test_a_forum_keeps_bulletins_of_a_kind_in_one_post_also_when_it_is_archived(forum, responder):
    sender = responder(forum)
    first = sender.announce(bulletin())
    thread = {"thread_id": first.receipt["thread_id"]}
    forum.archived.add(first.receipt["thread_id"])
    second = sender.announce(bulletin(receipt=thread))
    assert second.receipt["thread_id"] == first.receipt["thread_id"]
    assert len(forum.threads) == 1


def test_a_new_post_of_a_forum_gets_the_tag_of_its_severity_and_no_edit_does(forum, responder):
    sender = responder(forum, tags={Severity.CRITICAL: TAG})
    sender.deliver(notice())
    sender.deliver(notice(incident(id=13, severity=Severity.WARNING)))
    assert [m.get("applied_tags") for m in forum.messages] == [[TAG], None]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"tags": {Severity.CRITICAL: "red"}}, "no id of a tag"),
        ({"tags": {Severity.CRITICAL: TAG}, "forum": False}, "forum"),
    ],
)
def test_tags_that_cannot_work_are_refused(forum, responder, settings, said):
    with pytest.raises(ConfigError, match=said):
        responder(forum, **settings)


# Reminders and ourselves: the pure parts


@given(st.integers(0, 10**6), st.integers(1, 10), st.integers(1, 10**5))
def test_reminders_come_in_order_and_end(waited: int, times: int, after: int) -> None:
    config = EscalationConfig(after_s=after, times=times)
    now = waited * NANOSECONDS
    which = reminder.number(0, now, config)
    assert 0 <= which <= times
    following = reminder.next_at(0, now, config)
    assert (following is None) == (which == times)
    if following is not None:
        assert following > now
        assert reminder.number(0, following, config) == which + 1


def test_without_a_time_nobody_is_reminded() -> None:
    assert reminder.number(0, 10**18, EscalationConfig()) == 0
    assert reminder.next_at(0, 10**18, EscalationConfig()) is None


def test_the_share_of_rejects_is_that_of_the_latest_lines_and_needs_enough_of_them() -> None:
    seen = selfcheck.roll({}, {"app": (1000, 900)})
    assert seen["app"].share == 0.9
    seen = selfcheck.roll(seen, {"app": (1100, 900)})
    assert seen["app"] == Seen(1000, 900, 0.9), "too few to tell"
    seen = selfcheck.roll(seen, {"app": (1300, 903)})
    assert seen["app"].share == 0.01
    assert selfcheck.roll(seen, {"app": (10, 0)})["app"] == Seen(0, 0), "a state that was made anew"


def test_nothing_is_wrong_while_all_is_well() -> None:
    well = Vitals(
        now=BEGAN, last_read={"app": BEGAN - 3600 * NANOSECONDS}, seen={"app": Seen(1000, 10, 0.01)}, backlog=20,
        disk_free=10**10,
    )  # fmt: skip
    assert selfcheck.look(well, SelfConfig()) == []
    off = SelfConfig(silent_after_s=0, backlog=0, disk_free_mb=0, reject_share=1)
    worst = Vitals(now=BEGAN, last_read={"app": 0}, seen={"app": Seen(9, 9, 1.0)}, backlog=10**6, disk_free=0)
    assert selfcheck.look(worst, off) == []
    assert len(selfcheck.look(worst, SelfConfig())) == 4
