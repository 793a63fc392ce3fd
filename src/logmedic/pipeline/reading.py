"""One source, read under its lease: what comes of its lines and how far it has come go into one commit."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Generator, Sequence

from logmedic.collect.interface import Position, Source
from logmedic.doors import Clock
from logmedic.errors import SourceError, StalePositionError, StoreError
from logmedic.pipeline.digest import Digest, Digester
from logmedic.pipeline.intake import Intake, Moved, Taken
from logmedic.pipeline.sharing import Sharing
from logmedic.pipeline.summary import Summary
from logmedic.store.leases import Fence
from logmedic.store.store import Store

log = logging.getLogger("logmedic")

COMMIT_BYTES = 256 << 20  # of log, at most, between two commits of a long pass
RECONCILE_SECONDS = 1.0  # a poll behind the events of the file system
TAKE_OVER_SECONDS = 1.0  # between two looks whether a source that another process reads is free
RETRY_SECONDS = 5.0  # after a source or the database failed
SETTLES = 3  # times that one pass waits for an event at the end of a file; what still grows is left to the next pass

ProgressReport = Callable[[int, int], None]
"""Told (bytes done, bytes in all)."""


def no_progress(done: int, total: int) -> None:
    """For runs that nobody watches."""


Parallel = Callable[[Source], Generator[tuple[Digest, Position], None, None]]
"""Digests byte ranges of a big backlog in worker processes, in order; yields nothing when that does not pay."""


class Tally:
    """Adds up what the commits of a run did."""

    def __init__(self, rules: Sequence[str]) -> None:
        self.summary = Summary(matches=dict.fromkeys(rules, 0))
        self.touched: set[int] = set()
        self.raised: set[int] = set()

    def add(self, digest: Digest, taken: Taken) -> None:
        s = self.summary
        s.lines += digest.lines
        s.bytes += digest.bytes
        s.rejects += digest.rejected
        for (rule, _service, _minute), count in digest.matches.items():
            s.matches[rule] = s.matches.get(rule, 0) + count
        self.touched.update(taken.touched)
        self.raised.update(taken.raised)


class Pending:
    """A digest that is not committed yet, and how far each stream has been read for it."""

    def __init__(self) -> None:
        self.digest = Digest()
        self.reach: dict[tuple[str, str], tuple[Position, int, int]] = {}

    def reached(self, position: Position, lines: int, rejects: int) -> None:
        stream = (position.source, position.stream)
        _, before, rejected = self.reach.get(stream, (position, 0, 0))
        self.reach[stream] = (position, before + lines, rejected + rejects)

    @property
    def due(self) -> bool:
        return self.digest.bytes >= COMMIT_BYTES or self.digest.full


class Reader:
    """Belongs to one thread, as its source and its digester do."""

    def __init__(
        self,
        source: Source,
        digester: Digester,
        *,
        store: Store,
        intake: Intake,
        clock: Clock,
        sharing: Sharing | None,
        parallel: Parallel | None,
    ) -> None:
        """``sharing``: where other processes may read this source."""
        self.source = source
        self.digester = digester
        self.ended = False  # nothing will ever come again
        self._store = store
        self._intake = intake
        self._clock = clock
        self._sharing = sharing
        self._parallel = parallel
        self._fence: Fence | None = None
        self._expected: dict[tuple[str, str], int] = {}  # (source, stream) → offset as it stands in the store

    def mine(self) -> bool:
        """Whether this process is to read it. Raises :class:`StoreError`."""
        if self._sharing is None or self.source.part is None:
            return True
        self._fence = self._sharing.source(self.name)
        return self._fence is not None

    @property
    def name(self) -> str:
        """Of the source, or of the part of it that is read here: ``app@2/4``."""
        return self.source.name + (self.source.part or "")

    def once(self, tally: Tally, progress: ProgressReport) -> None:
        """One pass, with what still settles at the end of a file. Raises :class:`SourceError`, :class:`StoreError`."""
        if not self.mine():
            raise SourceError(f"source {self.name}: another process reads it")
        self.resume()
        self.take_in(tally, progress)
        for _ in range(SETTLES):
            if (seconds := self.source.settles_in()) <= 0:
                break
            self._clock.sleep(seconds)
            self.take_in(tally, progress)

    def follow(self, stop: threading.Event) -> None:
        """Until ``stop``, or until the source has come to its end."""
        resumed = False
        if self._sharing is not None and self.source.part is not None:
            self._sharing.follows(self.name)
        while not stop.is_set():
            try:
                if not self.mine():
                    resumed = False
                    stop.wait(TAKE_OVER_SECONDS)
                    continue
                if not resumed:
                    self.resume()
                    resumed = True
                self.take_in(Tally([]))  # of one look: nobody asks what all of them did
            except StalePositionError as error:
                log.warning("%s", error)
                resumed = False
            except (SourceError, StoreError) as error:
                # Nothing is lost: positions stand where the last commit left them.
                log.error("%s; trying again in %g s", error, RETRY_SECONDS)  # noqa: TRY400  one line, no traceback
                resumed = False
                stop.wait(RETRY_SECONDS)
            else:
                if self.source.ended:
                    self.ended = True
                    return
                self.source.wait(RECONCILE_SECONDS)

    def resume(self) -> None:
        """Go on where the store says."""
        stored = self._store.positions(self.source.name)
        self._expected = {(p.source, p.stream): p.offset for p in stored}
        self.source.resume([Position(p.source, p.stream, p.offset, p.token, p.done) for p in stored])

    def take_in(self, tally: Tally, progress: ProgressReport = no_progress) -> None:
        """Read what is there now, committing every ``COMMIT_BYTES``, and at the end; or until another process asks."""
        if self._parallel is None or self._take_in_ranges(self._parallel, tally, progress):
            self._take_in_batches(tally, progress)

    def _take_in_ranges(self, parallel: Parallel, tally: Tally, progress: ProgressReport) -> bool:
        """Whether nobody asks for the rest."""
        pending = Pending()
        with contextlib.closing(parallel(self.source)) as digests:
            for digest, position in digests:
                pending.reached(position, digest.lines, digest.rejected)
                pending.digest.absorb(digest)
                if pending.due:
                    self._commit(pending, tally)
                    pending = Pending()
                    progress(tally.summary.bytes, 0)
                    if self._wanted():
                        return False
            self._commit(pending, tally)
        return True

    def _take_in_batches(self, tally: Tally, progress: ProgressReport) -> None:
        pending = Pending()
        try:
            for batch in self.source.read():
                lines, rejects = self.digester.add(pending.digest, batch, self._clock.now())
                pending.reached(batch.position, lines, rejects)
                if batch.also is not None:
                    pending.reached(batch.also, 0, 0)
                if pending.due:
                    self._commit(pending, tally)
                    pending = Pending()
                    progress(tally.summary.bytes, 0)
                    if self._wanted():
                        return
        except SourceError:
            # What came before is good; a store that fails now and then would never be caught up with otherwise.
            self._commit(pending, tally)
            raise
        self._commit(pending, tally)

    def _wanted(self) -> bool:
        return self._sharing is not None and self._sharing.wanted(self.name)

    def _commit(self, pending: Pending, tally: Tally) -> None:
        if not pending.reach:
            return
        moved = [
            Moved(position, self._expected.get(stream), lines, rejects)
            for stream, (position, lines, rejects) in pending.reach.items()
        ]
        taken = self._intake.commit(pending.digest, moved, self._fence)
        for move in moved:
            stream = move.position.source, move.position.stream
            if move.position.forgotten:
                self._expected.pop(stream, None)
            else:
                self._expected[stream] = move.position.offset
        tally.add(pending.digest, taken)
