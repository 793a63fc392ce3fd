"""What a runner of tests is."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec

from logmedic.respond.fix.sandbox.interface import Finished

_STYLE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")  # colours, which some runners use on a pipe too


class Outcome(enum.Enum):
    GREEN = "green"  # tests ran, and none failed
    RED = "red"  # tests ran, and some failed
    BROKEN = "broken"  # they could not be run: an import, a compiler's error, none found
    CUT = "cut"  # killed at a limit


class Verdict(msgspec.Struct, frozen=True):
    outcome: Outcome
    output: str


Tests = Mapping[str, str]
"""Path → text of test files."""


class Suite(msgspec.Struct, frozen=True, kw_only=True):
    """``green``, ``red`` and ``broken`` are looked for in the output: an exit code alone may mean anything.

    ``belongs`` is asked with (names at the top, all paths, the text of package.json). ``only``: what is appended to, or
    takes the place of, ``whole`` to run these tests alone.
    """

    name: str
    programs: frozenset[str]  # by which a configured command is recognised
    whole: tuple[str, ...]
    belongs: Callable[[Collection[str], Collection[str], str], bool]
    only: Callable[[Sequence[str], Tests], list[str]]
    green: re.Pattern[str]
    red: re.Pattern[str]
    broken: re.Pattern[str]

    def verdict(self, done: Finished) -> Verdict:
        output = _STYLE.sub("", (done.out + b"\n" + done.err).decode("utf-8", "replace"))
        if done.code is None:
            return Verdict(Outcome.CUT, output)
        if self.broken.search(output):
            return Verdict(Outcome.BROKEN, output)
        if done.code == 0:
            return Verdict(Outcome.GREEN if self.green.search(output) else Outcome.BROKEN, output)
        return Verdict(Outcome.RED if self.red.search(output) else Outcome.BROKEN, output)
