"""The work of several processes on one PostgreSQL: each source is read by one of them, and none by a dead one."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence

from logmedic.doors import Clock, ending
from logmedic.errors import StoreError
from logmedic.pipeline.balance import otherwise_parted, to_ask_for
from logmedic.store.leases import Fence, Holding, Leases

log = logging.getLogger("logmedic")

BEATS_IN_TTL = 4  # so that a slow answer or two cost no lease
HUNG_SECONDS = 60.0  # without an answer, longer than anybody waits for a lock: nothing of this process goes on any more
LOOK_SECONDS = 0.5  # that a look at everybody's leases is good for, when something is wanted
WORKER = "worker:"  # and the executor's id: the lease that says that a process lives
SOURCE = "source:"
WANTED = "wanted:"  # and a source: held by a process that asks the source's reader to hand it over
DUTY = "duty:"  # and what is done, and by whom: ``duty:collector:<executor>``
KEEPER = "keeper"  # digests, reminders, our own alerts


class Sharing:
    """This process's leases, kept by a thread of its own. Thread-safe.

    What has run out is taken over only after a full life of a lease without a failed beat of ours: after an outage of
    the database all leases have run out, and nobody is dead.
    """

    def __init__(
        self,
        leases: Leases,
        clock: Clock,
        *,
        recover: Callable[[str], None],
        duties: Sequence[str] = (),
        end: Callable[[str], object] = ending.at_once,
        hung: float = HUNG_SECONDS,
    ) -> None:
        """``recover`` takes up the work of a dead executor. ``duties``: what this process does, for others to know.
        ``end`` is called with the reason when the database has answered nothing for ``hung`` seconds."""
        self._leases = leases
        self._clock = clock
        self._recover = recover
        self._duties = duties
        self._end = end
        self._hung = hung
        self._asking = 0  # odd while the database is asked, another number each time
        self._done = threading.Event()
        self._held: dict[str, Fence] = {}
        self._known: set[str] = set()  # sources that this process follows, or waits for
        self._everybody: Mapping[str, Holding] = {}  # as of the last look
        self._looked = float("-inf")
        self._asked: str | None = None  # a source
        self._refused: set[str] = set()  # sources of which it was said that others read them otherwise
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._well_since: float | None = None  # monotonic; None: the last beat failed
        self.lost = False  # others took this process for dead, and its work with it

    def open(self) -> None:
        """Begin to say that this process lives. Raises :class:`StoreError`."""
        self._well_since = self._clock.monotonic()
        fence = self._leases.take(WORKER + self._leases.holder, over=False)
        assert fence is not None, "the ids of executors are unique"
        self._held[fence.name] = fence
        for duty in self._duties:
            self.hold(f"{DUTY}{duty}:{self._leases.holder}")
        self._thread = threading.Thread(target=self._run, name="leases", daemon=True)
        self._thread.start()
        threading.Thread(target=self._watch, name="leases-watch", daemon=True).start()

    def follows(self, source: str) -> None:
        """This process goes on reading the source as long as it lives, and may ask for it."""
        with self._lock:
            self._known.add(source)

    def source(self, source: str) -> Fence | None:
        """The lease to read this source, or this part of one, under; ``None`` while others read it, or are to.

        Raises:
            StoreError: the database refused.
        """
        if self.wanted(source):
            self._give_back(SOURCE + source)
            return None
        with self._lock:
            held = self._held.get(SOURCE + source)
        if held is not None or self.lost:
            return held
        if not self._within_reach(source):
            return None
        fence = self.hold(SOURCE + source)
        if fence is not None and self._asked == source:
            self._ask(None)
        return fence

    def wanted(self, source: str) -> bool:
        """Whether a process that reads less asks for it, as of the last beat."""
        wish = self._everybody.get(WANTED + source)
        return wish is not None and wish.live and wish.holder != self._leases.holder

    def duties(self) -> set[str]:
        """What living processes do, this one among them. Raises :class:`StoreError`."""
        return {name.split(":")[1] for name, lease in self._leases.all(DUTY).items() if lease.live}

    def hold(self, name: str) -> Fence | None:
        """A lease of that name, ``None``: another process has it. Raises :class:`StoreError`."""
        with self._lock:
            held = self._held.get(name)
        if held is not None:
            return held
        if self.lost:
            return None
        fence = self._leases.take(name, over=self._patient())
        if fence is not None:
            with self._lock:
                self._held[name] = fence
        return fence

    def close(self) -> None:
        """Let the others have everything at once. After the engine has ended: they take up what it left."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        with self._lock:
            held, self._held = list(self._held.values()), {}
        self._asking += 1
        try:
            self._leases.give_back(held)
            self._forget_duties(self._leases.holder)
        except StoreError as error:
            log.warning("%s; the others go on when the leases of this process have run out", error)
        finally:
            self._asking += 1
            self._done.set()

    def beat(self) -> None:
        """Renew what is held, and take up what dead processes left. Once a quarter of the life of a lease."""
        with self._lock:
            held = list(self._held.values())
        self._asking += 1
        try:
            kept = {fence.name for fence in self._leases.renew(held)}
            with self._lock:
                for fence in held:
                    if fence.name not in kept and self._held.get(fence.name) == fence:
                        del self._held[fence.name]
            if WORKER + self._leases.holder not in kept:
                self.lost = True
                return
            if self._well_since is None:
                self._well_since = self._clock.monotonic()
            self._bury()
            self._share()
        except StoreError as error:
            self._well_since = None
            log.warning("%s; work of this process may go to others", error)
        finally:
            self._asking += 1

    # -- who reads what --------------------------------------------------------------------------------------------

    def _share(self) -> None:
        """Ask for a source when others read more. Raises :class:`StoreError`."""
        with self._lock:
            known = set(self._known)
        if known:
            self._look()
            self._ask(to_ask_for(self._leases.holder, known, self._readers(), self._asked))

    def _ask(self, source: str | None) -> None:
        """For this one, and no other any more."""
        before, self._asked = self._asked, source
        if before is not None and before != source:
            self._give_back(WANTED + before)
            self._leases.forget(WANTED + before)
        if source is not None and self.hold(WANTED + source) is None:
            self._asked = None  # somebody else asks for it

    def _give_back(self, name: str) -> None:
        with self._lock:
            fence = self._held.pop(name, None)
        if fence is not None:
            self._leases.give_back([fence])

    def _within_reach(self, source: str) -> bool:
        """Whether it is worth reaching for: looks are cheap, and a lease that is reached for is locked."""
        if self._clock.monotonic() - self._looked >= LOOK_SECONDS:
            self._look()
        readers = self._readers()
        if (other := otherwise_parted(source, readers)) is not None:
            if source not in self._refused:
                self._refused.add(source)
                log.warning("source %s waits: another process reads %s; give all the same `shards`", source, other)
            return False
        holding = self._everybody.get(SOURCE + source)
        return holding is None or holding.free or not holding.live or holding.holder == self._leases.holder

    def _look(self) -> None:
        self._everybody = self._leases.all(SOURCE, WANTED)
        self._looked = self._clock.monotonic()

    def _readers(self) -> dict[str, str]:
        found = {name: each.holder for name, each in self._everybody.items() if each.live and name.startswith(SOURCE)}
        return {name.removeprefix(SOURCE): holder for name, holder in found.items()}

    # -- who is dead -----------------------------------------------------------------------------------------------

    def _bury(self) -> None:
        for name in self._leases.ended(WORKER, over=self._patient()):
            if (taken := self._leases.take(name, over=self._patient())) is None:
                continue  # it has come back, or another process does what follows
            # From now on it learns at its next beat that it is dead. Should we die in between, somebody else does all
            # of this again, which changes nothing.
            executor = name.removeprefix(WORKER)
            try:
                self._recover(executor)
                self._forget_duties(executor)
            finally:
                self._leases.give_back([taken])
            self._leases.forget(name)

    def _forget_duties(self, executor: str) -> None:
        for name in self._leases.all(DUTY):
            if name.endswith(f":{executor}"):
                self._leases.forget(name)

    def _patient(self) -> bool:
        well = self._well_since
        return well is not None and self._clock.monotonic() - well >= self._leases.ttl

    def _run(self) -> None:
        while not self._stop.wait(self._leases.ttl / BEATS_IN_TTL):
            self.beat()
            if self.lost:
                return

    def _watch(self) -> None:
        """A question that is never answered (a proxy that hangs, say) would keep every thread here for ever.

        Counted in rounds, not by the clock: a machine that slept is no database that hangs.
        """
        waiting, rounds = 0, 0
        while not self._done.wait(self._leases.ttl / BEATS_IN_TTL):
            rounds = rounds + 1 if self._asking == waiting and waiting % 2 else 0
            waiting = self._asking
            if rounds * self._leases.ttl / BEATS_IN_TTL >= self._hung:
                self._end(f"the state database has answered nothing for {self._hung:.0f} s; others go on with the work")
                return
