from __future__ import annotations

import re
import tomllib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from respond_samples import COMMIT, HOSTILE, Severity, diagnosis, hostile_incident, incident, notice

from growth import assert_in_proportion
from logmedic.doors import HttpAnswer
from logmedic.errors import ConfigError, DeliveryError
from logmedic.model import Result, State, Substate
from logmedic.respond import discord_message as message
from logmedic.respond.channels import make
from logmedic.respond.discord import DiscordConfig
from logmedic.respond.interface import Mode
from logmedic.respond.ratelimit import RateLimits
from logmedic.respond.text import units
from logmedic.testing.discord import FakeDiscord, Fault
from logmedic.testing.discord_rules import complaints, length
from logmedic.testing.doors import FakeClock

CRITICAL = notice(mention=True)
ROLE = "123456789012345678"


def edit(outcome, **changes):
    return notice(mode=Mode.EDIT, receipt=outcome.receipt, **changes)


# What a message says


def test_a_critical_message_calls_here_and_carries_the_incident(discord, responder):
    loud = notice(incident(diagnosis=diagnosis()), mention=True, url="https://logs.example/incidents/12")
    outcome = responder(discord).deliver(loud)
    assert outcome.result is Result.SENT
    (sent,) = discord.messages
    assert sent["content"] == "@here"
    assert sent["allowed_mentions"] == {"parse": ["everyone"]}
    assert discord.pings == [("here", sent["id"])]
    (embed,) = sent["embeds"]
    assert embed["title"] == "Critical (new): connection pool timed out after \\<num\\> ms"
    assert embed["color"] == 0xD92D20
    assert embed["url"] == "https://logs.example/incidents/12"
    assert embed["footer"]["text"] == "logmedic · #12 · v1:0123456789abcdef · 1"
    assert "72 % sure, verified (offline)" in embed["description"]
    fields = {field["name"]: field["value"] for field in embed["fields"]}
    assert fields["Service"] == "payments · DB\\_POOL\\_TIMEOUT"
    assert fields["Occurrences"] == "31"
    assert fields["Over time"] == "▁▄▁▁█"
    assert fields["Suspect commits"].startswith(f"`{COMMIT[:12]}` 0.82 ")
    assert fields["What to do"].startswith("1. The pool is too small\n2. ")
    assert fields["Log line"] == "```\nThe pool is too small\n```"


def test_a_korean_channel_reads_korean(discord, responder):
    responder(discord, language="ko").deliver(notice(incident(diagnosis=diagnosis())))
    embed = discord.messages[0]["embeds"][0]
    assert embed["title"].startswith("심각 (신규): ")
    assert {"서비스", "발생 횟수", "권장 조치"} <= {field["name"] for field in embed["fields"]}


def test_a_role_is_called_by_its_id_and_nobody_else(discord, responder):
    responder(discord, mention=f"role:{ROLE}").deliver(CRITICAL)
    assert discord.messages[0]["allowed_mentions"] == {"parse": [], "roles": [ROLE]}
    assert [whom for whom, _ in discord.pings] == [f"role:{ROLE}"]


def test_mention_none_sends_without_calling(discord, responder):
    responder(discord, mention="none").deliver(CRITICAL)
    assert discord.pings == []
    assert discord.messages[0]["allowed_mentions"] == {"parse": []}


@pytest.mark.parametrize("severity", [Severity.WARNING, Severity.INFO])
def test_a_mention_asked_for_below_critical_is_not_obeyed(discord, responder, severity):
    responder(discord).deliver(notice(incident(severity=severity), mention=True))
    assert discord.pings == []
    assert "content" not in discord.messages[0]


