"""What was given up is shown, and told again when somebody asks for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipeline_scenes import Project, line, minutes_ago

from logmedic import build
from logmedic.engine import GIVE_UP_SECONDS
from logmedic.model import NANOSECONDS

LATE = '\n[[channels]]\nkind = "jsonl"\nname = "late"\npath = "later/told.jsonl"\n'


def effects(project: Project) -> list[Any]:
    shown = json.loads(project.run("incidents", "show", "1", "--json").stdout)
    return [(e["channel"], e["result"]) for e in shown["effects"]]


def test_a_failed_alert_is_shown_and_told_again_by_the_command_and_the_next_scan(tmp_path: Path) -> None:
    project = Project(tmp_path, LATE.replace("later", str(tmp_path / "later")))
    project.write(line(minutes_ago(2), "boom"))
    assert project.run("scan").returncode == 1
    assert effects(project) == [("jsonl", "sent"), ("late", "failed")]
    assert b"late: failed (late: cannot write" in project.run("incidents", "show", "1").stdout

    (tmp_path / "later").mkdir()
    assert project.run("scan").returncode == 0
    assert effects(project)[1] == ("late", "failed"), "nobody has asked for it yet"
    again = project.run("notify", "retry", "--json")
    assert again.returncode == 0, again.stderr
    assert [(a["incident"], a["channel"]) for a in json.loads(again.stdout)] == [(1, "late")]
    assert project.run("scan").returncode == 0
    assert effects(project) == [("jsonl", "sent"), ("late", "sent")]
    assert len(project.told()) == 1, "who had heard it does not hear it twice"
    assert len((tmp_path / "later" / "told.jsonl").read_text().splitlines()) == 1

    done = project.run("notify", "retry")
    assert b"Nothing to tell again" in done.stderr
    assert project.run("notify", "retry", "99").returncode == 2


def test_an_alert_that_fails_in_an_unforeseen_way_is_tried_for_days_then_given_up_and_can_be_taken_up(
    tmp_path: Path,
) -> None:
    project = Project(tmp_path)
    project.write(line(minutes_ago(2), "boom"))
    with build.runtime(project.loaded, poll_seconds=0.05) as runtime:
        runtime._handling.run = broken  # type: ignore[method-assign]  nothing that a user could do makes it fail
        runtime.scan(deadline=60)
        left = runtime.store.unhandled()
        assert len(left) == 1
        after = runtime.clock.now() + int((GIVE_UP_SECONDS + 60) * NANOSECONDS)
        runtime.chores.clock = Later(after)  # type: ignore[assignment]
        runtime.chores.try_again(left)
        assert runtime.store.unhandled() == []
        (*_, last) = runtime.store.timeline(1)
        assert last.event == "given up"
    assert project.told() == []
    assert project.run("notify", "retry", "1").returncode == 0
    assert project.run("scan").returncode == 0
    assert len(project.told()) == 1


def broken(*_: object) -> None:
    raise LookupError("the disk is on fire")


class Later:
    def __init__(self, now: int) -> None:
        self._now = now

    def now(self) -> int:
        return self._now
