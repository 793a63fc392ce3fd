"""``logmedic notify``: whether a channel works, and what each would be told."""

from __future__ import annotations

import json
import re

import pytest

KEY = "whsec_" + "A" * 43 + "="


@pytest.fixture
def channels(watched):
    """The watched folder with a console, a webhook that nobody answers, and one whose key is not there."""
    watched.write("key", KEY)
    watched.write(
        "logmedic.toml",
        '[[channels]]\nkind = "console"\nname = "screen"',
        '[[channels]]\nkind = "webhook"\nname = "hook"\nurl = "http://127.0.0.1:1/x"\nsecret = { file = "key" }',
        '[[channels]]\nkind = "webhook"\nname = "keyless"\nurl = "http://127.0.0.1:1/x"\nsecret = { file = "none" }',
    )
    return watched


@pytest.fixture
def scanned(watched, record):
    """An incident, told to a channel that needs nobody; the others are configured afterwards."""
    watched.write("app.log", record("<b>@here</b> pool exhausted", "FATAL", error_code="DB_POOL"))
    watched.run("scan")
    return watched


def test_a_test_reaches_the_channel_and_says_what_it_is(channels):
    ran = channels.run("notify", "test", "told")
    assert ran.stderr.decode() == "told: sent: written\n"
    (line,) = (channels.folder / "told.jsonl").read_text("utf-8").splitlines()
    said = json.loads(line)["incident"]
    assert (said["title"], said["severity"]) == ("TEST: nothing is wrong", "info")


def test_a_test_in_json_keeps_stdout_to_its_one_document(channels):
    assert channels.json("notify", "test", "screen", "--severity", "critical", "--language", "ko") == {
        "channel": "screen", "kind": "console", "result": "sent", "reason": "written",
    }  # fmt: skip


def test_a_test_that_does_not_arrive_ends_with_1_and_the_reason(channels):
    ran = channels.run("notify", "test", "hook", code=1)
    assert ran.stderr.decode() == "hook: failed: no answer (ConnectError)\n"
    assert channels.json("notify", "test", "hook", code=1)["result"] == "failed"


def test_each_test_is_news_of_its_own(channels):
    for _ in range(2):
        channels.run("notify", "test", "told")
    keys = re.findall(r'"key":"([^"]+)"', (channels.folder / "told.jsonl").read_text("utf-8"))
    assert len(set(keys)) == 2


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("nobody",), 2, "no channel is named 'nobody'; configured: told, screen, hook, keyless"),
        (("screen", "--mention"), 2, "--mention needs --severity critical"),
        (("keyless",), 78, "channel keyless: cannot read"),
    ],
)
def test_a_test_that_cannot_be_made_says_why(channels, arguments, code, said):
    ran = channels.run("notify", "test", *arguments, code=code)
    assert said in ran.stderr.decode()
    assert len(ran.stderr.splitlines()) == 1


def test_a_preview_shows_every_channel_and_tells_nobody(scanned, request):
    before = (scanned.folder / "told.jsonl").read_bytes()
    channels = request.getfixturevalue("channels")
    ran = channels.run("notify", "preview", "1", code=78)
    out = ran.stdout.decode()
    assert re.findall(r"^── (\w+) \((\w+)\)$", out, re.MULTILINE) == [
        ("told", "jsonl"), ("screen", "console"), ("hook", "webhook"), ("keyless", "webhook"),
    ]  # fmt: skip
    assert "CRITICAL · new · shop · DB_POOL" in out
    assert '"type": "incident.opened"' in out
    assert "channel keyless: cannot read" in ran.stderr.decode()
    assert (scanned.folder / "told.jsonl").read_bytes() == before


def test_a_preview_of_one_channel_in_another_language(scanned, request):
    channels = request.getfixturevalue("channels")
    (shown,) = channels.json("notify", "preview", "1", "--channel", "screen", "--language", "ko")
    assert shown["channel"] == "screen"
    assert shown["error"] is None
    assert shown["text"].startswith("심각 · 신규 · shop · DB_POOL\n")


def test_a_preview_of_discord_and_of_apprise_is_what_people_would_read(scanned):
    scanned.write("discord", "https://discord.com/api/webhooks/123456789012345678/S3cr3t-t0ken-S3cr3t-t0ken-S3cr3t")
    scanned.write("mattermost", "mmosts://chat.example/3ccdd113474722377935511fc85d3dd4")
    scanned.write(
        "logmedic.toml",
        '[[channels]]\nkind = "discord"\nwebhook = { file = "discord" }',
        '[[channels]]\nkind = "apprise"\nname = "team"\nurl = { file = "mattermost" }\nmention = "@all"',
    )
    told, discord, team = scanned.json("notify", "preview", "1")
    assert told["text"].startswith('{"version":1')
    assert discord["text"].startswith("@here\n\nCritical (new): ")
    assert team["text"].splitlines()[:2] == ["Critical (new): DB_POOL: ‹b›＠here‹/b› pool exhausted", "@all"]
    assert "S3cr3t" not in json.dumps((told, discord, team))
    scanned.run("notify", "preview", "99", code=2)
