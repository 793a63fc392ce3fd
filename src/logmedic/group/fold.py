"""Sums up a batch by fingerprint, in bounded memory, before anything is written."""

from __future__ import annotations

from collections import deque
from typing import Any

from logmedic.bounds import LONGEST_NAME, clip
from logmedic.model import NANOSECONDS, Finding, Grouping, Sample, Severity

MINUTE = 60 * NANOSECONDS
FIRST_SAMPLES = 2
LAST_SAMPLES = 3
MOST_MINUTES = 1_500  # bars of one fingerprint in one batch: 25 hours, what the store keeps
MOST_RELEASES = 8  # of one fingerprint in one batch; what comes beyond counts as of an unknown release
BAR_BYTES = 160  # of one entry of a dict of integers: 113 measured, more while it grows
VALUE_BYTES = 64  # of a value and its place in a list: 32 for a number, 72 for an empty list
ENTRY_BYTES = 100  # of a key and its entry in a dict
RECORD_BYTES = 2_048  # of a record's objects beside its bytes; a round upper figure from sys.getsizeof


class Delta:
    """What one batch adds to one fingerprint. ``samples`` are not redacted."""

    __slots__ = (
        "_early",
        "_late",
        "count",
        "culprit",
        "error_code",
        "fingerprint",
        "first",
        "last",
        "minutes",
        "releases",
        "rules",
        "service",
        "severity",
        "title",
    )  # fmt: skip

    def __init__(self, grouping: Grouping, finding: Finding) -> None:
        record = finding.record
        self.fingerprint = grouping.fingerprint
        self.title = grouping.title
        self.culprit = grouping.culprit
        self.service = record.service
        self.error_code = record.error_code
        self.count = 0
        self.first = record.time
        self.last = record.time
        self.minutes: dict[int, int] = {}  # minute since the epoch → occurrences
        self.releases: dict[str, int] = {}  # release as logged ("": not named) → ns of its first occurrence here
        self.rules: tuple[str, ...] = ()  # names, sorted
        self.severity = Severity.INFO  # the highest floor of the rules that matched
        self._early: list[Sample] = []
        self._late: deque[Sample] = deque(maxlen=LAST_SAMPLES)

    @property
    def samples(self) -> tuple[Sample, ...]:
        """The first two and the last three occurrences, in order of arrival."""
        return (*self._early, *self._late)

    def add(self, grouping: Grouping, finding: Finding) -> int:
        """Count one occurrence. Returns by how many bytes, about, the delta grew."""
        time = finding.record.time
        self.count += 1
        self.first = min(self.first, time)
        self.last = max(self.last, time)
        bars = len(self.minutes)
        self._bar(time // MINUTE)
        release = finding.record.release or ""
        if release not in self.releases:
            self._release(release, time)
        grown = (len(self.minutes) - bars) * BAR_BYTES
        for match in finding.matches:
            if match.rule not in self.rules:
                self.rules = tuple(sorted((*self.rules, match.rule)))
            if match.severity is not self.severity:
                self.severity = Severity.highest(self.severity, match.severity)
        sample = Sample(finding.record, grouping, finding.matches)
        if len(self._early) < FIRST_SAMPLES:
            self._early.append(sample)
            return grown + weight(sample)
        dropped = weight(self._late[0]) if len(self._late) == LAST_SAMPLES else 0
        self._late.append(sample)
        return grown + weight(sample) - dropped

    def absorb(self, later: Delta) -> None:
        """Take over what another delta of the same fingerprint counted after this one."""
        self.count += later.count
        self.first = min(self.first, later.first)
        self.last = max(self.last, later.last)
        for minute, n in later.minutes.items():
            self._bar(minute, n)
        for release, first in later.releases.items():
            self._release(release, first)
        self.rules = tuple(sorted({*self.rules, *later.rules}))
        self.severity = Severity.highest(self.severity, later.severity)
        for sample in later.samples:
            if len(self._early) < FIRST_SAMPLES:
                self._early.append(sample)
            else:
                self._late.append(sample)

    def _release(self, release: str, first: int) -> None:
        release = clip(release, LONGEST_NAME)
        if release not in self.releases and len(self.releases) >= MOST_RELEASES:
            release = ""
        self.releases[release] = min(first, self.releases.get(release, first))

    def _bar(self, minute: int, n: int = 1) -> None:
        """Beyond the limit the earliest bar takes what is earlier still, so the sum stays right."""
        if minute not in self.minutes and len(self.minutes) >= MOST_MINUTES:
            earliest = min(self.minutes)
            if minute < earliest:
                minute = earliest
            else:
                moved = self.minutes.pop(earliest)
                following = min((*self.minutes, minute))
                self.minutes[following] = self.minutes.get(following, 0) + moved
        self.minutes[minute] = self.minutes.get(minute, 0) + n


class Fold:
    """Deltas by fingerprint. When :attr:`full`, write them out with :meth:`drain` before adding more.

    With the defaults it holds at most about 32 MB: ``max_entries`` fingerprints and ``max_bytes`` of samples and bars.
    """

    def __init__(self, max_entries: int = 5_000, max_bytes: int = 16 << 20) -> None:
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._deltas: dict[str, Delta] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._deltas)

    @property
    def full(self) -> bool:
        return len(self._deltas) >= self._max_entries or self._bytes >= self._max_bytes

    def add(self, finding: Finding, grouping: Grouping) -> bool:
        """Count an occurrence. ``False``: not taken, because it is a new fingerprint and the fold is full."""
        delta = self._deltas.get(grouping.fingerprint)
        if delta is None:
            if self.full:
                return False
            delta = self._deltas[grouping.fingerprint] = Delta(grouping, finding)
        self._bytes += delta.add(grouping, finding)
        return True

    def absorb(self, later: Fold) -> None:
        """Take over a fold of records that came after these, however full this one gets."""
        for delta in later.drain():
            known = self._deltas.setdefault(delta.fingerprint, delta)
            if known is not delta:
                self._bytes -= sum(map(weight, known.samples))
                known.absorb(delta)
            self._bytes += sum(map(weight, known.samples))

    def drain(self) -> list[Delta]:
        """Everything so far, sorted by fingerprint so that concurrent writers lock rows in one order; then empty."""
        deltas = [self._deltas[fingerprint] for fingerprint in sorted(self._deltas)]
        self._deltas = {}
        self._bytes = 0
        return deltas


def weight(sample: Sample) -> int:
    """About how many bytes of memory a sample holds."""
    record = sample.record
    known = RECORD_BYTES + 3 * len(record.raw) + len(record.message) + len(record.stack_text or "")
    return known + _fields_weight(record.fields) if record.fields else known


def _fields_weight(fields: dict[str, Any]) -> int:
    """Bytes of a JSON object in memory, about: a short list of numbers in a line is a long one here."""
    total = 0
    todo: list[Any] = [fields]
    while todo:
        value = todo.pop()
        total += VALUE_BYTES
        if type(value) is str:
            total += len(value)
        elif type(value) is dict:
            total += ENTRY_BYTES * len(value)
            todo.extend(value.values())
        elif type(value) is list:
            todo.extend(value)
    return total
