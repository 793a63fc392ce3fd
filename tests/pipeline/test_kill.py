"""Whenever logmedic is killed, however the log is rotated: every line is counted once, every alert arrives.

What holds, and is asserted here:

* lines, errors by fingerprint, slow requests and the errors of the surge are counted **exactly once**;
* every generation of every incident reaches the channel **at least once**, and its workflow ends once. A channel hears
  of one twice only where the kill fell between writing the message and noting that it was written: at most
  ``WORKERS`` messages for each kill.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from pipeline_scenes import Project, minutes_ago
from writer import STEP, Writer

from logmedic.cli.fingerprint import Fingerprinter, Settings

WORKERS = 4  # workflows that run side by side
WINDOW_LIMIT = 10  # the errors of one service that are not yet a surge
SETTLE_SECONDS = 60.0


@dataclass(frozen=True)
class Plan:
    command: str  # "scan" or "serve"
    copytruncate: bool
    kills: int
    lines: int
    rate: float  # lines a second
    rotate_every: int  # lines
    longest: float  # seconds that a process may live, at most
    seed: int


QUICK = [
    Plan("scan", copytruncate=False, kills=5, lines=14_000, rate=4_000, rotate_every=3_000, longest=1.2, seed=1),
    Plan("serve", copytruncate=True, kills=5, lines=14_000, rate=4_000, rotate_every=3_000, longest=1.5, seed=2),
]
LONG = [
    Plan("scan", copytruncate=False, kills=40, lines=220_000, rate=4_000, rotate_every=9_000, longest=1.2, seed=3),
    Plan("scan", copytruncate=True, kills=40, lines=220_000, rate=4_000, rotate_every=9_000, longest=1.2, seed=4),
    Plan("serve", copytruncate=False, kills=40, lines=220_000, rate=4_000, rotate_every=9_000, longest=3.0, seed=5),
    Plan("serve", copytruncate=True, kills=40, lines=220_000, rate=4_000, rotate_every=9_000, longest=3.0, seed=6),
]


def name_of(plan: Plan) -> str:
    return f"{plan.command}-{'copytruncate' if plan.copytruncate else 'rename'}"


@pytest.mark.parametrize("plan", QUICK, ids=name_of)
def test_after_kills_every_line_is_counted_once_and_every_alert_has_arrived(tmp_path: Path, plan: Plan) -> None:
    check(plan, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("plan", LONG, ids=name_of)
def test_after_many_kills_every_line_is_counted_once_and_every_alert_has_arrived(tmp_path: Path, plan: Plan) -> None:
    check(plan, tmp_path)


def check(plan: Plan, folder: Path) -> None:
    project = Project(folder)
    writer = Writer(
        project.log,
        lines=plan.lines,
        rate=plan.rate,
        rotate_every=plan.rotate_every,
        copytruncate=plan.copytruncate,
        start=minutes_ago(1) - STEP * plan.lines,
        seed=plan.seed,
    )
    writer.begin()
    # What was rotated away before logmedic ever looked is not followed, so it looks once before anything is killed.
    assert project.run("scan").returncode == 0
    writer.start()
    try:
        killed = kill_loop(project, plan)
    finally:
        writer.hurry()
    read_to_the_end(project, plan.command, writer.written)
    again = kinds_of_messages(project)
    doubled = sum(again.values()) - len(again)
    print(
        f"\n{name_of(plan)}: {killed} kills, {writer.rotations} rotations, {doubled} of {len(again)} messages doubled"
    )
    assert_counted_once(project, writer)
    assert_told_at_least_once(project, again)
    assert doubled <= WORKERS * killed


def kill_loop(project: Project, plan: Plan) -> int:
    """Start it and SIGKILL it at a random moment, as often as planned; those that ended before do not count.

    How long a pass lives depends on the machine, so one that ends by itself shows the next how soon to be killed.
    """
    chance = random.Random(plan.seed)
    killed = 0
    longest = plan.longest
    while killed < plan.kills:
        began = time.monotonic()
        process = project.start(plan.command)
        try:
            process.wait(chance.uniform(0.05, longest))
            longest = max(0.1, 0.9 * min(longest, time.monotonic() - began))
        except subprocess.TimeoutExpired:
            process.kill()
            killed += 1
            longest = min(plan.longest, 1.2 * longest)
        finally:
            process.kill()  # also when the test is being given up
            code = process.wait()
            assert process.stdout is not None
            process.stdout.close()
        assert code in (0, -signal.SIGKILL), (project.folder / "stderr.txt").read_text("utf-8")
    return killed


def read_to_the_end(project: Project, command: str, lines: int) -> None:
    """Let it finish in peace."""
    if command == "serve":
        process = project.start("serve")
        until = time.monotonic() + SETTLE_SECONDS
        calm = 0
        while calm < 3 and time.monotonic() < until:
            time.sleep(0.2)
            calm = calm + 1 if settled(project, lines) else 0
        process.terminate()
        assert process.wait(60) == 0
        assert process.stdout is not None
        process.stdout.close()
    else:
        assert project.run("scan").returncode == 0
    done = project.run("scan", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["lines"] == 0, "a pass over a log that nobody writes finds nothing new"


def settled(project: Project, lines: int) -> bool:
    with project.store() as store:
        return [t.lines for t in store.totals()] == [lines] and not store.unhandled()


def assert_counted_once(project: Project, writer: Writer) -> None:
    fingerprinter = Fingerprinter(Settings())
    written = {fingerprinter(text.encode()).fingerprint: n for text, n in writer.errors.items()}
    with project.store() as store:
        (total,) = store.totals()
        found = store.list_incidents(limit=1_000)
    counts = {i.fingerprint: i.count for i in found if i.rules == ("error-level",)}
    surges = [i.count for i in found if i.rules == ("surge",)]
    slow = [i.count for i in found if i.rules == ("slow",)]
    assert total.lines == writer.written
    assert counts == written
    assert slow == [writer.slow]
    assert surges == [sum(written.values()) - WINDOW_LIMIT]
    for incident in found:
        assert sum(bar.count for bar in incident.histogram) == incident.count, incident.title


def assert_told_at_least_once(project: Project, messages: Counter[str]) -> None:
    with project.store() as store:
        assert store.unhandled() == []
        found = store.list_incidents(limit=1_000)
        raised = {f"{i.fingerprint}:{generation}:jsonl" for i in found for generation in range(1, i.generation + 1)}
        effects = {i.id: store.effects(i.id) for i in found}
    assert messages.keys() == raised
    for incident in found:
        expected = [(generation, "jsonl", "sent") for generation in range(1, incident.generation + 1)]
        assert [effect[:3] for effect in effects[incident.id]] == expected


def kinds_of_messages(project: Project) -> Counter[str]:
    """How often the channel was told of each (fingerprint, generation)."""
    return Counter(message["key"] for message in project.told())
