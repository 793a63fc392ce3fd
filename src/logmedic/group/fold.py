"""Sums up a batch by fingerprint, in bounded memory, before anything is written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from logmedic.bounds import LONGEST_NAME, clip
from logmedic.model import NANOSECONDS, Finding, Grouping, LogRecord, Sample, Severity

MINUTE = 60 * NANOSECONDS
FIRST_SAMPLES = 2
LAST_SAMPLES = 3
MOST_MINUTES = 1_500  # bars of one fingerprint in one batch: 25 hours, what the store keeps
MOST_RELEASES = 8  # of one fingerprint in one batch; what comes beyond counts as of an unknown release
BAR_BYTES = 160  # of one entry of a dict of integers: 113 measured, more while it grows
VALUE_BYTES = 64  # of a value and its place in a list: 32 for a number, 72 for an empty list
ENTRY_BYTES = 100  # of a key and its entry in a dict
PACKED_BYTES = 64  # of a bytes object and its place in a list
RECORD_BYTES = 2_048  # of a record's objects beside its bytes; a round upper figure from sys.getsizeof


# Made here, before there are threads; see ``store.store``.
_JSON = msgspec.json.Encoder()
_SAMPLE = msgspec.json.Decoder(Sample)


class Delta(msgspec.Struct):
    """What one batch adds to one fingerprint. Samples are not redacted. MessagePack takes it once it is packed."""

    fingerprint: str
    title: str
    culprit: str
    service: str
    error_code: str | None
    first: int
    last: int
    count: int = 0
    minutes: dict[int, int] = {}  # minute since the epoch → occurrences
    rules: tuple[str, ...] = ()  # names, sorted
    severity: Severity = Severity.INFO  # the highest floor of the rules that matched
    releases: dict[str, int] = {}  # release as logged ("": not named) → ns of its first occurrence here
    kept: list[Sample | bytes] = []  # the first two and the last three occurrences; as JSON when they were packed
    weights: list[int] = []  # of each of them, in bytes: to weigh one costs more than to count it

    @classmethod
    def of(cls, grouping: Grouping, record: LogRecord) -> Delta:
        """Nothing yet, for the fingerprint of this record."""
        return cls(
            grouping.fingerprint, grouping.title, grouping.culprit, record.service, record.error_code,
            first=record.time, last=record.time,
        )  # fmt: skip

    @property
    def samples(self) -> tuple[Sample, ...]:
        """The first two and the last three occurrences, in order of arrival."""
        return tuple(_SAMPLE.decode(sample) if isinstance(sample, bytes) else sample for sample in self.kept)

    def pack(self) -> None:
        """Turn the samples into bytes: of most of those that come from another process nobody wants to see anything.

        JSON, because it has room for the large integers that a log may hold.
        """
        packed = [sample if isinstance(sample, bytes) else _JSON.encode(sample) for sample in self.kept]
        self.kept = [*packed]
        self.weights = [PACKED_BYTES + len(sample) for sample in packed]

    @property
    def held(self) -> int:
        """About how many bytes of memory its samples and bars hold."""
        return sum(self.weights) + len(self.minutes) * BAR_BYTES

    def add(self, grouping: Grouping, finding: Finding) -> int:
        """Count one occurrence. Returns by how many bytes, about, the delta grew."""
        time = finding.record.time
        self.count += 1
        if time < self.first:
            self.first = time
        elif time > self.last:
            self.last = time
        bars = len(self.minutes)
        self._bar(time // MINUTE)
        release = finding.record.release or ""
        if release not in self.releases:
            self._release(release, time)
        for match in finding.matches:
            if match.rule not in self.rules:
                self.rules = tuple(sorted((*self.rules, match.rule)))
            if match.severity is not self.severity:
                self.severity = Severity.highest(self.severity, match.severity)
        sample = Sample(finding.record, grouping, finding.matches)
        return (len(self.minutes) - bars) * BAR_BYTES + self._keep(sample, weight(sample))

    def absorb(self, later: Delta) -> int:
        """Take over what another delta of the same fingerprint counted after this one. Returns as :meth:`add` does."""
        self.count += later.count
        self.first = min(self.first, later.first)
        self.last = max(self.last, later.last)
        bars = len(self.minutes)
        for minute, n in later.minutes.items():
            self._bar(minute, n)
        for release, first in later.releases.items():
            self._release(release, first)
        if later.rules != self.rules:
            self.rules = tuple(sorted({*self.rules, *later.rules}))
        self.severity = Severity.highest(self.severity, later.severity)
        grown = (len(self.minutes) - bars) * BAR_BYTES
        for sample, heavy in zip(later.kept, later.weights, strict=True):
            grown += self._keep(sample, heavy)
        return grown

    def _keep(self, sample: Sample | bytes, heavy: int) -> int:
        dropped = 0
        if len(self.kept) == FIRST_SAMPLES + LAST_SAMPLES:
            del self.kept[FIRST_SAMPLES]
            dropped = self.weights.pop(FIRST_SAMPLES)
        self.kept.append(sample)
        self.weights.append(heavy)
        return heavy - dropped

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
    def held(self) -> int:
        """About how many bytes of memory the samples and bars of its deltas hold."""
        return self._bytes

    @property
    def full(self) -> bool:
        return len(self._deltas) >= self._max_entries or self._bytes >= self._max_bytes

    def add(self, finding: Finding, grouping: Grouping) -> bool:
        """Count an occurrence. ``False``: not taken, because it is a new fingerprint and the fold is full."""
        delta = self._deltas.get(grouping.fingerprint)
        if delta is None:
            if self.full:
                return False
            delta = self._deltas[grouping.fingerprint] = Delta.of(grouping, finding.record)
        self._bytes += delta.add(grouping, finding)
        return True

    def absorb(self, later: Iterable[Delta]) -> None:
        """Take over what was drained from a fold of records that came after these, however full this one gets."""
        for delta in later:
            known = self._deltas.get(delta.fingerprint)
            if known is None:
                self._deltas[delta.fingerprint] = delta
                self._bytes += delta.held
            else:
                self._bytes += known.absorb(delta)

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
