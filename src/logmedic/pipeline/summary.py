"""What one pass over the logs did. Apart, because an idle scan prints it without loading the rest."""

from __future__ import annotations

import msgspec


class Missed(msgspec.Struct, frozen=True, kw_only=True):
    """Alerts that a channel did not take, all for one reason: a storm must not become a storm of lines."""

    channel: str
    reason: str
    count: int
    again: int | None = None  # ns: when they are tried again; None: never, by themselves


class Summary(msgspec.Struct, kw_only=True):
    """What one scan did."""

    lines: int = 0
    bytes: int = 0
    rejects: int = 0
    seconds: float = 0.0
    matches: dict[str, int] = {}
    touched: list[int] = []  # ids of the incidents that it changed
    raised: list[int] = []  # ids of those that people were told of, or should have been
    problems: list[tuple[str, str]] = []  # (source, why it could not be read)
    missed: list[Missed] = []
    unfinished: bool = False  # not everything was told before the deadline

    @property
    def failed(self) -> bool:
        """Whether something could not be read, or will not be told."""
        return bool(self.problems) or any(missed.again is None for missed in self.missed)
