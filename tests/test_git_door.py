"""Git answers whatever the configuration of the repository, the user or the machine says."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from logmedic.doors import Git, SystemShell

BODY = "".join(f"line {n}\n" for n in range(30))
LOG = ("log", "--format=%s", "--patch", "--unified=0")
PROGRAM = "#!/bin/sh\ntouch {ran}\necho changed by a program\n"

# What a repository can say that would change the answer of some git to LOG or to `show`.
HOSTILE = [
    "diff.interHunkContext 50", "diff.mnemonicPrefix true", "diff.noprefix true", "diff.relative true",
    "diff.srcPrefix x/", "diff.dstPrefix y/", "diff.context 20", "diff.algorithm patience", "diff.renames false",
    "diff.submodule log", "diff.colorMoved zebra", "diff.wsErrorHighlight all", "diff.indentHeuristic false",
    "diff.orderFile /nonexistent/order", "diff.suppressBlankEmpty true", "color.ui always", "color.diff always",
    "log.showRoot false", "log.showSignature true", "log.follow true", "log.decorate full", "log.date relative",
    "log.mailmap true", "i18n.logOutputEncoding ISO-8859-1", "format.pretty oneline", "format.notes refs/notes/*",
    "core.quotePath true", "alias.log status", "blame.showEmail true", "blame.ignoreRevsFile /nonexistent",
    "core.pager /nonexistent/pager",
]  # fmt: skip


@pytest.fixture
def git(tmp_path: Path) -> Callable[..., str]:
    """Runs git in ``tmp_path``, where a file was made, changed in two places and renamed."""

    def run(*argv: str) -> str:
        done = subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b", *argv], cwd=tmp_path, check=True,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)}, capture_output=True, text=True,
        )  # fmt: skip
        return done.stdout

    run("init", "-q")
    (tmp_path / "a.py").write_text(BODY)
    run("add", "a.py")
    run("commit", "-q", "-m", "one: 주문")
    (tmp_path / "a.py").write_text(BODY.replace("line 3\n", "line three\n").replace("line 20\n", "\nline twenty \n"))
    run("commit", "-q", "-am", "two")
    run("mv", "a.py", "b.py")
    run("commit", "-q", "-m", "three")
    return run


def answers(folder: Path) -> tuple[bytes, ...]:
    door = Git(folder, SystemShell())
    return (
        door.run(*LOG),
        door.run("show", "HEAD~1"),
        door.run("diff", "HEAD~2", "HEAD"),
        door.run("blame", "-p", "b.py"),
    )


def test_a_plain_repository_is_answered_in_full(git: Callable[..., str], tmp_path: Path) -> None:
    log = answers(tmp_path)[0].decode()
    assert log.count("\n@@ -") == 3, "two places of one change, and the first commit"
    assert "rename to b.py" in log
    assert "--- a/a.py\n+++ b/a.py\n" in log
    assert "one: 주문" in log


@pytest.mark.parametrize("setting", HOSTILE)
def test_no_setting_of_a_repository_changes_an_answer(git: Callable[..., str], tmp_path: Path, setting: str) -> None:
    before = answers(tmp_path)
    git("config", *setting.split(" "))
    assert answers(tmp_path) == before


def test_no_setting_of_the_user_changes_an_answer(
    git: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = answers(tmp_path)
    home = tmp_path / "home"
    (home / ".config" / "git").mkdir(parents=True)
    (home / ".config" / "git" / "attributes").write_text("*.py -diff\n")
    for setting in HOSTILE:
        subprocess.run(["git", "config", "--file", home / ".gitconfig", *setting.split(" ")], check=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    assert answers(tmp_path) == before


@pytest.mark.parametrize(
    ("setting", "attribute"),
    [("diff.external", ""), ("diff.evil.command", "diff=evil"), ("diff.evil.textconv", "diff=evil")],
)
def test_no_program_that_a_repository_names_is_started(
    git: Callable[..., str], tmp_path: Path, setting: str, attribute: str
) -> None:
    before = answers(tmp_path)
    ran, program = tmp_path / "ran", tmp_path / "program"
    program.write_text(PROGRAM.format(ran=ran))
    program.chmod(0o755)
    git("config", setting, str(program))
    (tmp_path / ".git" / "info" / "attributes").write_text(f"*.py {attribute}\n")
    git("diff", "HEAD~2", "HEAD~1")
    assert ran.exists(), "else this test plants the wrong thing"
    ran.unlink()
    assert answers(tmp_path) == before
    assert not ran.exists()


def test_a_callers_own_option_wins(git: Callable[..., str], tmp_path: Path) -> None:
    assert b"--- a.py" in Git(tmp_path, SystemShell()).run("-c", "core.abbrev=12", "show", "--no-prefix", "HEAD~1")
