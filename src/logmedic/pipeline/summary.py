"""What one pass over the logs did. Apart, because an idle scan prints it without loading the rest."""

from __future__ import annotations

import msgspec


class Summary(msgspec.Struct, kw_only=True):
    """What one scan did."""

    lines: int = 0
    bytes: int = 0
    rejects: int = 0
    seconds: float = 0.0
    matches: dict[str, int] = {}
    touched: list[int] = []  # ids of the incidents that it changed
    raised: list[int] = []  # ids of those that people were told of, or should have been
    problems: list[tuple[str, str]] = []  # (source or channel, why it could not be read, or told)
    put_off: list[str] = []  # what people are to hear of later, and when: a line each
