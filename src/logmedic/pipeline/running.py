"""The two ways to run: one pass (``scan``), or until told to stop (``serve``)."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from logmedic.collect.interface import Source
from logmedic.doors import Clock
from logmedic.engine import Engine
from logmedic.errors import LogmedicError, SourceError, StoreError, UsageError
from logmedic.investigate.changes.changelist import ChangeList
from logmedic.model import Diagnosis, Finding, Incident
from logmedic.pipeline.chores import Chores
from logmedic.pipeline.digest import Digest, Digester
from logmedic.pipeline.handling import Handling
from logmedic.pipeline.intake import Intake, Taken
from logmedic.pipeline.reading import Parallel, ProgressReport, Reader, Tally, no_progress
from logmedic.pipeline.roles import Role, unattended
from logmedic.pipeline.sharing import Sharing
from logmedic.pipeline.summary import Missed, Summary
from logmedic.store.store import Store

log = logging.getLogger("logmedic")

SUPERVISE_SECONDS = 1.0
RETRY_FAILED_SECONDS = 60.0  # between two looks for incidents whose workflow ended without an outcome
MISSING_SECONDS = 10.0  # until a process without company is worth a word, and between two looks for it
DRAIN_SECONDS = 60.0  # for people to be told, when there is nothing left to read
DRAIN_POLL_SECONDS = 0.05


def no_beat() -> None:
    """For runs that nobody supervises."""


class Runtime:
    """A built pipeline. Use it as a context manager: leaving it stops the engine and closes what is open."""

    def __init__(
        self,
        *,
        store: Store,
        engine: Engine,
        handling: Handling,
        chores: Chores,
        sources: Sequence[Source],
        digester: Callable[[], Digester],
        intake: Intake,
        clock: Clock,
        rules: Sequence[str],
        parallel: Parallel | None,
        sharing: Sharing | None = None,
        role: Role = Role.ALL,
    ) -> None:
        """``sharing``: where other processes work on the same state; ``role``: what of the work is left to them."""
        self.store = store
        self.clock = clock
        # A digester each: a detector serves one thread.
        self.readers = [
            Reader(source, digester(), store=store, intake=intake, clock=clock, sharing=sharing, parallel=parallel)
            for source in sources
        ]
        self._role = role
        self._engine = engine
        self._handling = handling
        self.chores = chores
        self._sharing = sharing
        self._digester = digester
        self._intake = intake
        self._rules = rules
        self._missing = ""  # what nobody does, as it was said last
        self._missed_at = clock.monotonic() + MISSING_SECONDS

    @property
    def sources(self) -> list[Source]:
        return [reader.source for reader in self.readers]

    def open(self) -> None:
        """Start the engine before anything is read, so that each commit's incidents are handled at once."""
        fixing = self.chores.fixing
        self._engine.open(
            self._handling.run,
            self._handling.deepen if self._handling.goes_deeper else None,
            None if fixing is None else fixing.run,
        )

    def join(self) -> None:
        """Take a place among the processes that share the state, if any do. Raises :class:`StoreError`."""
        if self._sharing is not None:
            self._sharing.open()

    def close(self, timeout: float = 30.0) -> None:
        """Stop the engine, let running steps end for at most ``timeout`` seconds, and close the sources."""
        for source in self.sources:
            source.close()
        if self.chores.fixing is not None:
            self.chores.fixing.stop()
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

    def drain(self, until: float) -> bool:
        """Wait until all that can be told now is told, or the monotonic clock shows ``until``. Whether it was."""
        while self._engine.busy(self.clock.now()):
            if self.clock.monotonic() >= until:
                return False
            self.clock.sleep(DRAIN_POLL_SECONDS)
        return True

    # -- one pass --------------------------------------------------------------------------------------------------

    def scan(self, *, deadline: float, progress: ProgressReport = no_progress) -> Summary:
        """Read what is new in every source, and wait up to ``deadline`` seconds until people have been told."""
        started = self.clock.monotonic()
        tally = Tally(self._rules)
        self.chores.look_at_trackers()  # first: what happens to an incident that people resolved is news again
        left = self.store.unhandled()
        for reader in self.readers:
            try:
                reader.once(tally, progress)
            except SourceError as error:
                tally.summary.problems.append((reader.source.name, str(error)))
        tally.summary.seconds = self.clock.monotonic() - started
        if left or tally.raised:
            # Only now: workflows that run while a backlog is read would take half of its cores.
            self.open()
            self.chores.try_again(left)
            in_time = self.drain(started + deadline)
            self._account(tally, {incident_id for incident_id, _, _ in left} | tally.raised, in_time)
        self.chores.keep()
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

    # -- always on -------------------------------------------------------------------------------------------------

    def serve(self, stop: threading.Event, beat: Callable[[], None] = no_beat) -> None:
        """Follow every source in a thread of its own until ``stop`` is set, or all of them have ended.

        ``beat`` is called about once a second while all threads live.

        Raises:
            LogmedicError: a source's thread ended through a fault of ours; better to be restarted than to look alive.
        """
        if self._role.works:
            self.open()
            self.chores.try_all_again(at_once=True)
        threads = {
            threading.Thread(target=reader.follow, args=(stop,), name=f"source-{reader.name}"): reader
            for reader in self.readers
        }
        beside = self.chores.threads(stop) if self._role.works else []
        for thread in (*threads, *beside):
            thread.start()
        try:
            self._supervise(threads, beside, stop, beat)
        finally:
            stop.set()
            for thread in (*threads, *beside):
                thread.join()
        if self._role.works and self._all_ended():
            self.chores.keep()  # of what came last

    def _supervise(
        self,
        threads: dict[threading.Thread, Reader],
        beside: Sequence[threading.Thread],
        stop: threading.Event,
        beat: Callable[[], None],
    ) -> None:
        """Until ``stop``: give failed incidents another try now and then, and do not outlive a thread that died."""
        looked = self.clock.monotonic()
        while not stop.wait(SUPERVISE_SECONDS):
            if self._sharing is not None and self._sharing.lost:
                raise LogmedicError("other processes took this one for dead and its work with it; start it again")
            dead = [thread.name for thread, reader in threads.items() if not thread.is_alive() and not reader.ended]
            dead += [thread.name for thread in beside if not thread.is_alive()]
            if self._all_ended():
                self.drain(self.clock.monotonic() + DRAIN_SECONDS)
                return
            if dead:
                raise LogmedicError(f"{dead[0]} stopped unexpectedly; what it had read is stored, start logmedic again")
            beat()
            self._look_for_others()
            if self._role.works and self.clock.monotonic() - looked >= RETRY_FAILED_SECONDS:
                looked = self.clock.monotonic()
                self.chores.try_all_again()

    def _look_for_others(self) -> None:
        """Say so, once, where a part of the work is left to others and there are none."""
        if self._sharing is None or self.clock.monotonic() < self._missed_at:
            return
        self._missed_at = self.clock.monotonic() + MISSING_SECONDS
        try:
            missing = unattended(self._sharing.duties())
        except StoreError:
            return  # whoever renews the leases says so
        if missing != self._missing:
            self._missing = missing
            log.warning("%s", missing or "every part of the work has a process now")

    def _all_ended(self) -> bool:
        """Whether there were sources, and none has more to come."""
        return bool(self.readers) and all(reader.ended for reader in self.readers)
