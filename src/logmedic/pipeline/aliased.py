"""What a batch adds, summed up once more: by incident, where several fingerprints count as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from logmedic.model import Sample, Severity


class Addition(Protocol):
    """What a batch adds to one incident (``group.fold.Delta``, ``synthetic.Synthetic``, or :class:`Combined`)."""

    fingerprint: str
    title: str
    culprit: str
    service: str
    error_code: str | None
    count: int
    first: int
    last: int
    minutes: dict[int, int]
    rules: tuple[str, ...]
    severity: Severity
    releases: dict[str, int]  # release as logged ("": not named) → ns of its first occurrence

    @property
    def samples(self) -> tuple[Sample, ...]: ...


class Combined:
    """Additions to several fingerprints that count as the incident ``fingerprint``."""

    def __init__(self, fingerprint: str, of: Sequence[Addition]) -> None:
        head = next((a for a in of if a.fingerprint == fingerprint), of[0])
        self.fingerprint = fingerprint
        self.title, self.culprit = head.title, head.culprit
        self.service, self.error_code = head.service, head.error_code
        self.count = sum(a.count for a in of)
        self.first = min(a.first for a in of)
        self.last = max(a.last for a in of)
        self.minutes: dict[int, int] = {}
        self.releases: dict[str, int] = {}
        for addition in of:
            for minute, n in addition.minutes.items():
                self.minutes[minute] = self.minutes.get(minute, 0) + n
            for release, first in addition.releases.items():
                self.releases[release] = min(first, self.releases.get(release, first))
        self.rules = tuple(sorted({rule for a in of for rule in a.rules}))
        self.severity = Severity.highest(*(a.severity for a in of))
        self.samples = tuple(sorted((s for a in of for s in a.samples), key=lambda s: s.record.time))


def by_incident(additions: Sequence[Addition], survivors: Mapping[str, str]) -> Sequence[Addition]:
    """The additions, those combined that count as one incident. ``survivors``: alias → fingerprint of the incident."""
    if not survivors:
        return additions
    groups: dict[str, list[Addition]] = {}
    for addition in additions:
        groups.setdefault(survivors.get(addition.fingerprint, addition.fingerprint), []).append(addition)
    return [
        group[0] if len(group) == 1 and group[0].fingerprint == fingerprint else Combined(fingerprint, group)
        for fingerprint, group in groups.items()
    ]
