"""That a Critical is heard of, whatever was read before it."""

from __future__ import annotations

import sqlite3
import time
from datetime import timedelta
from pathlib import Path

import pytest
from pipeline_scenes import Project, line, minutes_ago

NO_SURGE = '\n[[rules]]\nname = "surge"\nkind = "surge"\nenabled = false\n'


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, NO_SURGE)


def test_a_fatal_is_told_although_an_error_that_reads_alike_came_a_moment_before(project: Project) -> None:
    moment = minutes_ago(2)
    project.write(line(moment, "db gone 1"))
    project.scan()
    project.write(line(moment + timedelta(seconds=5), "db gone 2", level="FATAL"))
    project.scan()

    assert [told["incident"]["generation"] for told in project.told()] == [1, 2]
    incident = project.incident("db gone")
    assert (incident.reason, incident.severity.value) == ("severity rose to critical", "critical")


def test_a_line_that_is_dated_a_day_ahead_does_not_make_the_following_ones_late(project: Project) -> None:
    project.write(line(minutes_ago(-1_430), "payment failed"))
    project.scan()
    assert project.incident("payment").last_seen <= time.time_ns()


def test_a_state_that_was_seen_in_the_future_recovers_with_the_next_line(project: Project) -> None:
    project.write(line(minutes_ago(9), "payment failed"))
    project.scan()
    ahead = time.time_ns() + 86_400 * 10**9
    with sqlite3.connect(project.folder / ".logmedic" / "state.db") as database:
        database.execute("UPDATE incidents SET last_seen = ?, last_raised = last_raised - 600000000000", (ahead,))
    project.write(line(minutes_ago(8), "payment failed"))
    project.scan()
    assert project.incident("payment").last_seen <= time.time_ns()
    project.write(line(minutes_ago(0), "payment failed"))
    project.scan()

    assert project.incident("payment").generation == 2
