"""One run of the demo: it ends by itself, and finds what was broken and who broke it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from cli_shell import Shell

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "backend"


class Demo:
    def __init__(self, incidents: list[dict[str, Any]], left: list[Path]) -> None:
        self.incidents = incidents
        self.left = left

    def the(self, word: str) -> dict[str, Any]:
        (found,) = [i for i in self.incidents if word in i["title"]]
        return found


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Demo:
    shell = Shell(tmp_path_factory.mktemp("demo"))
    incidents = shell.json("demo", "--no-serve")["incidents"]
    return Demo(incidents, list(shell.folder.iterdir()))


@pytest.fixture(scope="module")
def subjects(tmp_path_factory) -> dict[str, str]:
    """Break → subject of the commit that made it (ids depend on the time at which a history is built)."""
    sys.path.insert(0, str(EXAMPLE))
    try:
        import history  # noqa: PLC0415  lives beside the sample service
    finally:
        sys.path.remove(str(EXAMPLE))
    facts = history.make_repository(tmp_path_factory.mktemp("history") / "repository")
    return {commit.introduces: commit.subject for commit in facts.commits if commit.introduces}


def test_it_ends_by_itself_and_leaves_nothing_behind(demo):
    assert demo.left == []


def test_it_finds_at_least_six_incidents_and_explains_each(demo):
    assert len(demo.incidents) >= 6
    assert len({i["fingerprint"] for i in demo.incidents}) == len(demo.incidents)
    for incident in demo.incidents:
        assert incident["diagnosis"] is not None, incident["title"]
    codes = {i["error_code"] for i in demo.incidents}
    assert codes >= {"DB_POOL_EXHAUSTED", "AI_TIMEOUT", "AI_RATE_LIMITED", "AI_OVERLOADED", "AUTH_TOKEN_EXPIRED"}
    rules = {rule for i in demo.incidents for rule in i["rules"]}
    assert rules == {"error-level", "slow", "surge", "error-code"}


@pytest.mark.parametrize(
    ("fault", "title"), [("bug", "KeyError"), ("db_pool", "DB_POOL_EXHAUSTED"), ("ai_timeout", "AI_TIMEOUT")]
)
def test_the_first_suspect_is_the_commit_that_made_the_fault(demo, subjects, fault, title):
    diagnosis = demo.the(title)["diagnosis"]
    assert diagnosis["code_cause"] is True
    first = diagnosis["suspects"][0]["commit"]
    quoted = [e["text"] for e in diagnosis["evidence"] if e["kind"] == "commit" and e["locator"]["commit"] == first]
    assert any(subjects[fault] in text for text in quoted), quoted


@pytest.mark.parametrize("title", ["AI_OVERLOADED", "AI_RATE_LIMITED", "AUTH_TOKEN_EXPIRED"])
def test_what_no_commit_explains_has_no_suspect(demo, title):
    diagnosis = demo.the(title)["diagnosis"]
    assert diagnosis["code_cause"] is False
    assert diagnosis["suspects"] == []