def test_the_budget_of_the_parts_cannot_exceed_what_discord_takes():
    fullest = notice(incident(diagnosis=diagnosis(), substate=Substate.REGRESSED))
    names = [field["name"] for language in ("en", "ko") for field in message.embed(fullest, language)["fields"]]
    assert len(names) == 2 * 10
    assert max(map(units, names)) <= 32
    assert sum(message.BUDGET.values()) + 10 * 32 <= message.TOTAL
    assert message.BUDGET["title"] <= message.TITLE
    assert message.BUDGET["description"] <= message.DESCRIPTION
    assert max(message.BUDGET[name] for name in ("impact", "actions", "suspects", "log")) <= message.FIELD_VALUE


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_hostile_text_makes_a_valid_message_with_no_live_mention(text, language):
    hostile = notice(hostile_incident(text))
    body = {"embeds": [message.embed(hostile, language)], "allowed_mentions": message.NO_MENTIONS}
    assert list(complaints(body, edit=False)) == []
    embed = body["embeds"][0]
    values = [embed["title"], embed["description"], *(field["value"] for field in embed["fields"])]
    assert not any("@" in value for value in values)
    for value in values:
        assert value.count("```") in (0, 2)
        assert "```" in value or "://" not in value, "links are dead outside fences, where they never live"


@settings(max_examples=150)
@given(st.text(max_size=3000), st.integers(0, 2**80))
def test_any_text_makes_a_valid_message(text, count):
    hostile = notice(msgspec.structs.replace(hostile_incident(text), count=count % 10**12, last_seen=count))
    body = {"embeds": [message.embed(hostile, "en")]}
    assert list(complaints(body, edit=False)) == []


def test_times_beyond_the_calendar_are_clamped():
    embed = message.embed(notice(incident(first_seen=-1, last_seen=10**30)), "en")
    seen = next(field["value"] for field in embed["fields"] if field["name"] == "Seen")
    assert seen == "first <t:0:f>, last <t:253402300799:f>"
    assert embed["timestamp"] == "9999-12-31T23:59:59Z"


