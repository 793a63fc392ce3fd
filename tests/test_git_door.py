"""Git answers whatever the repository's own configuration says."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from logmedic.doors import Git, SystemShell


def test_an_order_file_that_is_not_there_does_not_stop_a_diff(tmp_path: Path) -> None:
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}

    def git(*argv: str) -> None:
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *argv], cwd=tmp_path, env=env, check=True)

    git("init", "-q")
    (tmp_path / "a.txt").write_text("one\n")
    git("add", "a.txt")
    git("commit", "-q", "-m", "one")
    git("config", "diff.orderFile", "/nonexistent/order")

    assert b"+one" in Git(tmp_path, SystemShell()).run("show", "HEAD")
