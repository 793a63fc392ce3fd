"""The two ways to run: one pass (``scan``), or until told to stop (``serve``)."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Generator, Sequence
from typing import Protocol

from logmedic.collect.interface import Position, Source
from logmedic.doors import Clock
from logmedic.engine import FIXES, GIVE_UP_SECONDS, Engine, Step
from logmedic.errors import LogmedicError, SourceError, StalePositionError, StoreError, UsageError
from logmedic.investigate.changelist import ChangeList
from logmedic.model import Diagnosis, Finding, Incident, Reason
from logmedic.pipeline.digest import Digest, Digester
from logmedic.pipeline.handling import Handling
from logmedic.pipeline.intake import Intake, Moved, Taken
from logmedic.pipeline.keeping import Keeper
from logmedic.pipeline.sharing import KEEPER, Sharing
from logmedic.pipeline.summary import Missed, Summary
from logmedic.pipeline.tracker import Followers
from logmedic.reasons import render
from logmedic.store.deliveries import Deliveries
from logmedic.store.leases import Fence
from logmedic.store.store import Store

log = logging.getLogger("logmedic")

COMMIT_BYTES = 256 << 20  # of log, at most, between two commits of a long pass
RECONCILE_SECONDS = 1.0  # a poll behind the events of the file system
SUPERVISE_SECONDS = 1.0
KEEP_SECONDS = 1.0  # between two looks for digests, reminders and the like
RETRY_FAILED_SECONDS = 60.0  # between two looks for incidents whose workflow ended without an outcome
SETTLES = 3  # times that one pass waits for an event at the end of a file; what still grows is left to the next pass
TAKE_OVER_SECONDS = 1.0  # between two looks whether a source that another process reads is free
RETRY_SECONDS = 5.0  # after a source or the database failed
DRAIN_SECONDS = 60.0  # for people to be told, when there is nothing left to read
DRAIN_POLL_SECONDS = 0.05
GIVEN_UP = Reason("given-up", {"hours": round(GIVE_UP_SECONDS / 3600)})

ProgressReport = Callable[[int, int], None]
"""Told (bytes done, bytes in all)."""


def no_progress(done: int, total: int) -> None:
    """For runs that nobody watches."""


def no_beat() -> None:
    """For runs that nobody supervises."""


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


class Fixing(Protocol):
    """Who tries fixes once people have been told, and looks what became of them."""

    def run(self, incident_id: int, generation: int, step: Step) -> float | None:
        """The engine's handler. Returns in how many seconds to come back, ``None`` when all is done."""
        ...

    def follow(self, stop: threading.Event) -> None: ...

    def left(self) -> Sequence[tuple[int, str, int]]:
        """(incident id, fingerprint, generation) of those that are begun and not ended."""
        ...

    def give_up(self, incident_id: int, reason: Reason) -> None: ...

    def stop(self) -> None:
        """End what runs; it is gone on with by the next process."""
        ...


