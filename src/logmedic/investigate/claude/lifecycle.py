"""Which of Anthropic's models have gone or are about to, and what takes their place.

Source: https://platform.claude.com/docs/en/about-claude/model-deprecations, as of November 2026, and the table that the
anthropic SDK ships (a test compares the two). Dates are those of Anthropic's own platform; Bedrock and Google Cloud
keep theirs. An id that is not listed is taken for active: new models come without notice.
"""

from __future__ import annotations

import datetime
import enum
from collections.abc import Mapping

import msgspec

SOON_DAYS = 60  # Anthropic's notice before a retirement; within it we say so at every start
_SONNET, _HAIKU, _OPUS = "claude-sonnet-5-5", "claude-haiku-5-5", "claude-opus-5-5"


class Phase(enum.StrEnum):
    ACTIVE = "active"
    RETIRING = "retiring"
    RETIRED = "retired"
    NEVER = "never existed"
    ELSEWHERE = "not tracked"  # another provider's


class Row(msgspec.Struct, frozen=True):
    retires: str  # date in UTC, YYYY-MM-DD; "" for an id that never existed
    replacement: str


class Lifecycle(msgspec.Struct, frozen=True):
    phase: Phase
    retires: str = ""
    replacement: str = ""

    def warning(self, model: str) -> str | None:
        """One line for people, ``None`` when all is well."""
        if self.phase is Phase.RETIRED:
            return f"model {model} was retired on {self.retires}: requests to it fail; use {self.replacement}"
        if self.phase is Phase.RETIRING:
            return f"model {model} will be retired on {self.retires}; change to {self.replacement} before"
        if self.phase is Phase.NEVER:
            return f"model {model} never existed under this id; use {self.replacement}"
        return None


TABLE: Mapping[str, Row] = {
    "claude-1.3": Row("2024-11-06", _HAIKU),
    "claude-1.3-100k": Row("2024-11-06", _HAIKU),
    "claude-instant-1.1": Row("2024-11-06", _HAIKU),
    "claude-instant-1.1-100k": Row("2024-11-06", _HAIKU),
    "claude-instant-1.2": Row("2024-11-06", _HAIKU),
    "claude-2.0": Row("2025-07-21", _SONNET),
    "claude-2.1": Row("2025-07-21", _SONNET),
    "claude-3-sonnet-20240229": Row("2025-07-21", _SONNET),
    "claude-3-5-sonnet-20240620": Row("2025-10-28", _SONNET),
    "claude-3-5-sonnet-20241022": Row("2025-10-28", _SONNET),
    "claude-3-opus-20240229": Row("2026-01-05", _OPUS),
    "claude-3-7-sonnet-latest": Row("2026-02-19", _SONNET),
    "claude-3-7-sonnet-20250219": Row("2026-02-19", _SONNET),
    "claude-3-5-haiku-latest": Row("2026-02-19", _HAIKU),
    "claude-3-5-haiku-20241022": Row("2026-02-19", _HAIKU),
    "claude-haiku-3-5-20241022": Row("", _HAIKU),  # named in documents; the real one was claude-3-5-haiku-20241022
    "claude-sonnet-4-0": Row("2026-06-15", _SONNET),
    "claude-sonnet-4-20250514": Row("2026-06-15", _SONNET),
    "claude-opus-4-0": Row("2026-06-15", _OPUS),
    "claude-opus-4-20250514": Row("2026-06-15", _OPUS),
    "claude-mythos-preview": Row("2026-06-30", _OPUS),
    "claude-sonnet-4-5": Row("2026-11-30", _SONNET),
    "claude-sonnet-4-5-20250929": Row("2026-11-30", _SONNET),
}


def lifecycle(provider: str, name: str, now: int) -> Lifecycle:
    """Where a model stands. ``now``: ns since the epoch."""
    if provider != "anthropic":
        return Lifecycle(Phase.ELSEWHERE)
    row = TABLE.get(name)
    if row is None:
        return Lifecycle(Phase.ACTIVE)
    if not row.retires:
        return Lifecycle(Phase.NEVER, "", row.replacement)
    today = datetime.datetime.fromtimestamp(now // 1_000_000_000, datetime.UTC).date()
    gone = datetime.date.fromisoformat(row.retires)
    return Lifecycle(Phase.RETIRED if today >= gone else Phase.RETIRING, row.retires, row.replacement)
