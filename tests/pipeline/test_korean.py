"""With ``language = "ko"``, whatever a person reads is Korean, but for names and what a log said."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pipeline_scenes import Project, line, minutes_ago

from logmedic.testing.discord import FakeDiscord

KOREAN = """
[[channels]]
kind = "console"
name = "console"

[[channels]]
kind = "discord"
name = "team"
min_severity = "info"
webhook = {{ file = "hook" }}

[[channels]]
kind = "jsonl"
name = "gone"
path = "/nonexistent/told"

[window]
dedup_seconds = 60
new_incidents = 8
"""
# Words without which there is no English sentence, and some of our own vocabulary. No log line below has any of them.
ENGLISH = frozenset(
    " ".join(
        (
            "a an the is are was were be been has have had of in on at by to from with without for and or not no none",
            "nothing than more most least less this that it its they which who what when where why how after before",
            "since until while again already still yet first last new ongoing escalating regressed resolved ignored",
            "acknowledged snoozed sent written recorded skipped deferred failed diagnosed verified inconclusive errors",
            "took level worse rejected matched lines incidents alerts storm surge slow alert incident reached reach",
            "tried unnamed happening usual severity rose fell confidence cause impact unknown configuration given",
        )
    ).split()
)
# Names of rules with their counts, and what a fingerprint is made of: the same in every language.
IDENTIFIERS = r"(?:error-level|slow|surge|error-code) [\d,]+|^  (?:synthetic|kind|service|template|error_code): .*"
LOG = ("Zündung ausgefallen", "Kupplung 잠김", "Dichtung 4711 kaputt", "Ölpumpe steht")


@pytest.fixture(scope="module")
def discord() -> Iterator[FakeDiscord]:
    with FakeDiscord() as fake:
        yield fake


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, discord: FakeDiscord) -> dict[str, str]:
    """What each command and channel said of a log with every default rule hit, a surge, a storm and a second alert."""
    folder = tmp_path_factory.mktemp("korean")
    project = Project(folder, KOREAN.replace("{{", "{").replace("}}", "}"))
    project.config.write_text('language = "ko"\n' + project.config.read_text("utf-8"), "utf-8")
    (folder / "hook").write_text(discord.url)
    project.write(*(line(minutes_ago(30 - n / 60), LOG[0], service="werk") for n in range(14)))
    project.write(line(minutes_ago(29), LOG[1], level="FATAL", service="werk", error_code="DB_KUPPLUNG"))
    project.write(line(minutes_ago(29), "-", level="INFO", service="werk", duration_ms=9000))
    project.write(*(line(minutes_ago(20), f"Bauteil {c * 5} kaputt", service="werk") for c in "ghjklmnpqrst"))
    said = {"first": project.run("scan").stderr.decode()}
    project.write(*(line(minutes_ago(5), LOG[0], service="werk") for _ in range(3)))
    second = project.run("scan")
    said["scan"], said["table"] = second.stderr.decode(), second.stdout.decode()
    replayed = project.run("replay")
    said["replay"] = replayed.stderr.decode() + replayed.stdout.decode()
    count = len(project.incidents())
    said["list"] = project.run("incidents", "list").stdout.decode()
    project.run("incidents", "resolve", "1")
    said["show"] = "\n".join(project.run("incidents", "show", str(n)).stdout.decode() for n in range(1, count + 1))
    said["again"] = project.run("notify", "retry").stderr.decode()
    said["discord"] = "\n".join(texts(discord.messages))
    return said


def texts(value: Any) -> Iterator[str]:
    """Every text inside the messages, but for those that are no words."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key not in {"footer", "timestamp", "type", "username", "url", "id", "channel_id", "webhook_id"}:
                yield from texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts(inner)


def english(text: str) -> list[str]:
    """Lines with two or more English words; names (with a dot, dash, colon, slash or underscore) and code are none."""
    found = []
    for one in text.splitlines():
        plain = re.sub(rf"`[^`]*`|“[^”]*”|'[^']*'|\"[^\"]*\"|/\S+|No such file or directory|{IDENTIFIERS}", " ", one)
        spoken = [w for w in re.findall(r"(?<![\w.:/-])[A-Za-z]+(?![\w.:/-]*[\w/])", plain) if w.lower() in ENGLISH]
        if spoken:
            found.append(f"{spoken}: {one}")
    return found


@pytest.mark.parametrize("where", ["first", "scan", "table", "replay", "list", "show", "again", "discord"])
def test_no_english_is_left(told: dict[str, str], where: str) -> None:
    assert re.search("[가-힣]", told[where]), told[where]
    assert english(told[where]) == []


def test_the_heuristic_sees_english() -> None:
    assert english("알림: still happening after a while")
    assert english("2026-11-20T00:00:00Z  new: new (logmedic)")
    assert not english("  shop::orders · backend.database · `logmedic notify retry`로 다시 시도")


def test_json_keeps_titles_and_codes_as_they_are_stored(told: dict[str, str], tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.config.write_text('language = "ko"\n' + project.config.read_text("utf-8"), "utf-8")
    project.write(line(minutes_ago(2), "-", level="INFO", duration_ms=9000))
    (incident,) = json.loads(project.run("scan", "--json").stdout)["incidents"]
    assert incident["title"].startswith("Slow: ")
