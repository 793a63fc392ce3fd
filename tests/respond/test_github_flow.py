"""Incidents and issues together: real scans, the real gh, and people who close things."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from logmedic import build
from logmedic.model import Reason, State
from logmedic.pipeline.tracker import Act, decide
from logmedic.respond.interface import Ticket
from logmedic.store.tickets import Known, Linked
from logmedic.testing.github import FakeGitHub, Fault

CONFIG = """\
language = "en"

[[sources]]
kind = "file"
name = "app"
paths = ["app.log"]

[[rules]]
name = "error-level"
kind = "level"
severity = "critical"

[[channels]]
kind = "jsonl"
path = "told.jsonl"

[[channels]]
kind = "github"
repo = "acme/shop"
program = {gh}
config_dir = {config}
most_per_hour = {limit}

[policy]
cooldown_s = 0.0

[retry]
tries = 1
"""
KNOWN = "2026-01-01T00:00:00Z"


class Shop:
    """A project whose critical errors become issues."""

    def __init__(self, folder: Path, github: FakeGitHub, gh: str, limit: int = 60) -> None:
        self.folder, self.github, self.token = folder, github, github.token
        told = CONFIG.format(gh=json.dumps(gh), config=json.dumps(str(github.config_dir)), limit=limit)
        (folder / "logmedic.toml").write_text(told.replace("told.jsonl", str(folder / "told.jsonl")), encoding="utf-8")
        self._at = datetime.now(UTC) - timedelta(minutes=50)

    def fails(self, message: str = "pool timed out", minutes: int = 0) -> None:
        self._at += timedelta(minutes=minutes, seconds=1)
        line = {
            "timestamp": self._at.isoformat(),
            "level": "ERROR",
            "target": "shop::db",
            "fields": {"message": message},
        }
        with (self.folder / "app.log").open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "TMPDIR")}
        return {**kept, "HOME": str(self.folder), "GH_TOKEN": self.token}

    def logmedic(self, *argv: str) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "logmedic.cli.main", *argv]
        return subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, check=False)

    def begin(self, *argv: str) -> subprocess.Popen[bytes]:
        """The same, without waiting for its end."""
        command = [sys.executable, "-m", "logmedic.cli.main", *argv]
        nowhere = subprocess.DEVNULL
        return subprocess.Popen(command, cwd=self.folder, env=self.environment, stdout=nowhere, stderr=nowhere)

    def scan(self) -> str:
        done = self.logmedic("scan", "--json")
        assert done.returncode == 0, done.stderr
        return done.stderr.decode()

    def state(self, incident: int = 1) -> State:
        with build.open_store(build.load_config(None, self.folder)) as store:
            found = store.incident(incident)
            assert found is not None
            return found.state

    def become(self, state: State) -> None:
        with (
            build.open_store(build.load_config(None, self.folder)) as store,
            store.changing(now=1, actor="ann") as change,
        ):
            change.set_state(1, state, Reason("by-hand", {"words": "test"}))


@pytest.fixture
def shop(tmp_path, github, gh) -> Shop:
    return Shop(tmp_path, github, gh)


def test_a_critical_error_becomes_an_issue_and_its_repeats_do_not(shop):
    shop.fails()
    shop.scan()
    shop.fails("pool timed out", minutes=8)
    shop.scan()
    (issue,) = shop.github.repository.issues
    assert "pool timed out" in issue.body
    assert "pool" not in issue.title


def test_an_issue_that_people_close_resolves_its_incident_and_what_comes_back_reopens_it(shop):
    shop.fails()
    shop.scan()
    shop.github.repository.close(1, reason="NOT_PLANNED")
    shop.fails(minutes=20)
    shop.scan()
    issue = shop.github.repository.issues[0]
    assert shop.state() is State.OPEN
    assert issue.state == "OPEN"
    assert [comment.body.splitlines()[0] for comment in issue.comments] == ["**It is back after it was resolved**"]
    shown = shop.logmedic("incidents", "show", "1").stdout.decode()
    assert "acme/shop issue 1 was closed" in shown


def test_an_incident_that_people_resolve_closes_its_issue_and_reopening_one_reopens_the_other(shop):
    shop.fails()
    shop.fails("something else")
    shop.scan()
    shop.become(State.RESOLVED)
    shop.fails("a third", minutes=1)
    shop.scan()
    states = {issue.number: issue.state for issue in shop.github.repository.issues}
    assert sorted(states.values()) == ["CLOSED", "OPEN", "OPEN"]
    closed = next(number for number, state in states.items() if state == "CLOSED")

    shop.github.repository.reopen(closed)
    shop.fails("a fourth", minutes=1)
    shop.scan()
    assert shop.state() is State.OPEN

    shop.github.repository.close(closed)
    shop.fails("a fifth", minutes=1)
    shop.scan()
    assert shop.state() is State.RESOLVED
    shop.become(State.OPEN)
    shop.fails("a sixth", minutes=1)
    shop.scan()
    found = shop.github.repository.issue(closed)
    assert found is not None
    assert found.state == "OPEN", "reopened by hand here, so there as well"


def test_a_scan_killed_right_after_filing_files_no_second_issue(tmp_path, github, gh):
    wrapper = tmp_path / "gh"
    wrapper.write_text(
        f'#!/bin/sh\n{shutil.which(gh)} "$@"\ncode=$?\n'
        f'if [ "$1 $2" = "issue create" ] && [ ! -e {tmp_path}/killed ]\n'
        f"then touch {tmp_path}/killed; kill -9 $PPID; fi\n"
        "exit $code\n"
    )
    wrapper.chmod(0o755)
    github.repository.search_lag = 3600.0
    shop = Shop(tmp_path, github, str(wrapper))
    shop.fails()
    assert shop.logmedic("scan").returncode == -signal.SIGKILL
    assert len(github.repository.issues) == 1
    shop.scan()
    assert len(github.repository.issues) == 1
    shown = json.loads(shop.logmedic("incidents", "show", "1", "--json").stdout)
    assert [e["reason"] for e in shown["effects"] if e["channel"] == "github"] == ["found issue 1"]


def test_of_a_storm_no_more_than_the_hourly_limit_get_issues_and_one_issue_lists_the_rest(tmp_path, github, gh):
    shop = Shop(tmp_path, github, gh, limit=3)
    names = ("disk", "queue", "lock", "cache", "socket", "mailer", "printer", "scheduler", "uploader", "exporter")
    for name in names:
        shop.fails(f"{name} gave up")
    shop.scan()
    shop.scan()
    titles = [issue.title for issue in github.repository.issues]
    (storm,) = (issue for issue in github.repository.issues if "Storm" in issue.title)
    # Workflows run side by side: what each has planned may be done once all have counted.
    single = len(titles) - 1
    assert 3 <= single <= 3 + 4
    assert storm.title == "[logmedic] Critical: Storm"
    assert storm.labels == ["logmedic", "severity:critical"]
    listed = [name for name in names if f"{name} gave up" in storm.body]
    assert len(listed) == len(names) - single
    again = listed[0]
    shop.fails(f"{again} gave up", minutes=8)
    shop.fails("one more gave up")
    shop.scan()
    assert len(github.repository.issues) == len(titles), "what goes on has been told"
    assert "one more gave up" in storm.body


def test_a_gh_that_outlives_a_killed_scan_ends_before_the_next_one_looks(tmp_path, github, gh):
    wrapper = tmp_path / "gh"
    wrapper.write_text(
        f'#!/bin/sh\nif [ "$1 $2" = "issue create" ] && [ ! -e {tmp_path}/slow ]\n'
        f'then touch {tmp_path}/slow; sleep 3; fi\nexec {shutil.which(gh)} "$@"\n'
    )
    wrapper.chmod(0o755)
    shop = Shop(tmp_path, github, str(wrapper))
    shop.fails()
    first = shop.begin("scan")
    while not (tmp_path / "slow").exists():
        assert first.poll() is None
        time.sleep(0.02)
    first.kill()
    first.wait()
    while not github.repository.issues:
        shop.scan()
    shop.scan()
    assert len(github.repository.issues) == 1


@pytest.mark.parametrize("broken", ["missing", "refused", "down"])
def test_what_stops_gh_stops_no_other_channel(tmp_path, github, gh, broken):
    shop = Shop(tmp_path, github, "/no/such/gh" if broken == "missing" else gh)
    if broken == "refused":
        github.token = "ghp_newer"
    if broken == "down":
        github.faults += [Fault(status=503, message="away") for _ in range(20)]
    shop.fails()
    done = shop.logmedic("scan", "--json")
    assert len((tmp_path / "told.jsonl").read_text().splitlines()) == 1
    said = next(text for text in done.stderr.decode().splitlines() if "did not reach github" in text)
    expected = {"missing": "install gh", "refused": "the token is missing or refused", "down": "GitHub answered 503"}
    assert expected[broken] in said
    assert "Traceback" not in done.stderr.decode()


def test_a_tracker_that_is_away_costs_a_scan_nothing_but_a_warning(shop):
    shop.fails()
    shop.scan()
    shop.github.faults.append(Fault("Tickets", 503, "away"))
    shop.fails("another", minutes=1)
    assert "issues are looked at again later" in shop.scan()
    assert len(shop.github.repository.issues) == 2


def linked(state: State, generation: int = 1) -> Linked:
    return Linked(incident_id=1, state=state, generation=generation, number=5)


@pytest.mark.parametrize(
    ("state", "closed", "known", "act"),
    [
        (State.OPEN, "", None, Act.NOTHING),
        (State.RESOLVED, KNOWN, None, Act.NOTHING),
        (State.OPEN, KNOWN, None, Act.RESOLVE),
        (State.ACKED, KNOWN, Known("", 1), Act.RESOLVE),
        (State.SNOOZED, KNOWN, Known("2025-12-31T00:00:00Z", 1), Act.RESOLVE),
        (State.OPEN, KNOWN, Known(KNOWN, 1), Act.OPEN_ISSUE),
        (State.RESOLVED, "", None, Act.CLOSE_ISSUE),
        (State.RESOLVED, "", Known("", 1), Act.CLOSE_ISSUE),
        (State.RESOLVED, "", Known(KNOWN, 1), Act.REOPEN),
        (State.RESOLVED, "", Known(KNOWN, 0), Act.CLOSE_ISSUE),
    ],
)
def test_who_changed_last_wins(state, closed, known, act):
    assert decide(linked(state), Ticket(open=not closed, closed=closed), known) is act
