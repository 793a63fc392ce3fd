"""Digests, silences and storms as a user has them: config file, `scan`, Discord."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from pipeline_scenes import Project, line, minutes_ago

from logmedic.store import tables as t
from logmedic.testing.discord import FakeDiscord

CHANNEL = """
[[channels]]
kind = "discord"
name = "team"
webhook = { file = "webhook" }
"""


@pytest.fixture
def discord() -> Iterator[FakeDiscord]:
    with FakeDiscord(limit=1000) as discord:
        yield discord


def project(folder: Path, discord: FakeDiscord, extra: str = "") -> Project:
    (folder / "webhook").write_text(discord.url, "utf-8")
    return Project(folder, CHANNEL + extra)


def an_hour_passes(made: Project) -> None:
    """As if the last digest had been an hour earlier; idle scans look again."""
    with made.store() as store, store.database.begin() as c:
        c.execute(sa.update(t.digest_windows).values(until=t.digest_windows.c.until - 3600 * 10**9))
        c.execute(sa.update(t.carried).where(t.carried.c.name == "wake-at").values(value=b"0"))


def titles(discord: FakeDiscord) -> list[str]:
    return [message["embeds"][0]["title"] for message in discord.messages]


def test_a_warning_reaches_discord_with_the_first_scan_after_the_hour_and_only_once(
    tmp_path: Path, discord: FakeDiscord
) -> None:
    made = project(tmp_path, discord)
    made.write(line(minutes_ago(2), "card declined", level="ERROR"))
    made.scan()
    assert discord.messages == []
    assert [m["incident"]["severity"] for m in made.told()] == ["warning"], "the record has it at once"
    an_hour_passes(made)
    for _ in range(2):
        done = made.run("scan", "--json")
        assert done.returncode == 0, done.stderr
    assert len(discord.messages) == 1
    assert titles(discord)[0].startswith("Hourly digest ")
    assert discord.pings == []


def test_a_critical_incident_is_still_told_at_once(tmp_path: Path, discord: FakeDiscord) -> None:
    made = project(tmp_path, discord)
    made.write(line(minutes_ago(2), "thread main panicked at src/main.rs:1", level="FATAL"))
    made.scan()
    assert [who for who, _ in discord.pings] == ["here"]


def test_a_silence_holds_everything_back_until_it_is_removed(tmp_path: Path, discord: FakeDiscord) -> None:
    made = project(tmp_path, discord, '\n[[rules]]\nname = "error-level"\nkind = "level"\nseverity = "critical"\n')
    began = made.run("silences", "add", "--title", "*declined*", "--for", "2h", "--comment", "bank", "--json")
    assert began.returncode == 0, began.stderr
    number = json.loads(began.stdout)["id"]
    made.write(line(minutes_ago(2), "card declined"), line(minutes_ago(2), "disk on fire"))
    done = made.run("scan", "--json")
    assert done.returncode == 0
    assert b"did not reach" not in done.stderr
    assert len(discord.messages) == 1
    listed = json.loads(made.run("silences", "list", "--json").stdout)
    assert [(each["comment"], each["match"]) for each in listed] == [("bank", {"titles": ["*declined*"]})]
    assert made.run("scan").returncode == 0
    assert len(discord.messages) == 1
    assert made.run("silences", "remove", str(number)).returncode == 0
    made.write(line(minutes_ago(-0.1), "card declined"))
    made.scan()
    assert len(discord.messages) == 2
    assert made.run("silences", "remove", str(number)).returncode == 2


def test_forty_new_critical_incidents_at_once_are_one_message(tmp_path: Path, discord: FakeDiscord) -> None:
    made = project(tmp_path, discord, '\n[[rules]]\nname = "error-level"\nkind = "level"\nseverity = "critical"\n')
    words = "abcdefghijklmnopqrstuvwxyz"
    made.write(*(line(minutes_ago(2), f"module {words[n % 26] * 3}{words[n // 26] * 4} broke") for n in range(40)))
    made.scan()
    assert len([title for title in titles(discord) if title.startswith("Storm: ")]) == 1
    assert len(discord.messages) == 1
    assert len(discord.pings) == 1


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ('[policy]\nquiet = { from = "25:00", to = "08:00" }', "policy.quiet: '25:00' is no time of day"),
        ('[[policy.rules]]\nname = "r"\nchannels = ["tema"]', "policy.rules: r: there is no channel 'tema'"),
        ('[[policy.rules]]\nname = "r"\n[[policy.rules]]\nname = "r"', "the name 'r' is used twice"),
        ('[[policy.rules]]\nname = "r"\nservice = "x"', "unknown key `service`; did you mean `services`?"),
        ('[digest]\nwarning = "weekly"', "digest.warning"),
        ('[policy.escalation]\nchannels = ["boss"]', "policy.escalation: there is no channel 'boss'"),
        ('[self_alerts]\nreject_share = 2', "reject_share"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named_in_one_line(tmp_path: Path, discord: FakeDiscord, extra: str, said: str) -> None:
    done = project(tmp_path, discord, "\n" + extra + "\n").run("check")
    assert done.returncode == 78
    assert said in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1


def test_a_wrong_time_zone_is_named_in_one_line(tmp_path: Path, discord: FakeDiscord) -> None:
    made = project(tmp_path, discord)
    made.config.write_text('timezone = "Asia/Soul"\n' + made.config.read_text("utf-8"), "utf-8")
    done = made.run("check")
    assert (done.returncode, done.stderr.count(b"\n")) == (78, 1)
    assert b"'Asia/Soul' is no time zone known here" in done.stderr


def test_check_shows_what_is_wrong_with_logmedic_itself(tmp_path: Path, discord: FakeDiscord) -> None:
    made = project(tmp_path, discord, "\n[self_alerts]\ndisk_free_mb = 1_000_000_000\n")
    made.write(line(minutes_ago(2), "fine", level="INFO"))
    made.scan()
    assert "MB are left" in made.run("check").stderr.decode()
    assert titles(discord) == ["logmedic itself is in trouble"]
