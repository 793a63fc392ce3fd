"""Which changes may become a pull request. Pure, fail-closed, and explained; START HERE with :func:`judge`.

``paths`` what no fix may touch · ``shape`` how large, and what kinds of files · ``content`` what added lines do ·
``validation`` checks that are gone · ``limits`` numbers that grew · ``special`` answers made for the test ·
``architecture`` modules, signatures, imports · ``testing`` what becomes of tests · ``secrets``. Each yields findings;
one is enough. What cannot be looked at is a finding as well. None of this proves that a change is right: the tests
and a person do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from logmedic.respond.fix.change import Change
from logmedic.respond.fix.gate import (
    architecture,
    content,
    limits,
    paths,
    secrets,
    shape,
    special,
    testing,
    validation,
)
from logmedic.respond.fix.gate.policy import Policy
from logmedic.respond.fix.report import Finding

Rule = Callable[[Change, Policy], Iterator[Finding]]
RULES: tuple[Rule, ...] = (
    paths.check,
    shape.check,
    architecture.check,
    testing.check,
    content.check,
    special.check,
    validation.check,
    limits.check,
    secrets.check,
)
MOST_FINDINGS = 50

__all__ = ["RULES", "Policy", "judge"]


def judge(change: Change, policy: Policy) -> tuple[Finding, ...]:
    """Everything that is wrong with a change, at most 50 findings, each once. Empty: it may be tried."""
    found: dict[tuple[str, str, int], Finding] = {}
    for rule in RULES:
        for finding in rule(change, policy):
            shown = msgspec.structs.replace(finding, path=_shown(finding.path))
            found.setdefault((shown.rule, shown.path, shown.line), shown)
            if len(found) >= MOST_FINDINGS:
                return tuple(found.values())
    return tuple(found.values())


def _shown(path: str) -> str:
    return path.encode("utf-8", "backslashreplace").decode()
