"""A model that is gone and a budget that is spent are told once each, with everything real, and so is their end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from pipeline_scenes import Project, line, minutes_ago

from logmedic.store import tables as t
from logmedic.testing.discord import FakeDiscord

CONFIG = """
[[channels]]
kind = "discord"
name = "team"
webhook = {{ file = "webhook" }}

[diagnose]
engine = "claude"
model = "{model}"
base_url = "http://127.0.0.1:9"
api_key = {{ file = "webhook" }}

[diagnose.budget]
per_day = 1.0
"""
TROUBLE, OVER = "logmedic itself is in trouble", "logmedic is well again"
DAY = 86_400 * 10**9


@pytest.fixture
def discord() -> Iterator[FakeDiscord]:
    with FakeDiscord(limit=1000) as discord:
        yield discord


def scanned(folder: Path, discord: FakeDiscord, model: str = "claude-sonnet-5-5") -> Project:
    (folder / "webhook").write_text(discord.url, "utf-8")
    project = Project(folder, CONFIG.format(model=model))
    look(project)
    return project


def look(project: Project) -> None:
    """A scan with something to read: only those look at themselves each time."""
    project.write(line(minutes_ago(1), "fine", level="INFO"))
    project.scan()


def told(discord: FakeDiscord) -> list[tuple[str, str, int]]:
    found = [(message["embeds"][0], message["edits"]) for message in discord.messages]
    return [(embed["title"], embed["description"].replace("\\", ""), edits) for embed, edits in found]


def spend(project: Project, dollars: float) -> None:
    row = {
        "fingerprint": "v1:0", "generation": 1, "model": "m", "purpose": "report", "state": "settled", "reason": "",
        "input_tokens": 1, "output_tokens": 1, "reserved": 0, "cost": int(dollars * 10**9),
    }  # fmt: skip
    at = int(minutes_ago(5).timestamp()) * 10**9
    with project.store() as store, store.database.begin() as c:
        c.execute(sa.insert(t.spending).values(at=at, **row))


def test_while_the_model_is_there_and_money_is_left_nothing_is_said(tmp_path: Path, discord: FakeDiscord) -> None:
    project = scanned(tmp_path, discord)
    spend(project, 0.9)
    look(project)
    assert discord.requests == []


def test_a_model_that_was_retired_is_told_once_until_another_is_named(tmp_path: Path, discord: FakeDiscord) -> None:
    project = scanned(tmp_path, discord, "claude-2.1")
    look(project)
    ((title, text, edits),) = told(discord)
    assert (title, edits) == (TROUBLE, 0)
    assert "claude-2.1 was retired on 2025-07-21" in text
    look(scanned(tmp_path, discord))
    ((title, _, edits),) = told(discord)
    assert (title, edits) == (OVER, 1)


def test_a_budget_that_is_spent_is_told_once_until_it_recovers(tmp_path: Path, discord: FakeDiscord) -> None:
    project = scanned(tmp_path, discord)
    spend(project, 0.97)
    look(project)
    look(project)
    ((title, text, edits),) = told(discord)
    assert (title, edits) == (TROUBLE, 0)
    assert "$0.97 of $1.00 within 24 h" in text
    with project.store() as store, store.database.begin() as c:
        c.execute(sa.update(t.spending).values(at=t.spending.c.at - 2 * DAY))
    look(project)
    ((title, _, edits),) = told(discord)
    assert (title, edits) == (OVER, 1)
