"""Additions that no single record stands for: surges, and storms of new kinds of errors."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from logmedic.detect.surge import OVERFLOW
from logmedic.group.fingerprint import surge_grouping
from logmedic.model import Grouping, Match, Sample

SYNTHETIC_SAMPLES = 5


class Synthetic:
    """What a batch adds to an incident that no single record stands for: a surge, a storm."""

    def __init__(self, grouping: Grouping, service: str, match: Match, first: int) -> None:
        self.fingerprint = grouping.fingerprint
        self.title = grouping.title
        self.culprit = grouping.culprit
        self.service = service
        self.error_code: str | None = None
        self.count = 0
        self.first = first
        self.last = first
        self.minutes: dict[int, int] = {}
        self.rules: tuple[str, ...] = (match.rule,)
        self.severity = match.severity
        self.releases: dict[str, int] = {}
        self._grouping = grouping
        self._match = match
        self.samples: tuple[Sample, ...] = ()

    def add(self, count: int, first: int, last: int, minutes: dict[int, int]) -> None:
        self.count += count
        self.first = min(self.first, first)
        self.last = max(self.last, last)
        for minute, n in minutes.items():
            self.minutes[minute] = self.minutes.get(minute, 0) + n

    def illustrate(self, samples: Iterable[Sample]) -> None:
        """Show records of other incidents as samples of this one."""
        room = SYNTHETIC_SAMPLES - len(self.samples)
        borrowed = [
            Sample(s.record, self._grouping, (self._match,)) for _, s in zip(range(room), samples, strict=False)
        ]
        self.samples = (*self.samples, *borrowed)


def overflow_grouping() -> Grouping:
    """The surge of all services together that are too many for windows of their own."""
    return msgspec.structs.replace(
        surge_grouping(OVERFLOW), title="Error-rate surge in services beyond the limit", culprit=""
    )
