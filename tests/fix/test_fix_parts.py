"""Trees and commits, what tests need, and the agent under Landlock."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from fix_scenes import CART, GOOD, KEY, SHOP, Script, git, repository
from test_fix_gateway import MODEL, Purse

from logmedic.doors import SystemHttp, SystemShell
from logmedic.errors import ShellError
from logmedic.respond.fix.agent import Agent, Brief, find
from logmedic.respond.fix.config import FixConfig
from logmedic.respond.fix.gateway import Gateway, Upstream
from logmedic.respond.fix.needs import provide
from logmedic.respond.fix.sandbox import confine, landlock
from logmedic.respond.fix.sandbox.bubblewrap import Bubblewrap
from logmedic.respond.fix.sandbox.interface import Limits, Task
from logmedic.respond.fix.sandbox.landlock import Landlock
from logmedic.respond.fix.workspace import Author, Workspace
from logmedic.testing.claude import FakeClaude

AUTHOR = Author("medic", "medic@example.org")
AT = 1_767_225_600


@pytest.fixture
def user(tmp_path: Path) -> Path:
    repository(tmp_path / "user", SHOP)
    return tmp_path / "user"


@pytest.fixture
def workspace(tmp_path: Path, user: Path) -> Workspace:
    made = Workspace(tmp_path / "fix", user, SystemShell())
    made.prepare()
    return made


def head(user: Path) -> str:
    return git(user, "rev-parse", "HEAD")


def snapshot(workspace, tree) -> str:
    return workspace.snapshot(tree, message="A fix\n", author=AUTHOR, at=AT)


def test_a_tree_is_fresh_and_the_users_repository_is_not_touched(workspace, user):
    before = sorted(str(path) for path in (user / ".git").rglob("*"))
    tree = workspace.checkout(head(user), "a")
    assert (tree.path / "shop/cart.py").read_text() == CART
    (tree.path / "left").write_text("x")
    assert not (workspace.checkout(head(user), "a").path / "left").exists()
    snapshot(workspace, tree)
    assert sorted(str(path) for path in (user / ".git").rglob("*")) == before


def test_the_same_change_is_the_same_commit(workspace, user):
    found = []
    for name in "ab":
        tree = workspace.checkout(head(user), name)
        (tree.path / "new.py").write_text("x = 1\n")
        found.append(snapshot(workspace, tree))
    assert found[0] == found[1]
    assert workspace.changed(head(user), found[0]) == ("new.py",)
    assert "+x = 1" in workspace.diff(head(user), found[0])


def test_no_hook_filter_or_signature_of_anybody_has_a_part_in_it(workspace, user, tmp_path, monkeypatch):
    ran = tmp_path / "ran"
    for name in ("pre-commit", "post-checkout", "post-commit", "pre-push", "reference-transaction"):
        hook = user / ".git/hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {ran}\n")
        hook.chmod(0o755)
    git(user, "config", "filter.evil.clean", f"touch {ran}")
    git(user, "config", "filter.evil.smudge", f"touch {ran}")
    git(user, "config", "commit.gpgSign", "true")
    git(user, "config", "core.fsmonitor", f"touch {ran}")
    tree = workspace.checkout(head(user), "a")
    (tree.path / ".gitattributes").write_text("* filter=evil diff=evil\n")
    (tree.path / ".gitmodules").write_text('[submodule "x"]\n\tpath = x\n\turl = ext::touch%20ran\n')
    (tree.path / "hooks").mkdir()
    (tree.path / "hooks/pre-commit").write_text(f"#!/bin/sh\ntouch {ran}\n")
    (tree.path / ".git").unlink()
    (tree.path / ".git").write_text(f"gitdir: {user}/.git\n")
    fix = snapshot(workspace, tree)
    far = tmp_path / "far.git"
    git(tmp_path, "init", "--quiet", "--bare", str(far))
    workspace.push(str(far), "logmedic/fix-x", fix, {})
    workspace.diff(head(user), fix)
    assert not ran.exists()
    git(user, "config", "--unset", "core.fsmonitor")
    assert git(user, "status", "--porcelain") == ""
    assert git(far, "rev-parse", "logmedic/fix-x") == fix


def test_a_branch_that_is_there_is_not_overwritten(workspace, user, tmp_path):
    far = tmp_path / "far.git"
    git(tmp_path, "clone", "--quiet", "--bare", "user", "far.git")
    tree = workspace.checkout(head(user), "a")
    (tree.path / "new.py").write_text("x = 1\n")
    fix = snapshot(workspace, tree)
    assert workspace.remote_branch(str(far), "main", {}) == head(user)
    assert workspace.remote_branch(str(far), "logmedic/fix-x", {}) is None
    with pytest.raises(ShellError, match=r"git push: .*(stale|rejected)"):
        workspace.push(str(far), "main", fix, {})
    assert workspace.remote_branch(str(far), "main", {}) == head(user)


def test_only_one_process_works_on_a_fix(workspace, user):
    other = Workspace(workspace.folder, user, SystemShell())
    with workspace.held("k") as mine, other.held("k") as theirs:
        assert (mine, theirs) == (True, False)
    with other.held("k") as theirs:
        assert theirs


def test_what_the_tests_need_is_installed_once_for_each_state_of_its_files(workspace, user, tmp_path, bwrap):
    (user / "requirements.txt").write_text("one\n")
    git(user, "add", ".")
    git(user, "commit", "--quiet", "-m", "needs")
    sandbox = Bubblewrap(SystemShell())
    config = FixConfig(
        install=(("sh", "-c", "cp requirements.txt $FIX_CACHE/got; echo $FIX_CACHE; date +%N >> $FIX_CACHE/times"),)
    )
    tree = workspace.checkout(head(user), "a")
    first = provide(config, tree, workspace.folder, sandbox)
    assert (first.cache / "got").read_text() == "one\n"
    again = provide(config, tree, workspace.folder, sandbox)
    assert len((again.cache / "times").read_text().split()) == 1
    (tree.path / "requirements.txt").write_text("two\n")
    assert provide(config, tree, workspace.folder, sandbox).cache != first.cache
    task = Task(argv=["sh", "-c", "cat $FIX_CACHE/got; echo x > $FIX_CACHE/got"], tree=tree.path,
                limits=Limits(seconds=30), env=first.env, cache=first.cache)  # fmt: skip
    assert sandbox.run(task).out == b"one\n"
    assert (first.cache / "got").read_text() == "one\n"


def test_an_install_that_fails_says_how_and_leaves_nothing(workspace, user, bwrap):
    config = FixConfig(install=(("sh", "-c", "echo no such package >&2; exit 3"),))
    tree = workspace.checkout(head(user), "a")
    with pytest.raises(ShellError, match=r"fix.install: sh -c .*: exit 3: no such package"):
        provide(config, tree, workspace.folder, Bubblewrap(SystemShell()))
    assert list((workspace.folder / "caches").iterdir()) == []


def test_the_agent_works_under_landlock_through_a_socket_and_sees_no_more(workspace, user, cli, tmp_path, monkeypatch):
    if confine.version() < landlock.LEAST:
        pytest.skip(f"the kernel's Landlock has version {confine.version()}")
    monkeypatch.setenv("STOLEN_FROM_ENV", KEY)
    tree = workspace.checkout(head(user), "a")
    calls = [
        {**call, "input": {name: str(value).replace("/repo", str(tree.path)) for name, value in call["input"].items()}}
        for call in GOOD
    ]
    calls.insert(0, {"type": "tool_use", "name": "Read", "input": {"file_path": str(tmp_path / "user/README.md")}})
    script = Script([calls])
    http = SystemHttp()
    with FakeClaude(script, models=[MODEL]) as model:
        upstream = Upstream(url=model.url, key=KEY, model=MODEL, most_tokens=4_000, timeout=60)
        brief = Brief(
            rules="Mend it.", case="A bug.", denied=(".git",), model=MODEL, turns=20, seconds=60, most_tokens=4_000
        )
        run = Agent(Landlock(SystemShell()), cli).work(
            tree.path, brief, Gateway(upstream, http, Purse(), most_requests=30)
        )
    http.close()
    assert run.failure is None, run
    assert run.requests == len(calls) + 1
    assert workspace.changed(head(user), snapshot(workspace, tree)) == ("shop/cart.py", "tests/test_empty_cart.py")
    assert "# Shop" not in str([received.body for received in script.seen])


def test_only_a_native_program_is_taken_for_the_agent(tmp_path, monkeypatch):
    script = tmp_path / "claude"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Exception, match="is no native program"):
        find("claude")
    script.unlink()
    with pytest.raises(Exception, match="is not installed"):
        find("claude")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can hand trees over")
def test_root_hands_the_tree_over_and_can_still_commit_it(workspace, user, bwrap):
    tree = workspace.checkout(head(user), "a")
    run = Bubblewrap(SystemShell()).run(
        Task(
            argv=["sh", "-c", "echo y > made; id -u > who"], tree=tree.path, limits=Limits(seconds=30), frozen=(".git",)
        )
    )
    assert run.code == 0, run.err
    assert (tree.path / "who").read_text() != "0\n"
    assert workspace.changed(head(user), snapshot(workspace, tree)) == ("made", "who")
    assert sys.platform == "linux"
