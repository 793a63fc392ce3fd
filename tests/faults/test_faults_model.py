"""The model of ``tests/collect`` with what else happens to log files: inodes given again, and losses that are told."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from collect.test_file_model import ModelFile, Rotations
from effort import examples


class Faults(Rotations):
    @precondition(lambda self: self.settled and "app.log" in self.files and not self.files["app.log"].partial)
    @rule(count=st.integers(1, 20))
    def another_file_with_the_same_inode(self, count: int) -> None:
        """While nobody has the old one open, as after a stop: the file system is free to give its inode again."""
        self.tail.source.close()
        self.log.unlink()
        self.files.pop("app.log")
        self.write(count)
        self.tail.restart()

    @precondition(lambda self: self.settled and "app.log" in self.files and self.files["app.log"].partial)
    @rule()
    def cut_off_half_a_line_that_was_seen(self) -> None:
        cut = self.files["app.log"].partial
        os.truncate(self.log, 0)
        self.gone(self.files["app.log"])
        self.files["app.log"] = ModelFile()
        before = self.tail.source.status().bytes_unread_lost
        self.read()
        self.tail.clock.advance(self.tail.config.rotate_wait + 1)
        self.read()
        assert self.tail.source.status().bytes_unread_lost >= before + len(cut), "a loss was not told"


TestFaults = Faults.TestCase
TestFaults.settings = settings(
    max_examples=examples(40),
    stateful_step_count=40,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    report_multiple_bugs=False,
)
