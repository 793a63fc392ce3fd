"""From digests to the store: what is new, what is a repeat, and all of it in one transaction with the positions."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import msgspec

from logmedic.bounds import bounded_sample
from logmedic.collect.interface import Position
from logmedic.detect.surge import OVERFLOW, SurgeWindows
from logmedic.doors import Clock
from logmedic.engine import Engine
from logmedic.errors import StoreError
from logmedic.group.fingerprint import storm_grouping, surge_grouping
from logmedic.group.release import Order, order_of, unknown
from logmedic.group.window import CapState, NewIncidentCap, WindowConfig
from logmedic.model import Grouping, LogRecord, Match, Sample, Severity
from logmedic.pipeline.aliased import Addition, by_incident
from logmedic.pipeline.changing import change_of, resolved_in_a_release
from logmedic.pipeline.digest import MINUTE, Digest
from logmedic.pipeline.synthetic import Synthetic, overflow_grouping
from logmedic.redact import Redactor
from logmedic.store.incident_rows import IncidentChange, KnownIncident
from logmedic.store.ingest import Ingest
from logmedic.store.leases import Fence
from logmedic.store.positions import StoredPosition
from logmedic.store.store import Store

SURGES = "surge-windows:"  # and the rule's name
CAP = "new-incident-cap"
CRITICAL_CAP = "new-critical-cap"  # of its own, so that a storm of lesser errors cannot hide what is critical …
SURGE_CAP = "new-surge-cap"  # … nor that there is a surge
CAPS = (CAP, CRITICAL_CAP, SURGE_CAP)

Identify = Callable[[LogRecord, tuple[str, ...]], Grouping]
"""The grouping of a record that matched these rules."""


class Moved(msgspec.Struct, frozen=True):
    """A stream read on, from ``expected`` bytes (``None``: never stored) to ``position``, with what was read."""

    position: Position
    expected: int | None
    lines: int
    rejects: int


class Taken(msgspec.Struct, frozen=True):
    """Ids of the incidents that a commit changed, and of those that people are to hear of now."""

    touched: frozenset[int]
    raised: frozenset[int]


class Intake:
    """Commits digests. Safe to call from several source threads; commits happen one at a time."""

    def __init__(
        self,
        *,
        store: Store,
        engine: Engine,
        surges: Sequence[SurgeWindows],
        window: WindowConfig,
        redactor: Redactor,
        clock: Clock,
        identify: Identify,
        ancestry: Order = unknown,
    ) -> None:
        self._store = store
        self._engine = engine
        self._surges = surges
        self._window = window
        self._cap = NewIncidentCap(window)
        self._opened: dict[str, CapState] = {}
        self._redactor = redactor
        self._clean = lru_cache(maxsize=1_024)(redactor.text)  # releases come again and again
        self._identify = identify
        self._ancestry = ancestry
        self._clock = clock
        self._lock = threading.Lock()
        self._restore()

    def commit(self, digest: Digest, moved: Sequence[Moved], fence: Fence | None = None) -> Taken:
        """Write everything or nothing. ``fence``: the lease under which it was read, where processes share sources.

        Raises:
            StalePositionError: another process has read on or taken over; start again from the stored positions.
            StoreError: the database refused; the batch will be read again.
        """
        with self._lock:
            if digest.found_something:
                # It migrates the engine's tables, so it cannot happen inside our transaction.
                self._engine.prepare()
            committed = False
            try:
                with self._store.ingest() as ingest:
                    if fence is not None:
                        ingest.fence(fence)
                    taken = self._write(ingest, digest, moved)
                committed = True
            finally:
                if not committed:
                    self._restore()
            if taken.raised:
                self._engine.committed()
        return taken

    def _restore(self) -> None:
        """Take the carried state from the store: at the start, and after a transaction that came to nothing."""
        for name in CAPS:
            cap = self._store.carried(name)
            try:
                self._opened[name] = CapState() if cap is None else msgspec.json.decode(cap, type=CapState)
            except msgspec.DecodeError as error:
                raise StoreError(f"the stored {name} cannot be read: {error}; move the state away") from None
        for windows in self._surges:
            windows.restore(self._store.carried(SURGES + windows.rule.name) or b"")

    def _write(self, ingest: Ingest, digest: Digest, moved: Sequence[Moved]) -> Taken:
        now = self._clock.now()
        for move in moved:
            p = move.position
            stored = StoredPosition(p.source, p.stream, p.offset, p.token, p.done, p.forgotten)
            ingest.advance(stored, move.expected, move.lines, move.rejects, now)
        ingest.keep_rejects(digest.rejects, now)
        if digest.found_something and ingest.alone():
            self._restore()  # other processes have counted since
        touched: set[int] = set()
        raised: set[int] = set()
        latest: dict[str, Addition] = {}
        for fold in digest.folds:
            deltas = fold.drain()
            latest.update((delta.service, delta) for delta in deltas)
            self._add(ingest, deltas, now, touched, raised)
        surges = self._surges_in(digest)
        for surge in surges:
            if surge.service in latest:
                surge.illustrate(latest[surge.service].samples)
        self._add(ingest, surges, now, touched, raised)
        ingest.settle(now)
        ingest.count_rules(digest.matches)
        if digest.errors:
            for windows in self._surges:
                ingest.carry(SURGES + windows.rule.name, windows.state())
        return Taken(frozenset(touched), frozenset(raised))

    def _surges_in(self, digest: Digest) -> list[Synthetic]:
        """Run the errors through the surge windows, and count those that stand in a surge."""
        found: dict[str, Synthetic] = {}
        for windows in self._surges:
            for service, time in digest.errors:
                if not windows.rule.serves(service) or not windows.add(service, time):
                    continue
                minute = time // MINUTE
                key = (windows.rule.name, service, minute)
                digest.matches[key] = digest.matches.get(key, 0) + 1
                whose = windows.key(service)
                surge = found.get(whose)
                if surge is None:
                    beyond = whose == OVERFLOW
                    grouping = overflow_grouping() if beyond else surge_grouping(service)
                    match = windows.match(service, time)
                    surge = found[whose] = Synthetic(grouping, "" if beyond else service, match, time)
                surge.add(1, time, time, {minute: 1})
        return list(found.values())

    def _add(
        self, ingest: Ingest, additions: Sequence[Addition], now: int, touched: set[int], raised: set[int]
    ) -> None:
        if not additions:
            return
        additions = by_incident(additions, ingest.survivors([a.fingerprint for a in additions]))
        known = ingest.known([a.fingerprint for a in additions])
        before = dict(self._opened)
        admitted, storm = self._admit(additions, known, now)
        for name, opened in self._opened.items():
            if opened != before[name]:
                ingest.carry(name, msgspec.json.encode(opened))
        if storm is not None:
            known.update(ingest.known([storm.fingerprint]))
            admitted = [*admitted, storm]
        releases = {a.fingerprint: self._releases(a) for a in admitted}
        ingest.see_releases([(a.service, releases[a.fingerprint]) for a in admitted])
        changes = [self._change(a, known.get(a.fingerprint), now, releases[a.fingerprint], ingest) for a in admitted]
        ids = ingest.write(changes, now)
        for change in changes:
            incident_id = ids[change.fingerprint]
            touched.add(incident_id)
            if change.event is not None:
                raised.add(incident_id)
                urgent = change.severity is Severity.CRITICAL
                self._engine.enqueue(
                    ingest.connection, incident_id, change.fingerprint, change.generation, urgent=urgent
                )

    def _admit(
        self, additions: Sequence[Addition], known: dict[str, KnownIncident], now: int
    ) -> tuple[list[Addition], Synthetic | None]:
        """New fingerprints beyond their cap do not open incidents of their own: the storm's counts them.

        Not so surges: their errors are counted where they belong already.
        """
        admitted: list[Addition] = []
        storm: Synthetic | None = None
        for addition in additions:
            if addition.fingerprint not in known:
                cap = _cap_of(addition)
                self._opened[cap], welcome = self._cap.admit(self._opened[cap], now)
                if not welcome and cap == SURGE_CAP:
                    continue
                if not welcome:
                    if storm is None:
                        reason = f"more than {self._window.new_incidents} new kinds of errors in one window"
                        match = Match("storm", reason, Severity.CRITICAL)
                        storm = Synthetic(storm_grouping(), "", match, addition.first)
                    storm.add(addition.count, addition.first, addition.last, addition.minutes)
                    storm.illustrate(addition.samples[:1])
                    continue
            admitted.append(addition)
        return admitted, storm

    def _change(
        self, addition: Addition, known: KnownIncident | None, now: int, releases: Mapping[str, int], ingest: Ingest
    ) -> IncidentChange:
        matters = resolved_in_a_release(known)
        order = order_of(ingest.releases(addition.service), self._ancestry) if matters else unknown
        change = change_of(addition, known, now, window=self._window, releases=releases, order=order)
        return msgspec.structs.replace(change, samples=[self._kept(sample) for sample in change.samples])

    def _releases(self, addition: Addition) -> dict[str, int]:
        """Its releases as they are stored: redacted."""
        return {self._clean(release) if release else "": first for release, first in addition.releases.items()}

    def _kept(self, sample: Sample) -> Sample:
        """A sample as it is stored: bounded and redacted, with what grouping makes of it in that form."""
        kept = self._redactor.sample(bounded_sample(sample))
        if any(component.name == "synthetic" for component in kept.grouping.components):
            return kept
        grouping = self._identify(kept.record, tuple(match.rule for match in kept.matches))
        return msgspec.structs.replace(kept, stored_fingerprint=grouping.fingerprint)


def _cap_of(addition: Addition) -> str:
    if isinstance(addition, Synthetic):
        return SURGE_CAP
    return CRITICAL_CAP if addition.severity is Severity.CRITICAL else CAP
