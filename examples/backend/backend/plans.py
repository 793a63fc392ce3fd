"""What each plan allows."""

from __future__ import annotations

from typing import Any

MONTHLY_SUMMARIES = {
    "free": 20,
    "business": 2000,
}


def monthly_limit(customer: dict[str, Any]) -> int:
    return _limit_of(customer["plan"])


def _limit_of(plan: str) -> int:
    return MONTHLY_SUMMARIES[plan]
