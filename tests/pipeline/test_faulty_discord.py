"""A Discord that limits, fails and loses answers, and a logmedic that is killed: no alert is lost, few come twice."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from faulty_channels import CONFIG, FaultyDiscord, Plan, assert_each_told, run
from pipeline_scenes import Project

CHANNEL = """
[[channels]]
kind = "discord"
name = "team"
webhook = { file = "webhook" }
"""


@pytest.mark.parametrize("plan", [Plan(incidents=25, kills=2, longest=3.0)], ids=["quick"])
def test_no_alert_is_lost_and_few_come_twice(tmp_path: Path, plan: Plan) -> None:
    check(tmp_path, plan)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("plan", [Plan(incidents=200, kills=50, longest=2.5)], ids=["200 incidents"])
def test_no_alert_of_many_is_lost_and_few_come_twice(tmp_path: Path, plan: Plan) -> None:
    check(tmp_path, plan)


def check(folder: Path, plan: Plan) -> None:
    with FaultyDiscord(seed=plan.kills) as discord:
        (folder / "webhook").write_text(discord.url, "utf-8")
        project = Project(folder, CHANNEL + CONFIG)
        kills = run(project, plan)
        told = Counter(message["embeds"][0]["footer"]["text"] for message in discord.messages)
    doubled = sum(told.values()) - len(told)
    print(f"\n{plan.incidents} incidents, {kills} kills, {discord.lost} lost answers: {doubled} messages doubled")
    assert_each_told(project, plan, told)
    assert doubled <= kills + discord.lost
