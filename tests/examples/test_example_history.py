"""The bundled history builds a real repository whose truth is known."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import history
import pytest

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> history.HistoryFacts:
    return history.make_repository(tmp_path_factory.mktemp("history") / "repo", now=NOW)


def git(root: Path, *argv: str) -> str:
    return subprocess.run(["git", "-C", str(root), *argv], capture_output=True, check=True, text=True).stdout


def test_the_last_tree_is_the_package(facts: history.HistoryFacts) -> None:
    tracked = git(facts.root, "ls-files").split()
    assert {path.removeprefix("backend/") for path in tracked} == history.read_package().keys()
    for path, content in history.read_package().items():
        assert (facts.root / "backend" / path).read_bytes() == content
    assert git(facts.root, "status", "--porcelain") == ""
    assert git(facts.root, "fsck", "--strict") == ""


def test_the_same_moment_gives_the_same_commits(facts: history.HistoryFacts, tmp_path: Path) -> None:
    again = history.make_repository(tmp_path / "again", now=NOW)
    assert again.commits == facts.commits
    assert git(again.root, "rev-parse", "main").strip() == facts.head == facts.commits[-1].id


def test_configuration_and_hooks_of_the_machine_play_no_part(
    facts: history.HistoryFacts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("pre-commit", "post-checkout", "reference-transaction"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\nexit 1\n")
        (hooks / name).chmod(0o755)
    config = tmp_path / "gitconfig"
    config.write_text(f"[core]\nhooksPath = {hooks}\nautocrlf = true\n[commit]\ngpgsign = true\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Somebody")
    assert history.make_repository(tmp_path / "repo", now=NOW).commits == facts.commits
    assert not (tmp_path / "ran").exists()


def test_every_introducing_commit_made_the_change_that_breaks(facts: history.HistoryFacts) -> None:
    changed = {name: git(facts.root, "show", "--format=", commit) for name, commit in facts.introduced.items()}
    assert "-pool_size = 10\n-max_overflow = 10" in changed["db_pool"]
    assert "+pool_size = 2\n" in changed["db_pool"]
    assert "-TIMEOUT_S = 30.0\n+TIMEOUT_S = 1.0" in changed["ai_timeout"]
    assert "+    return MONTHLY_SUMMARIES[plan]" in changed["bug"]


def test_the_key_error_was_not_there_before_the_refactoring(facts: history.HistoryFacts) -> None:
    program = "from backend.plans import monthly_limit; print(monthly_limit({'plan': 'trial'}))"
    for commit, works in ((f"{facts.introduced['bug']}~1", True), (facts.head, False)):
        tree = facts.root.parent / f"tree-{works}"
        git(facts.root, "worktree", "add", "--quiet", "--detach", str(tree), commit)
        ran = subprocess.run([sys.executable, "-c", program], cwd=tree, capture_output=True, text=True, check=False)
        git(facts.root, "worktree", "remove", "--force", str(tree))
        assert (ran.returncode == 0) is works
        assert ("KeyError: 'trial'" in ran.stderr) is not works


def test_every_commit_compiles(facts: history.HistoryFacts) -> None:
    for commit in facts.commits:
        for path in git(facts.root, "ls-tree", "-r", "--name-only", commit.id).split():
            if path.endswith(".py"):
                compile(git(facts.root, "show", f"{commit.id}:{path}"), path, "exec")


def test_decoys_came_after_the_faults_and_within_the_last_hours(facts: history.HistoryFacts) -> None:
    assert len(facts.decoys) >= 4
    assert facts.head in facts.decoys
    assert not set(facts.decoys) & set(facts.introduced.values())
    assert [commit.time for commit in facts.commits] == sorted(commit.time for commit in facts.commits)
    recent = {commit.introduces for commit in facts.commits if NOW - commit.time < timedelta(hours=6)}
    assert facts.introduced.keys() <= recent
    assert len({commit.author for commit in facts.commits}) == 3
    shown = git(facts.root, "show", "--no-patch", "--format=%aI", facts.head).strip()
    assert datetime.fromisoformat(shown) == facts.commits[-1].time


def test_a_directory_that_is_in_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(history.HistoryError, match="is not empty"):
        history.make_repository(tmp_path)


def test_steps_that_do_not_fit_the_package_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = history.read_package()
    monkeypatch.setattr(history, "read_package", lambda: {**package, "claude.py": b"rewritten"})
    with pytest.raises(history.HistoryError, match=r"'Fail fast when the model is slow'.*claude\.py"):
        history.make_repository(tmp_path / "repo")
    monkeypatch.setattr(history, "read_package", lambda: {**package, "new.py": b""})
    with pytest.raises(history.HistoryError, match=r"no step adds new\.py"):
        history.make_repository(tmp_path / "repo")
