"""A storm of errors that are all different: bounded memory, and one incident that counts those that are too many."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pipeline_scenes import Project, environment, line, minutes_ago

SYLLABLES = [f"{a}{b}" for a in "bdfgklmnprst" for b in "aeiou"]
MEGABYTE = 1 << 20
TEMPLATE = line(minutes_ago(10), "WHAT went wrong")


@dataclass(frozen=True)
class Ran:
    """One scan in a process of its own. ``megabytes``: the most it held, or one of its workers, in memory."""

    summary: dict[str, Any]
    megabytes: float


def words(number: int) -> str:
    """A phrase of its own for each number below 13 million; no digits, for those would be masked."""
    parts = []
    for _ in range(4):
        number, rest = divmod(number, len(SYLLABLES))
        parts.append(SYLLABLES[rest])
    return f"{parts[0]}{parts[1]}nor {parts[2]}{parts[3]}mot"


def errors(count: int, *, distinct: bool) -> Iterator[str]:
    before, after = TEMPLATE.split("WHAT")
    for number in range(count):
        yield f"{before}{words(number if distinct else 0)}{after}\n"


def scan(folder: Path, count: int, cap: int, *, distinct: bool) -> tuple[Project, Ran]:
    folder.mkdir()
    project = Project(folder, f"\n[window]\nnew_incidents = {cap}\nnew_incidents_seconds = 3600\n")
    with project.log.open("w", encoding="utf-8") as file:
        file.writelines(errors(count, distinct=distinct))
    # wait4 and not communicate: it alone tells the memory of this child
    with (folder / "out.json").open("wb") as out:
        command = project.command("scan", "--json", "--deadline", "1s")
        process = subprocess.Popen(command, cwd=folder, env=environment(), stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return project, Ran(json.loads((folder / "out.json").read_bytes()), usage.ru_maxrss / 1024)


def check(folder: Path, count: int, cap: int, growth: float) -> None:
    _, calm = scan(folder / "calm", count, cap, distinct=False)
    project, storm = scan(folder / "storm", count, cap, distinct=True)
    print(f"\n{count:,} lines: one error {calm.megabytes:.0f} MB, all different {storm.megabytes:.0f} MB")
    assert calm.summary["lines"] == storm.summary["lines"] == count
    with project.store() as store:
        found = store.list_incidents(limit=cap + 10)
    opened = [i for i in found if i.rules == ("error-level",)]
    (overflow,) = [i for i in found if i.rules == ("storm",)]
    (surge,) = [i for i in found if i.rules == ("surge",)]
    assert len(opened) == cap
    assert overflow.count + sum(i.count for i in opened) == count
    assert surge.count == count - 10
    assert storm.megabytes - calm.megabytes <= growth


def test_a_storm_of_different_errors_is_counted_in_one_incident_and_in_bounded_memory(tmp_path: Path) -> None:
    check(tmp_path, 15_000, 20, growth=64)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_million_different_errors_take_no_more_memory_than_the_ranges_under_way(tmp_path: Path) -> None:
    # Measured: 112 MB either way. What a worker found in a whole range at once would be 283 MB with ranges of 4 MiB.
    check(tmp_path, 1_000_000, 1_000, growth=64)
