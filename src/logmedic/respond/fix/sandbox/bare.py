"""No confinement: only limits, and an environment without ours. For those who have asked for it in words."""

from __future__ import annotations

import tempfile
from pathlib import Path

from logmedic.doors import Shell
from logmedic.respond.fix.sandbox.bubblewrap import timed
from logmedic.respond.fix.sandbox.interface import Finished, Task
from logmedic.respond.fix.sandbox.landlock import environment


class Bare:
    name = "none"
    forwards = False

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    def where(self, path: Path, inside: Path) -> Path:
        return path

    def run(self, task: Task) -> Finished:
        with tempfile.TemporaryDirectory(prefix="lm-run-", ignore_cleanup_errors=True) as scratch:
            return timed(self._shell, task.argv, task, env=environment(task, scratch), cwd=task.tree)
