"""collect → detect → group, without I/O or a clock: blocks of log lines in, deltas per incident out.

Pure, so that worker processes can do it for byte ranges of a big backlog while this process merges their results in
order.
"""

from __future__ import annotations

import msgspec

from logmedic.collect.interface import Batch, Origin
from logmedic.detect.detector import Detector
from logmedic.detect.interface import Selected
from logmedic.group.fingerprint import Grouper
from logmedic.group.fold import Delta, Fold
from logmedic.model import NANOSECONDS, Finding, Grouping, Level, Reject

MINUTE = 60 * NANOSECONDS
FOLD_ENTRIES = 5_000  # distinct fingerprints held before they are written
REJECTS_HELD = 1_000
ERRORS_HELD = 200_000
LARGE_BYTES, LARGE_ENTRIES, LARGE_ERRORS = 4 << 20, 1_000, 20_000  # of samples, fingerprints, errors: a few MB each
MOST_AHEAD = 60 * NANOSECONDS  # by which the clock of a service may be ahead of ours


def _not_ahead(finding: Finding, received: int) -> Finding:
    """A record from the future is taken for one of now: else a single such line would make all that follow "late"."""
    if finding.record.time <= received + MOST_AHEAD:
        return finding
    record = msgspec.structs.replace(finding.record, time=received, flags=(*finding.record.flags, "time-ahead"))
    return msgspec.structs.replace(finding, record=record)


def _place(selected: Selected, origin: Origin) -> None:
    """Let the source say where its lines stand, and what it knows of them."""
    replace = msgspec.structs.replace
    selected.findings = [replace(found, record=origin.record(found.record)) for found in selected.findings]
    selected.errors = [origin.record(record) for record in selected.errors]
    selected.rejects = [replace(reject, ref=origin.place(reject.ref)) for reject in selected.rejects]


class Digest:
    """What came of some consecutive batches."""

    def __init__(self) -> None:
        self.lines = 0
        self.bytes = 0
        self.rejected = 0
        self.rejects: list[Reject] = []
        self.matches: dict[tuple[str, str, int], int] = {}  # (rule, service, minute) → records
        self.errors: list[tuple[str, int]] = []  # (service, time ns) of each record at ERROR or above, in order
        self.folds = [Fold(FOLD_ENTRIES)]

    @property
    def full(self) -> bool:
        """Time to write it out. More can be added, but memory grows."""
        return len(self.folds) > 1 or self.folds[0].full or len(self.errors) >= ERRORS_HELD

    @property
    def large(self) -> bool:
        """Worth handing over on the way between processes, before a copy of it takes much memory."""
        return (
            self.folds[-1].held >= LARGE_BYTES
            or len(self.folds[-1]) >= LARGE_ENTRIES
            or len(self.errors) >= LARGE_ERRORS
        )

    @property
    def found_something(self) -> bool:
        return any(self.folds)

    def absorb(self, later: Digest) -> None:
        """Take over what came of the batches that follow these."""
        self.lines += later.lines
        self.bytes += later.bytes
        self.rejected += later.rejected
        self.rejects.extend(later.rejects[: REJECTS_HELD - len(self.rejects)])
        self.errors.extend(later.errors)
        for key, count in later.matches.items():
            self.matches[key] = self.matches.get(key, 0) + count
        for fold in later.folds:
            self.folds[-1].absorb(fold.drain())

    def packed(self) -> bytes:
        """Emptied into bytes, for :meth:`unpacked` in another process: a sixth of what pickling it costs."""
        folds = [fold.drain() for fold in self.folds]
        for deltas in folds:
            for delta in deltas:
                delta.pack()
        return _ENCODER.encode(
            _Packed(self.lines, self.bytes, self.rejected, self.rejects, self.matches, self.errors, folds)
        )

    @classmethod
    def unpacked(cls, packed: bytes) -> Digest:
        p = _DECODER.decode(packed)
        digest = cls()
        digest.lines, digest.bytes, digest.rejected = p.lines, p.bytes, p.rejected
        digest.rejects, digest.matches, digest.errors = p.rejects, p.matches, p.errors
        for deltas in p.folds:
            digest.folds[-1].absorb(deltas)
        return digest

    def fold(self, finding: Finding, grouping: Grouping) -> None:
        if not self.folds[-1].add(finding, grouping):
            self.folds.append(Fold(FOLD_ENTRIES))
            self.folds[-1].add(finding, grouping)


class _Packed(msgspec.Struct, array_like=True):
    """A :class:`Digest` as it goes between processes."""

    lines: int
    bytes: int
    rejected: int
    rejects: list[Reject]
    matches: dict[tuple[str, str, int], int]
    errors: list[tuple[str, int]]
    folds: list[list[Delta]]


# Made here, before there are threads; see ``store.store``.
_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Packed)


class Digester:
    """Folds batches into a :class:`Digest`."""

    def __init__(self, detector: Detector, grouper: Grouper, *, since: int | None = None) -> None:
        """``since``: records older than this (ns) are read but not counted as findings."""
        self._detector = detector
        self._group = grouper
        self._clean = grouper.clean
        self._since = since

    def add(self, digest: Digest, batch: Batch, received: int) -> tuple[int, int]:
        """Fold one batch in. ``received``: ns, for lines that carry no time. Returns (lines, rejected lines)."""
        if not batch.data:
            return 0, 0  # only a position; after a restart not even the dialect is known then
        selected = self._detector.select(
            batch.data,
            source=batch.source,
            stream=batch.stream,
            start=batch.start,
            dialect=batch.dialect,
            service=batch.service,
            received=received,
            truncated=batch.truncated,
            joins=batch.joins,
        )
        if batch.origin is not None:
            _place(selected, batch.origin)
        digest.lines += selected.lines
        digest.bytes += selected.bytes
        digest.rejected += len(selected.rejects)
        digest.rejects.extend(
            msgspec.structs.replace(reject, sample=self._clean(reject.sample)) if reject.sample else reject
            for reject in selected.rejects[: REJECTS_HELD - len(digest.rejects)]
        )
        digest.errors.extend(
            (self._clean(record.service), min(record.time, received + MOST_AHEAD))
            for record in selected.errors
            if self._since is None or record.time >= self._since
        )
        for found in selected.findings:
            finding = self._cleaned(_not_ahead(found, received))
            if self._since is None or finding.record.time >= self._since:
                self.fold(digest, finding)
        return selected.lines, len(selected.rejects)

    def _cleaned(self, finding: Finding) -> Finding:
        """Service and error code go into counters, incidents and notices as they are, so they are redacted here."""
        record = finding.record
        service = self._clean(record.service)
        code = self._clean(record.error_code) if record.error_code else record.error_code
        if service == record.service and code == record.error_code:
            return finding
        return msgspec.structs.replace(
            finding, record=msgspec.structs.replace(record, service=service, error_code=code)
        )

    def fold(self, digest: Digest, finding: Finding) -> None:
        """Count one record that rules matched."""
        record = finding.record
        rules = tuple(match.rule for match in finding.matches)
        for rule in rules:
            key = (rule, record.service, record.time // MINUTE)
            digest.matches[key] = digest.matches.get(key, 0) + 1
        if record.level >= Level.ERROR:
            digest.errors.append((record.service, record.time))
        grouping = self._group(record, rules)
        digest.fold(finding, grouping)
