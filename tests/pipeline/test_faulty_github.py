"""A faulty GitHub, the real gh, and a logmedic that is killed: one issue for each incident, and no alert lost."""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from faulty_channels import CONFIG, FaultyDiscord, FaultyGitHub, Plan, assert_each_told, run
from pipeline_scenes import Project

CHANNELS = """
[[channels]]
kind = "discord"
name = "team"
webhook = {{ file = "webhook" }}

[[channels]]
kind = "github"
repo = "acme/shop"
token = {{ file = "token" }}
program = {gh}
config_dir = {config}
"""


@pytest.mark.parametrize("plan", [Plan(incidents=6, kills=2, longest=4.0)], ids=["quick"])
def test_each_incident_has_one_issue(tmp_path: Path, gh: str, github_schema: Path, plan: Plan) -> None:
    check(tmp_path, gh, github_schema, plan)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("plan", [Plan(incidents=200, kills=50, longest=5.0)], ids=["200 incidents"])
def test_each_of_many_incidents_has_one_issue(tmp_path: Path, gh: str, github_schema: Path, plan: Plan) -> None:
    check(tmp_path, gh, github_schema, plan)


def check(folder: Path, gh: str, schema: Path, plan: Plan) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="gh") as short,  # a socket's path has at most 107 bytes
        FaultyDiscord(seed=plan.kills) as discord,
        FaultyGitHub(schema, Path(short), seed=plan.kills) as github,
    ):
        (folder / "webhook").write_text(discord.url, "utf-8")
        (folder / "token").write_text(github.token, "utf-8")
        channels = CHANNELS.format(gh=json.dumps(gh), config=json.dumps(str(github.config_dir)))
        project = Project(folder, channels + CONFIG)
        kills = run(project, plan)
        told = Counter(message["embeds"][0]["footer"]["text"] for message in discord.messages)
    markers = Counter(
        re.findall(r"<!-- (logmedic-fp-[0-9a-f]+) -->", "\n".join(i.body for i in github.repository.issues))
    )
    doubled = sum(told.values()) - len(told)
    print(
        f"\n{plan.incidents} incidents, {kills} kills, {len(github.requests):,} requests to GitHub, of which "
        f"{dict(github.happened)}: {len(github.repository.issues)} issues of {len(markers)} incidents; "
        f"Discord: {discord.lost} lost answers, {doubled} messages doubled"
    )
    assert_each_told(project, plan, told)
    assert len(markers) == plan.incidents, "no issue is lost"
    assert [marker for marker, times in markers.items() if times > 1] == [], "no issue is filed twice"
    assert doubled <= kills + discord.lost