@pytest.mark.parametrize("piece", ["가👨‍👩‍👧‍👦@`", " \t"])
def test_a_megabyte_of_foreign_text_costs_no_more_than_what_is_shown(piece):
    def embed(text):
        message.embed(notice(hostile_incident(text)), "en")

    assert_in_proportion(embed, lambda length: piece * (length // len(piece)) + "x", 20_000, times=50)


def test_a_thread_is_named_by_our_own_words_only():
    evil = hostile_incident("@everyone https://evil.example")
    assert message.thread_name(evil, "en") == "Critical · incident 12"
    assert message.thread_name(incident(), "ko") == "심각 · 인시던트 12 · payments · DB_POOL_TIMEOUT"


def test_both_ways_of_counting_characters_agree():
    for text in HOSTILE:
        assert units(text) == length(text)


# Sending and editing


def test_ongoing_news_edits_the_message_in_place_and_calls_nobody(discord, responder):
    to_discord = responder(discord)
    first = to_discord.deliver(CRITICAL)
    later = edit(
        first, of=incident(count=99, generation=2, substate=Substate.ONGOING, reason="10× its usual rate"), mention=True
    )
    outcome = to_discord.deliver(later)
    assert outcome.reason == "edited in place"
    assert outcome.receipt["message_id"] == first.receipt["message_id"]
    assert outcome.receipt["generation"] == 2
    (shown,) = discord.messages
    assert shown["edits"] == 1
    assert shown["content"] == "@here"
    assert len(discord.pings) == 1
    assert "99" in str(shown["embeds"])
    assert {"name": "Why now", "value": "10× its usual rate", "inline": False} in shown["embeds"][0]["fields"]


def test_an_edit_of_a_deleted_message_sends_a_new_one_without_calling(discord, responder):
    to_discord = responder(discord)
    first = to_discord.deliver(CRITICAL)
    discord.messages.clear()
    outcome = to_discord.deliver(edit(first, mention=True))
    assert outcome.reason == "sent anew, the earlier message is gone"
    assert outcome.receipt["message_id"] == discord.messages[0]["id"] != first.receipt["message_id"]
    assert len(discord.pings) == 1


def test_an_edit_without_a_receipt_sends_without_calling(discord, responder):
    responder(discord).deliver(notice(mode=Mode.EDIT, mention=True))
    assert len(discord.messages) == 1
    assert discord.pings == []


def test_a_receipt_that_was_tampered_with_reaches_no_url(discord, responder):
    responder(discord).deliver(notice(mode=Mode.EDIT, receipt={"message_id": "../../x?y", "thread_id": 7}))
    assert [method for method, *_ in discord.requests] == ["POST"]


def test_a_resolved_incident_turns_green(discord, responder):
    to_discord = responder(discord)
    to_discord.deliver(edit(to_discord.deliver(CRITICAL), of=incident(state=State.RESOLVED)))
    embed = discord.messages[0]["embeds"][0]
    assert embed["color"] == 0x12B76A
    assert embed["title"].startswith("Critical (resolved): ")


def test_a_forum_gets_one_post_per_incident(forum, responder):
    to_forum = responder(forum)
    first = to_forum.deliver(CRITICAL)
    to_forum.deliver(edit(first))
    again = notice(incident(generation=2, substate=Substate.REGRESSED), mention=True, receipt=first.receipt)
    second = to_forum.deliver(again)
    assert list(forum.threads.values()) == ["Critical · incident 12 · payments · DB_POOL_TIMEOUT"]
    assert {m["channel_id"] for m in forum.messages} == {first.receipt["thread_id"]} == {second.receipt["thread_id"]}
    assert [m["edits"] for m in forum.messages] == [1, 0]
    assert len(forum.pings) == 2


def test_a_deleted_forum_post_is_opened_again(forum, responder):
    to_forum = responder(forum)
    first = to_forum.deliver(CRITICAL)
    forum.threads.clear()
    forum.messages.clear()
    second = to_forum.deliver(edit(first))
    assert second.receipt["thread_id"] != first.receipt["thread_id"]
    assert len(forum.messages) == 1


def test_an_archived_forum_post_gets_a_new_message_which_opens_it_again(forum, responder):
    to_forum = responder(forum)
    first = to_forum.deliver(CRITICAL)
    forum.archived.add(first.receipt["thread_id"])
    second = to_forum.deliver(edit(first))
    assert second.receipt["thread_id"] == first.receipt["thread_id"]
    assert not forum.archived
    assert [m["edits"] for m in forum.messages] == [0, 0]


# Refusals and rate limits


@pytest.mark.parametrize(
    ("code", "remedy"),
    [(10015, "create a new one"), (50027, "copy its URL again"), (220001, "forum = true"), (50035, "settings")],
)
def test_a_refusal_is_permanent_and_says_what_to_do(discord, responder, code, remedy):
    discord.faults.append(Fault.error(code))
    with pytest.raises(DeliveryError, match=remedy) as caught:
        responder(discord).deliver(CRITICAL)
    assert caught.value.retry_after is None
    assert not caught.value.unclear
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 413])
def test_a_refusal_that_is_not_json_is_permanent_too(discord, responder, status):
    discord.faults.append(Fault.status(status, b"<html>no</html>"))
    with pytest.raises(DeliveryError, match=f"answered {status}") as caught:
        responder(discord).deliver(CRITICAL)
    assert caught.value.retry_after is None


