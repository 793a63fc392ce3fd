"""Services that limit, fail and lose answers, and a logmedic that is killed in between."""

from __future__ import annotations

import random
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline_scenes import Project, line, minutes_ago

from logmedic.testing import discord, github

CONFIG = """
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
LIMITED, FAILED, LOST = 0.05, 0.03, 0.02  # the shares of requests to which it happens


@dataclass(frozen=True)
class Plan:
    incidents: int
    kills: int
    longest: float  # seconds that a process may live before it is killed


class FaultyDiscord(discord.FakeDiscord):
    def __init__(self, seed: int) -> None:
        super().__init__(limit=10_000)
        self._chance = random.Random(seed)
        self.lost = 0  # answers to new messages
        self._counting = threading.Lock()

    def handle(self, method: str, target: str, headers: dict[str, str], raw: bytes) -> discord.Answer:
        with self._counting:
            roll = self._chance.random()
            if roll < LIMITED:
                self.faults.append(discord.Fault.rate_limited(0.3))
            elif roll < LIMITED + FAILED:
                self.faults.append(discord.Fault.status(self._chance.choice([500, 502, 503])))
            elif roll < LIMITED + FAILED + LOST:
                self.faults.append(discord.Fault.lost_answer())
                self.lost += method == "POST"
        return super().handle(method, target, headers, raw)


class FaultyGitHub(github.FakeGitHub):
    """Each kind of limit by which GitHub asks to wait; its search never knows what was just filed."""

    def __init__(self, schema: Path, folder: Path, seed: int) -> None:
        super().__init__(schema, folder)
        self.repository.search_lag = 3600.0
        self._chance = random.Random(seed)
        self._counting = threading.Lock()
        self.happened: Counter[str] = Counter()

    def take_fault(self, request: str) -> github.Fault | None:
        with self._counting:
            roll = self._chance.random()
            if roll < LIMITED:
                self.happened["limited"] += 1
                soon = int(time.time()) + 1
                return self._chance.choice(
                    [
                        github.Fault.secondary_limit(1),
                        github.Fault.secondary_limit(1, status=429),
                        github.Fault.primary_limit(soon),
                    ]
                )
            if roll < LIMITED + FAILED:
                self.happened["failed"] += 1
                return github.Fault(status=self._chance.choice([500, 502, 503]), message="Server Error")
            if roll < LIMITED + FAILED + LOST:
                self.happened["lost: filing" if "createIssue" in request else "lost"] += 1
                return github.Fault(drop_answer=True)
        return None


def run(project: Project, plan: Plan) -> int:
    """Write errors and kill whoever reads them, as planned; then let it end in peace. Returns the number of kills."""
    chance = random.Random(plan.incidents)
    project.write(line(minutes_ago(5), "all is well", level="INFO"))
    kills = written = 0
    share = -(-plan.incidents // plan.kills)
    while kills < plan.kills:
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
    return kills


def finish(project: Project, incidents: int) -> None:
    """Each start takes up at once what was put off."""
    until = time.monotonic() + 300
    while not settled(project, incidents):
        assert time.monotonic() < until, "alerts are still waiting"
        process = project.start("serve")
        calm = time.monotonic() + 30
        while time.monotonic() < calm and not settled(project, incidents):
            time.sleep(0.3)
        process.terminate()
        assert process.wait(60) == 0
        assert process.stdout is not None
        process.stdout.close()


def settled(project: Project, incidents: int) -> bool:
    with project.store() as store:
        return len(store.list_incidents(limit=1_000)) == incidents and not store.unhandled()


def assert_each_told(project: Project, plan: Plan, footers: Iterable[str]) -> None:
    """``footers``: of all messages, each of which names its incident."""
    told = list(footers)
    with project.store() as store:
        found = store.list_incidents(limit=1_000)
    expected = {f"logmedic · #{i.id} · {i.fingerprint} · " for i in found}
    assert len(expected) == plan.incidents
    missing = [marker for marker in expected if not any(footer.startswith(marker) for footer in told)]
    assert missing == [], "no alert is lost"
