"""What an attempt at a fix costs beside the agent and the tests, next to ``git worktree add`` of the same repository.

An attempt takes four trees, one commit, one look of the gate, and eight runs in the sandbox (the agent, the new test
three times without and three times with the change, the whole suite); here each of them runs ``true``.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from logmedic.doors import SystemShell
from logmedic.respond.fix.change import between
from logmedic.respond.fix.gate import Policy, judge
from logmedic.respond.fix.sandbox.bubblewrap import Bubblewrap
from logmedic.respond.fix.sandbox.interface import Limits, Task
from logmedic.respond.fix.workspace import Author, Workspace

FILES, LINES, RUNS, TREES, STARTS = 5_000, 120, 5, 4, 8
GATE_LINES = 500  # changed lines of the diff that the gate is timed on
GIT = ("git", "-c", "user.name=Kim", "-c", "user.email=kim@example.com", "-c", "gc.auto=0")


def module(number: int, lines: int = LINES) -> str:
    return "".join(f"def step_{number}_{n}(order):\n    return order['total'] + {n}\n\n\n" for n in range(lines // 4))


def repository(folder: Path) -> str:
    for number in range(FILES):
        path = folder / f"shop/part_{number % 50}/module_{number}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(module(number), "utf-8")
    for argv in (
        ["init", "-q", "-b", "main"],
        ["add", "."],
        ["commit", "-q", "-m", "The shop"],
        ["repack", "-q", "-a", "-d"],
    ):  # as a clone has them
        subprocess.run([*GIT, *argv], cwd=folder, check=True)
    out = subprocess.run([*GIT, "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True).stdout
    return out.strip()


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    if shutil.which("bwrap") is None:
        print("skipped: no bubblewrap")
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        base = repository(folder / "repository")
        shell = SystemShell()
        workspace, sandbox = Workspace(folder / "fix", folder / "repository", shell), Bubblewrap(shell)
        workspace.prepare()
        author = Author(name="logmedic", email="logmedic@localhost")

        def tree(number: int) -> str:
            fix = ""
            with workspace.borrowed(base, "bench") as tree:
                for _ in range(STARTS // TREES):
                    sandbox.run(Task(argv=["true"], tree=tree.path, limits=Limits(seconds=60), frozen=(".git",)))
                if number == 0:
                    changed = tree.path / "shop/part_0/module_0.py"
                    changed.write_text(module(0).replace("'total'", "'sum'"), "utf-8")
                    fix = workspace.snapshot(tree, message="Fix", author=author, at=1_700_000_000)
            return fix

        def attempt() -> None:
            fix = tree(0)
            judge(between(workspace.run, base, fix), Policy())
            for number in range(1, TREES):
                tree(number)

        def peer() -> None:
            at = str(folder / "peer")
            subprocess.run([*GIT, "worktree", "add", "-q", "--detach", at, base], cwd=folder / "repository", check=True)
            subprocess.run([*GIT, "worktree", "remove", "--force", at], cwd=folder / "repository", check=True)

        attempt(), peer()  # warm
        pairs = [(seconds(attempt), seconds(peer)) for _ in range(RUNS)]
        with workspace.borrowed(base, "large") as large:
            (large.path / "shop/part_0/module_0.py").write_text(module(1, GATE_LINES * 2), "utf-8")
            fix = workspace.snapshot(large, message="Fix", author=author, at=1_700_000_000)
        change = between(workspace.run, base, fix)
        gate = statistics.median(seconds(lambda: judge(change, Policy())) for _ in range(20))
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    figures = {
        "files": FILES,
        "attempt_s": round(ours, 2),
        "git_worktree_s": round(theirs, 2),
        "ratio": round(statistics.median(a / b for a, b in pairs), 2),
        "gate_ms": round(gate * 1e3, 1),
        "gate_lines": sum(len(hunk.removed) + len(hunk.added) for file in change.files for hunk in file.hunks),
    }
    print(json.dumps(figures) if "--json" in sys.argv else "\n".join(f"{k:16} {v}" for k, v in figures.items()))


if __name__ == "__main__":
    main()