def test_a_forum_setting_that_does_not_fit_the_channel_is_explained(discord, forum, responder):
    with pytest.raises(DeliveryError, match="set `forum = true`"):
        responder(forum, forum=False).deliver(CRITICAL)
    with pytest.raises(DeliveryError, match="set `forum = false`"):
        responder(discord, forum=True).deliver(CRITICAL)


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        (Fault.rate_limited(0.75), 0.75),
        (Fault.rate_limited(2285.2, header=False), 2285.2),
        (Fault.rate_limited(12.3, body=False), 13.0),
        (Fault.rate_limited(1e9), 3600.0),
        (Fault.rate_limited(30, is_global=True), 30.0),
        (Fault.cloudflare(120), 120.0),
        (Fault.cloudflare(None), 60.0),
        (Fault.status(429, b'{"retry_after": "soon", "global": 1}', {"X-RateLimit-Reset-After": "4.5"}), 4.5),
        (Fault.status(429, b'{"retry_after": NaN}', {"Retry-After": "Thu, 01 Jan 2026 00:00:09 GMT"}), 9.0),
        (Fault.status(429, b'{"retry_after": -1}'), 5.0),
    ],
)
def test_a_rate_limit_is_honoured_wherever_it_is_said(discord, responder, clock, fault, seconds):
    to_discord = responder(discord)
    discord.faults.append(fault)
    with pytest.raises(DeliveryError) as caught:
        to_discord.deliver(CRITICAL)
    assert caught.value.retry_after == pytest.approx(seconds)
    assert not caught.value.unclear
    clock.advance(seconds - 0.25)
    with pytest.raises(DeliveryError) as again:
        to_discord.deliver(CRITICAL)
    assert again.value.retry_after == pytest.approx(0.25)
    assert len(discord.requests) == 1, "while it waits, Discord is not called"
    clock.advance(0.25)
    assert to_discord.deliver(CRITICAL).result is Result.SENT


def test_a_refusal_that_asks_for_no_wait_is_still_a_refusal(discord, responder):
    discord.faults.append(Fault.rate_limited(0))
    with pytest.raises(DeliveryError) as caught:
        responder(discord).deliver(CRITICAL)
    assert caught.value.retry_after == 0.0


@pytest.mark.parametrize(
    ("answer", "everything"),
    [
        (Fault.rate_limited(9).answer, False),
        (Fault.rate_limited(9, is_global=True).answer, True),
        (Fault.status(429, b'{"retry_after": 9}', {"x-ratelimit-global": "true"}).answer, True),
        (Fault.cloudflare(9).answer, True),
    ],
)
def test_a_global_limit_holds_up_every_webhook_of_the_host_and_another_limit_only_its_own(clock, answer, everything):
    headers = {name.lower(): value for name, value in answer.headers.items()}
    limits = RateLimits()
    limits.learn(clock, HttpAnswer(answer.status, headers, answer.body), key="a", everything="host")
    assert limits.wait(clock, "a", "host") == pytest.approx(9.0)
    assert limits.wait(clock, "b", "host") == pytest.approx(9.0 if everything else 0.0)


def test_a_later_shorter_limit_does_not_shorten_an_earlier_one(clock):
    limits = RateLimits()
    limits.block(clock, "a", 30)
    limits.block(clock, "a", 1)
    assert limits.wait(clock, "a") == pytest.approx(30)


def test_channels_with_the_same_webhook_share_its_rate_limit_and_others_do_not(discord, forum, responder):
    limits = RateLimits()
    discord.faults.append(Fault.rate_limited(9))
    with pytest.raises(DeliveryError):
        responder(discord, limits=limits).deliver(CRITICAL)
    with pytest.raises(DeliveryError):
        responder(discord, limits=limits, name="second").deliver(CRITICAL)
    assert len(discord.requests) == 1
    assert responder(forum, limits=limits).deliver(CRITICAL).result is Result.SENT


def test_the_last_request_of_a_window_closes_it(clock, http):
    with FakeDiscord(limit=2, per=3.0, monotonic=clock.monotonic) as discord:
        to_discord = make(DiscordConfig(), http=http, clock=clock, secret=discord.url, limits=RateLimits())
        to_discord.deliver(CRITICAL)
        to_discord.deliver(CRITICAL)
        with pytest.raises(DeliveryError) as caught:
            to_discord.deliver(CRITICAL)
        assert caught.value.retry_after == pytest.approx(3.0)
        assert len(discord.requests) == 2


