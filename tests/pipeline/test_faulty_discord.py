"""A Discord that limits, fails and loses answers, and a logmedic that is killed: no alert is lost, few come twice."""

from __future__ import annotations

import random
import subprocess
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from pipeline_scenes import Project, line, minutes_ago

from logmedic.testing.discord import Answer, FakeDiscord, Fault

CONFIG = """
[[channels]]
kind = "discord"
name = "team"
webhook = { file = "webhook" }

[policy]
storm = 0

[[rules]]
name = "error-level"
kind = "level"
severity = "critical"

[[rules]]
name = "surge"
enabled = false
"""
LETTERS = "ghijklmnopqrstuvwxyz"  # of which no word reads as a number


@dataclass(frozen=True)
class Plan:
    incidents: int
    kills: int
    longest: float  # seconds that a process may live before it is killed


class FaultyDiscord(FakeDiscord):
    """5 % are told to wait, 3 % fail, of 2 % the answer is lost."""

    def __init__(self, seed: int) -> None:
        super().__init__(limit=10_000)
        self._chance = random.Random(seed)
        self.lost = 0  # answers to new messages
        self._counting = threading.Lock()

    def handle(self, method: str, target: str, headers: dict[str, str], raw: bytes) -> Answer:
        with self._counting:
            roll = self._chance.random()
            if roll < 0.05:
                self.faults.append(Fault.rate_limited(0.3))
            elif roll < 0.08:
                self.faults.append(Fault.status(self._chance.choice([500, 502, 503])))
            elif roll < 0.10:
                self.faults.append(Fault.lost_answer())
                self.lost += method == "POST"
        return super().handle(method, target, headers, raw)


@pytest.mark.parametrize("plan", [Plan(incidents=25, kills=2, longest=3.0)], ids=["quick"])
def test_no_alert_is_lost_and_few_come_twice(tmp_path: Path, plan: Plan) -> None:
    check(tmp_path, plan)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("plan", [Plan(incidents=200, kills=50, longest=2.5)], ids=["200 incidents"])
def test_no_alert_of_many_is_lost_and_few_come_twice(tmp_path: Path, plan: Plan) -> None:
    check(tmp_path, plan)


def check(folder: Path, plan: Plan) -> None:
    chance = random.Random(plan.incidents)
    with FaultyDiscord(seed=plan.kills) as discord:
        (folder / "webhook").write_text(discord.url, "utf-8")
        project = Project(folder, CONFIG)
        project.write(line(minutes_ago(5), "all is well", level="INFO"))
        kills = written = 0
        while kills < plan.kills:
            share = -(-plan.incidents // plan.kills)
            for number in range(written, min(written + share, plan.incidents)):
                word = "".join(LETTERS[number // 20**place % 20] * 3 for place in range(3))
                project.write(line(minutes_ago(1), f"module {word} broke", target=f"shop::{word}"))
            written += share
            process = project.start("serve")
            try:
                process.wait(chance.uniform(0.4, plan.longest))
            except subprocess.TimeoutExpired:
                kills += 1
            finally:
                process.kill()
                process.wait()
                assert process.stdout is not None
                process.stdout.close()
        finish(project, plan.incidents)
        told = Counter(message["embeds"][0]["footer"]["text"] for message in discord.messages)
    doubled = sum(told.values()) - len(told)
    print(f"\n{plan.incidents} incidents, {kills} kills, {discord.lost} lost answers: {doubled} messages doubled")
    with project.store() as store:
        found = store.list_incidents(limit=1_000)
    expected = {f"logmedic · #{i.id} · {i.fingerprint} · " for i in found}
    assert len(expected) == plan.incidents
    missing = [marker for marker in expected if not any(footer.startswith(marker) for footer in told)]
    assert missing == [], "no alert is lost"
    assert doubled <= kills + discord.lost


def finish(project: Project, incidents: int) -> None:
    """Let it end in peace: each start takes up at once what was put off."""
    until = time.monotonic() + 300
    while time.monotonic() < until:
        process = project.start("serve")
        calm = time.monotonic() + 20
        while time.monotonic() < calm and not settled(project, incidents):
            time.sleep(0.3)
        process.terminate()
        assert process.wait(60) == 0
        assert process.stdout is not None
        process.stdout.close()
        if settled(project, incidents):
            return
    pytest.fail("alerts are still waiting")


def settled(project: Project, incidents: int) -> bool:
    with project.store() as store:
        return len(store.list_incidents(limit=1_000)) == incidents and not store.unhandled()