class Runtime:
    """A built pipeline. Use it as a context manager: leaving it stops the engine and closes what is open."""

    def __init__(
        self,
        *,
        store: Store,
        engine: Engine,
        handling: Handling,
        keeper: Keeper | None = None,
        followers: Followers | None = None,
        sources: Sequence[Source],
        digester: Callable[[], Digester],
        intake: Intake,
        clock: Clock,
        rules: Sequence[str],
        parallel: Parallel | None,
        fixing: Fixing | None = None,
        sharing: Sharing | None = None,
    ) -> None:
        """``sharing``: where other processes work on the same state."""
        self.store = store
        self._engine = engine
        self._handling = handling
        self._keeper = keeper
        self._followers = followers
        self._fixing = fixing
        self._sharing = sharing
        self.sources = sources
        # one a source: a detector serves one thread
        self._digester = digester
        self._digesters = {source.name: digester() for source in sources}
        self._intake = intake
        self.clock = clock
        self._rules = rules
        self._parallel = parallel
        self._ended: set[str] = set()  # names of threads whose source has come to its end
        self._expected: dict[tuple[str, str], int] = {}
        self._fences: dict[str, Fence] = {}  # by source, where it is shared

    def open(self) -> None:
        """Start the engine before anything is read, so that each commit's incidents are handled at once."""
        self._engine.open(
            self._handling.run,
            self._handling.deepen if self._handling.goes_deeper else None,
            None if self._fixing is None else self._fixing.run,
        )

    def join(self) -> None:
        """Take a place among the processes that share the state, if any do. Raises :class:`StoreError`."""
        if self._sharing is not None:
            self._sharing.open()

    def close(self, timeout: float = 30.0) -> None:
        """Stop the engine, let running steps end for at most ``timeout`` seconds, and close the sources."""
        for source in self.sources:
            source.close()
        if self._fixing is not None:
            self._fixing.stop()
        self._engine.close(timeout)
        if self._sharing is not None:
            self._sharing.close()

    def take_finding(self, finding: Finding) -> Taken:
        """Take in one record that was not read from a source."""
        digest = Digest()
        self._digester().fold(digest, finding)
        return self._intake.commit(digest, [])

    def diagnose(
        self, incident: Incident, *, changes: ChangeList | None = None, follow: bool = False
    ) -> tuple[Incident, Diagnosis]:
        """A fresh diagnosis of a stored incident; nothing is stored or sent. See :meth:`Handling.diagnose`."""
        return self._handling.diagnose(incident, changes=changes, follow=follow)

    def diagnose_again(self, incident_id: int, actor: str) -> None:
        """Store a fresh diagnosis, by rules alone. Nobody is told. Raises :class:`LogmedicError`."""
        incident = self.store.incident(incident_id)
        if incident is None or incident.merged_into is not None:
            raise UsageError(f"incident {incident_id} is not there, or merged into another one")
        _, diagnosis = self._handling.diagnose(incident)
        self.store.save_diagnosis(incident_id, diagnosis, self.clock.now(), actor)

    # -- one pass --------------------------------------------------------------------------------------------------

    def scan(self, *, deadline: float, progress: ProgressReport = no_progress) -> Summary:
        """Read what is new in every source, and wait up to ``deadline`` seconds until people have been told."""
        started = self.clock.monotonic()
        tally = Tally(self._rules)
        if self._followers is not None:
            self._followers.tick()  # first: what happens to an incident that people resolved is news again
        left = self.store.unhandled()
        for source in self.sources:
            try:
                self._claim(source)
                self.resume(source)
                self.take_in(source, tally, progress)
                for _ in range(SETTLES):
                    if (seconds := source.settles_in()) <= 0:
                        break
                    self.clock.sleep(seconds)
                    self.take_in(source, tally, progress)
            except SourceError as error:
                tally.summary.problems.append((source.name, str(error)))
        tally.summary.seconds = self.clock.monotonic() - started
        if left or tally.raised:
            # Only now: workflows that run while a backlog is read would take half of its cores.
            self.open()
            self._try_again(left)
            in_time = self.drain(started + deadline)
            self._account(tally, {incident_id for incident_id, _, _ in left} | tally.raised, in_time)
        self._keep()
        tally.summary.touched = sorted(tally.touched)
        tally.summary.raised = sorted(tally.raised)
        return tally.summary

    def _account(self, tally: Tally, told: set[int], in_time: bool) -> None:
        """Note what people have not been told, by channel and reason."""
        counts: dict[tuple[str, str, bool], tuple[int, int]] = {}
        for alert in self.store.undelivered(sorted(told)):
            if alert.held:
                continue
            key = (alert.channel, alert.reason, alert.final)
            count, first = counts.get(key, (0, alert.asked))
            counts[key] = (count + 1, min(first, alert.asked))
        tally.summary.missed = [
            Missed(channel=channel, reason=reason, count=count, again=None if final else first)
            for (channel, reason, final), (count, first) in counts.items()
        ]
        tally.summary.unfinished = not in_time

    def _try_again(self, left: Sequence[tuple[int, str, int]], *, at_once: bool = False) -> None:
        """Take up what an earlier run, or an earlier try, left untold."""
        fingerprints = {(incident_id, generation): fingerprint for incident_id, fingerprint, generation in left}
        for incident_id, generation in self._engine.retry_failed(left, self.clock.now(), at_once=at_once):
            fingerprint = fingerprints[incident_id, generation]
            Deliveries(self.store.database).give_up(incident_id, fingerprint, generation, GIVEN_UP, self.clock.now())
            log.error("incident %d: %s", incident_id, render(GIVEN_UP).en)

    def _go_on_fixing(self, *, at_once: bool = False) -> None:
        if self._fixing is None:
            return
        left, now = self._fixing.left(), self.clock.now()
        for incident_id, _ in self._engine.retry_failed(left, now, at_once=at_once, lane=FIXES):
            self._fixing.give_up(incident_id, GIVEN_UP)

    def drain(self, until: float) -> bool:
        """Wait until all that can be told now is told, or the monotonic clock shows ``until``. Whether it was."""
        while self._engine.busy(self.clock.now()):
            if self.clock.monotonic() >= until:
                return False
            self.clock.sleep(DRAIN_POLL_SECONDS)
        return True

    # -- always on -------------------------------------------------------------------------------------------------

    def serve(self, stop: threading.Event, beat: Callable[[], None] = no_beat) -> None:
        """Follow every source in a thread of its own until ``stop`` is set, or all of them have ended.

        ``beat`` is called about once a second while all threads live.

        Raises:
            LogmedicError: a source's thread ended through a fault of ours; better to be restarted than to look alive.
        """
        self.open()
        self._try_again(self.store.unhandled(), at_once=True)
        self._go_on_fixing(at_once=True)
        threads = [
            threading.Thread(target=self._follow, args=(source, stop), name=f"source-{source.name}")
            for source in self.sources
        ]
        if self._keeper is not None:
            self._keeper.following()
        keeper = threading.Thread(target=self._keep_on, args=(stop,), name="keeper")
        beside = [keeper]
        if self._followers is not None:
            beside.append(threading.Thread(target=self._followers.follow, args=(stop,), name="followers"))
        if self._fixing is not None:
            beside.append(threading.Thread(target=self._fixing.follow, args=(stop,), name="fixes"))
        for thread in (*threads, *beside):
            thread.start()
        try:
            self._supervise(threads, beside, stop, beat)
        finally:
            stop.set()
            for thread in (*threads, *beside):
                thread.join()
        if len(self._ended) == len(threads):
            self._keep()  # of what came last

    def _keep_on(self, stop: threading.Event) -> None:
        while not stop.wait(KEEP_SECONDS):
            self._keep()

    def _keep(self) -> None:
        """What is due beside single incidents. Alerts go on when this cannot."""
        if self._keeper is None:
            return
        try:
            if self._sharing is None or self._sharing.hold(KEEPER) is not None:
                self._keeper.tick()
        except StoreError as error:
            log.error("%s; trying again later", error)  # noqa: TRY400  one line, no traceback

    def _supervise(
        self,
        threads: Sequence[threading.Thread],
        beside: Sequence[threading.Thread],
        stop: threading.Event,
        beat: Callable[[], None],
    ) -> None:
        """Until ``stop``: give failed incidents another try now and then, and do not outlive a thread that died."""
        looked = self.clock.monotonic()
        while not stop.wait(SUPERVISE_SECONDS):
            if self._sharing is not None and self._sharing.lost:
                raise LogmedicError("other processes took this one for dead and its work with it; start it again")
            dead = [t.name for t in (*threads, *beside) if not t.is_alive() and t.name not in self._ended]
            if len(self._ended) == len(threads):
                self.drain(self.clock.monotonic() + DRAIN_SECONDS)
                return
            if dead:
                raise LogmedicError(f"{dead[0]} stopped unexpectedly; what it had read is stored, start logmedic again")
            beat()
            if self.clock.monotonic() - looked >= RETRY_FAILED_SECONDS:
                looked = self.clock.monotonic()
                self._try_again(self.store.unhandled())
                self._go_on_fixing()

    def _follow(self, source: Source, stop: threading.Event) -> None:
        tally = Tally(self._rules)
        resumed = False
        while not stop.is_set():
            try:
                if not self._mine(source):
                    resumed = False
                    stop.wait(TAKE_OVER_SECONDS)
                    continue
                if not resumed:
                    self.resume(source)
                    resumed = True
                self.take_in(source, tally)
            except StalePositionError as error:
                log.warning("%s", error)
                resumed = False
            except (SourceError, StoreError) as error:
                # Nothing is lost: positions stand where the last commit left them.
                log.error("%s; trying again in %g s", error, RETRY_SECONDS)  # noqa: TRY400  one line, no traceback
                resumed = False
                stop.wait(RETRY_SECONDS)
            else:
                if source.ended:
                    self._ended.add(threading.current_thread().name)
                    return
                source.wait(RECONCILE_SECONDS)

    # -- both ------------------------------------------------------------------------------------------------------

    def _claim(self, source: Source) -> None:
        if not self._mine(source):
            raise SourceError(f"source {source.name}: another process reads it")

    def _mine(self, source: Source) -> bool:
        """Whether this process is to read a source."""
        if self._sharing is None:
            return True
        fence = self._sharing.source(source.name)
        if fence is None:
            self._fences.pop(source.name, None)
            return False
        self._fences[source.name] = fence
        return True

    def resume(self, source: Source) -> None:
        stored = self.store.positions(source.name)
        self._expected = {key: at for key, at in self._expected.items() if key[0] != source.name}
        self._expected.update({(p.source, p.stream): p.offset for p in stored})
        source.resume([Position(p.source, p.stream, p.offset, p.token, p.done) for p in stored])

    def take_in(self, source: Source, tally: Tally, progress: ProgressReport = no_progress) -> None:
        """Read what is there now, committing every ``COMMIT_BYTES``, and at the end."""
        if self._parallel is not None:
            with contextlib.closing(self._parallel(source)) as digests:
                pending = Pending()
                for digest, position in digests:
                    pending.reached(position, digest.lines, digest.rejected)
                    pending.digest.absorb(digest)
                    if pending.digest.bytes >= COMMIT_BYTES or pending.digest.full:
                        self._commit(pending, tally)
                        pending = Pending()
                        progress(tally.summary.bytes, 0)
                if pending.reach:
                    self._commit(pending, tally)
        digester = self._digesters[source.name]
        pending = Pending()
        try:
            for batch in source.read():
                lines, rejects = digester.add(pending.digest, batch, self.clock.now())
                pending.reached(batch.position, lines, rejects)
                if batch.also is not None:
                    pending.reached(batch.also, 0, 0)
                if pending.digest.bytes >= COMMIT_BYTES or pending.digest.full:
                    self._commit(pending, tally)
                    pending = Pending()
                    progress(tally.summary.bytes, 0)
        except SourceError:
            # What came before is good; a store that fails now and then would never be caught up with otherwise.
            if pending.reach:
                self._commit(pending, tally)
            raise
        if pending.reach:
            self._commit(pending, tally)

    def _commit(self, pending: Pending, tally: Tally) -> None:
        moved = [
            Moved(position, self._expected.get(stream), lines, rejects)
            for stream, (position, lines, rejects) in pending.reach.items()
        ]
        sources = {source for source, _ in pending.reach}
        fence = next((self._fences[name] for name in sources if name in self._fences), None)
        taken = self._intake.commit(pending.digest, moved, fence)
        for move in moved:
            self._expected[move.position.source, move.position.stream] = move.position.offset
        tally.add(pending.digest, taken)


class Pending:
    """A digest that is not committed yet, and how far each stream has been read for it."""

    def __init__(self) -> None:
        self.digest = Digest()
        self.reach: dict[tuple[str, str], tuple[Position, int, int]] = {}

    def reached(self, position: Position, lines: int, rejects: int) -> None:
        stream = (position.source, position.stream)
        _, before, rejected = self.reach.get(stream, (position, 0, 0))
        self.reach[stream] = (position, before + lines, rejected + rejects)