def test_a_lost_answer_to_a_new_message_is_unclear(discord, responder):
    discord.faults.append(Fault.lost_answer())
    with pytest.raises(DeliveryError, match="no answer") as caught:
        responder(discord).deliver(CRITICAL)
    assert caught.value.unclear
    assert caught.value.retry_after is not None
    assert len(discord.messages) == 1


def test_a_lost_answer_to_an_edit_is_not_unclear_since_it_can_be_repeated(discord, responder):
    to_discord = responder(discord)
    first = to_discord.deliver(CRITICAL)
    discord.faults.append(Fault.lost_answer())
    with pytest.raises(DeliveryError) as caught:
        to_discord.deliver(edit(first))
    assert not caught.value.unclear
    assert caught.value.retry_after is not None


def test_no_connection_is_clear_and_worth_a_retry(responder):
    with FakeDiscord() as discord:
        to_nobody = responder(discord)
    with pytest.raises(DeliveryError) as caught:
        to_nobody.deliver(CRITICAL)
    assert not caught.value.unclear
    assert caught.value.retry_after is not None


def test_a_hanging_server_is_given_up_after_the_time_out(discord, responder):
    discord.faults.append(Fault.slow(5))
    with pytest.raises(DeliveryError) as caught:
        responder(discord, timeout_s=0.1).deliver(CRITICAL)
    assert caught.value.unclear


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_is_retried_and_may_have_arrived(discord, responder, status):
    discord.faults.append(Fault.status(status))
    with pytest.raises(DeliveryError) as caught:
        responder(discord).deliver(CRITICAL)
    assert caught.value.unclear
    assert caught.value.retry_after is not None


def test_an_answer_without_an_id_counts_as_sent(discord, responder):
    discord.faults.append(Fault.status(204))
    outcome = responder(discord).deliver(CRITICAL)
    assert outcome.result is Result.SENT
    assert "message_id" not in outcome.receipt


# Settings


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://discord.com/api/webhooks/123456789012345678",
        "http://discord.com/api/webhooks/123456789012345678/" + "t" * 68,
        "https://discord.com/api/webhooks/123456789012345678/" + "t" * 68 + "/slack",
        "https://discord.com/api/webhooks/123456789012345678/" + "t" * 68 + "?thread_id=1",
        "https://u:p@discord.com/api/webhooks/123456789012345678/" + "t" * 68,
        "https://[::1/api/webhooks/123456789012345678/" + "t" * 68,
        "https://h:99999/api/webhooks/123456789012345678/" + "t" * 68,
    ],
)
def test_a_url_that_is_no_webhook_is_refused_without_being_shown(url, http):
    with pytest.raises(ConfigError, match="not of the form") as caught:
        make(DiscordConfig(), http=http, clock=FakeClock(), secret=url)
    assert "ttt" not in str(caught.value)


@pytest.mark.parametrize("mention", ["@everyone", "role:abc", "role:", "everyone", ""])
def test_a_mention_that_is_not_one_of_the_three_forms_is_refused(discord, responder, mention):
    with pytest.raises(ConfigError, match="mention must be"):
        responder(discord, mention=mention)


@pytest.mark.parametrize("username", ["", "My Discord bot", "x" * 81])
def test_a_username_that_discord_forbids_is_refused(discord, responder, username):
    with pytest.raises(ConfigError, match="username must"):
        responder(discord, username=username)


# The manual


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_manual_shows_every_setting_and_no_other(language):
    manual = (Path(__file__).parents[2] / "docs" / language / "discord.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", manual, re.DOTALL)
    (channel,) = tomllib.loads(example.replace("\n# ", "\n"))["channels"]
    assert msgspec.convert(channel, DiscordConfig).language == language
    assert set(channel) == {"kind", *DiscordConfig.__struct_fields__} - {"name"}
