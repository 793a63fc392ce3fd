"""A soak of kills: 1,000 lines for each, a rotation every 3,000; ``make soak KILLS=1000`` is a million lines."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from test_kill import Plan, check

KILLS = int(os.environ.get("LOGMEDIC_KILLS", "60"))


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600)
@pytest.mark.parametrize("copytruncate", [False, True], ids=["rename", "copytruncate"])
def test_after_each_of_many_kills_every_line_is_counted_once(tmp_path: Path, copytruncate: bool) -> None:
    """Half of the kills with each way of rotating."""
    kills = max(1, KILLS // 2)
    plan = Plan(
        "scan", copytruncate=copytruncate, kills=kills, lines=1_000 * kills, rate=1_500, rotate_every=3_000,
        longest=1.2, seed=9,
    )  # fmt: skip
    check(plan, tmp_path)
