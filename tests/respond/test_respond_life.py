"""The life of an incident as Discord shows it: one post or message, edited, and a call only where people must come."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from respond_samples import BEGAN, diagnosis, incident, notice

from logmedic.model import NANOSECONDS, Bucket, Incident, Severity, State, Substate
from logmedic.respond.discord import DiscordResponder
from logmedic.respond.interface import Mode
from logmedic.respond.policy import ChannelSpec, Situation, Style, plan
from logmedic.testing.discord import FakeDiscord
from logmedic.testing.doors import FakeClock

MINUTE = 60 * NANOSECONDS
SPEC = ChannelSpec(name="discord", kind="discord", style=Style.MESSAGE, min_severity=Severity.WARNING, announces=True)
TAGS = {Severity.CRITICAL: "123456789012345678", Severity.WARNING: "123456789012345679"}
BARS = tuple(Bucket(BEGAN + n * MINUTE, count) for n, count in enumerate((1, 3, 6, 90)))
LIFE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("opened", {"count": 1, "histogram": BARS[:1]}),
    ("10 occurrences", {"count": 10, "generation": 2, "substate": Substate.ONGOING, "histogram": BARS[:3]}),
    ("100 occurrences", {"count": 100, "generation": 3, "substate": Substate.ONGOING, "histogram": BARS}),
    ("diagnosed", {"diagnosis": diagnosis("The pool is too small")}),
    ("escalated", {"count": 900, "generation": 4, "substate": Substate.ESCALATING}),
    ("still there", {"count": 950, "generation": 5, "substate": Substate.ONGOING}),
    ("resolved", {"state": State.RESOLVED}),
    ("back", {"count": 951, "generation": 6, "state": State.OPEN, "substate": Substate.REGRESSED}),
)
CALLS = {"opened", "escalated", "back"}


def lived(
    discord: FakeDiscord, responder: DiscordResponder, clock: FakeClock, severity: Severity
) -> list[tuple[str, str, bool]]:
    """Runs through it. Returns for each event how Discord was told, and whether people were called."""
    receipt: dict[str, Any] | None = None
    known: Incident = incident(severity=severity)
    seen = []
    for number, (event, changes) in enumerate(LIFE):
        known = msgspec.structs.replace(known, **changes)
        clock.advance(600.0)
        now = BEGAN + 10 * number * MINUTE
        receipts = {} if receipt is None else {"discord": receipt}
        (action,) = plan(known, [SPEC], receipts=receipts, situation=Situation(now=now))
        before = len(discord.pings)
        outcome = responder.deliver(notice(known, receipt=receipt, mode=action.mode, mention=action.mention))
        sent_at = now if action.mode is Mode.SEND else (receipt or {}).get("sent_at")
        receipt = {**outcome.receipt, "sent_at": sent_at}
        seen.append((event, discord.requests[-1][0], len(discord.pings) > before))
    return seen


@pytest.mark.parametrize("severity", [Severity.CRITICAL, Severity.WARNING])
def test_in_a_forum_all_of_it_stands_in_one_post(forum, responder, clock, severity):
    seen = lived(forum, responder(forum, tags=TAGS), clock, severity)
    assert len(forum.threads) == 1
    critical = severity is Severity.CRITICAL
    expected = [(event, "POST" if event in CALLS else "PATCH", critical and event in CALLS) for event, _ in LIFE]
    assert seen == expected
    first, *more = forum.messages
    assert first["applied_tags"] == [TAGS[severity]]
    assert not any("applied_tags" in message for message in more)


@pytest.mark.parametrize("severity", [Severity.CRITICAL, Severity.WARNING])
def test_in_a_text_channel_a_message_is_edited_until_people_must_be_called_again(discord, responder, clock, severity):
    seen = lived(discord, responder(discord), clock, severity)
    assert [event for event, method, _ in seen if method == "POST"] == ["opened", "escalated", "back"]
    assert {called for _, method, called in seen if method == "PATCH"} == {False}
    critical = severity is Severity.CRITICAL
    assert [who for who, _ in discord.pings] == (["here"] * 3 if critical else [])
    opened, escalated, back = discord.messages
    assert [message["edits"] for message in (opened, escalated, back)] == [3, 2, 0]
    fields = {field["name"]: field["value"] for field in opened["embeds"][0]["fields"]}
    assert (fields["Occurrences"], fields["Over time"]) == ("100", "▁▁▁█")
    assert "The pool is too small" in opened["embeds"][0]["description"]
    assert "resolved" in escalated["embeds"][0]["title"]
    assert "content" not in discord.requests[-2][2], "an edit has no words that call"
