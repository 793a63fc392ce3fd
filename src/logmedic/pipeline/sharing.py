"""The work of several processes on one PostgreSQL: each source is read by one of them, and none by a dead one."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping

from logmedic.doors import Clock
from logmedic.errors import StoreError
from logmedic.store.leases import Fence, Leases

log = logging.getLogger("logmedic")

BEATS_IN_TTL = 4  # so that a slow answer or two cost no lease
WORKER = "worker:"  # and the executor's id: the lease that says that a process lives
SOURCE = "source:"
KEEPER = "keeper"  # digests, reminders, our own alerts


class Sharing:
    """This process's leases, kept by a thread of its own.

    What has run out is taken over only after a full life of a lease without a failed beat of ours: after an outage of
    the database all leases have run out, and nobody is dead.
    """

    def __init__(
        self, leases: Leases, clock: Clock, *, recover: Callable[[str], None], shards: Mapping[str, str] | None = None
    ) -> None:
        """``recover`` takes up the work of a dead executor; ``shards``: of a source the part that this process reads,
        when not all of it."""
        self._leases = leases
        self._clock = clock
        self._recover = recover
        self._shards = shards or {}
        self._held: dict[str, Fence] = {}
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
        self._thread = threading.Thread(target=self._run, name="leases", daemon=True)
        self._thread.start()

    def source(self, name: str) -> Fence | None:
        """The lease to read this source under; ``None`` while another process reads it. Raises :class:`StoreError`."""
        return self.hold(f"{SOURCE}{name}{self._shards.get(name, '')}")

    def hold(self, name: str) -> Fence | None:
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
        try:
            self._leases.give_back(held)
        except StoreError as error:
            log.warning("%s; the others go on when the leases of this process have run out", error)

    def beat(self) -> None:
        """Renew what is held, and take up what dead processes left. Once a quarter of the life of a lease."""
        with self._lock:
            held = list(self._held.values())
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
        except StoreError as error:
            self._well_since = None
            log.warning("%s; work of this process may go to others", error)

    def _bury(self) -> None:
        for name in self._leases.ended(WORKER, over=self._patient()):
            # In this order: should we die in between, somebody else does both again, which changes nothing.
            self._recover(name.removeprefix(WORKER))
            self._leases.forget(name)

    def _patient(self) -> bool:
        well = self._well_since
        return well is not None and self._clock.monotonic() - well >= self._leases.ttl

    def _run(self) -> None:
        while not self._stop.wait(self._leases.ttl / BEATS_IN_TTL):
            self.beat()
            if self.lost:
                return
