"""What is done beside reading: what failed is tried again, people's trackers are looked at, digests go out."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import Protocol

from logmedic.doors import Clock
from logmedic.engine import FIXES, GIVE_UP_SECONDS, Engine, Step
from logmedic.errors import StoreError
from logmedic.model import Reason
from logmedic.pipeline.keeping import Keeper
from logmedic.pipeline.pruning import Pruner
from logmedic.pipeline.sharing import KEEPER, Sharing
from logmedic.pipeline.tracker import Followers
from logmedic.reasons import render
from logmedic.store.deliveries import Deliveries
from logmedic.store.store import Store

log = logging.getLogger("logmedic")

KEEP_SECONDS = 1.0  # between two looks for digests, reminders and the like
GIVEN_UP = Reason("given-up", {"hours": round(GIVE_UP_SECONDS / 3600)})


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


class Chores:
    """Each part may be missing; then nothing of it is done."""

    def __init__(
        self,
        store: Store,
        engine: Engine,
        clock: Clock,
        *,
        keeper: Keeper | None = None,
        pruner: Pruner | None = None,
        followers: Followers | None = None,
        fixing: Fixing | None = None,
        sharing: Sharing | None = None,
    ) -> None:
        self.fixing = fixing
        self._store = store
        self._engine = engine
        self.clock = clock
        self._keeper = keeper
        self._pruner = pruner
        self._followers = followers
        self._sharing = sharing

    def look_at_trackers(self) -> None:
        """Once."""
        if self._followers is not None:
            self._followers.tick()

    def try_again(self, left: Sequence[tuple[int, str, int]], *, at_once: bool = False) -> None:
        """Take up what an earlier run, or an earlier try, left untold."""
        fingerprints = {(incident_id, generation): fingerprint for incident_id, fingerprint, generation in left}
        for incident_id, generation in self._engine.retry_failed(left, self.clock.now(), at_once=at_once):
            fingerprint = fingerprints[incident_id, generation]
            Deliveries(self._store.database).give_up(incident_id, fingerprint, generation, GIVEN_UP, self.clock.now())
            log.error("incident %d: %s", incident_id, render(GIVEN_UP).en)

    def try_all_again(self, *, at_once: bool = False) -> None:
        """Take up whatever is left: alerts, and fixes. Raises :class:`StoreError`."""
        self.try_again(self._store.unhandled(), at_once=at_once)
        self.take_up_fixes(at_once=at_once)

    def take_up_fixes(self, *, at_once: bool = False) -> None:
        """Those that people asked for, and those that a dead process left. Raises :class:`StoreError`."""
        if self.fixing is None:
            return
        left, now = self.fixing.left(), self.clock.now()
        for incident_id, _ in self._engine.retry_failed(left, now, at_once=at_once, lane=FIXES):
            self.fixing.give_up(incident_id, GIVEN_UP)

    def keep(self) -> None:
        """What is due beside single incidents. Alerts go on when this cannot."""
        try:
            if self._sharing is None or self._sharing.hold(KEEPER) is not None:
                if self._keeper is not None:
                    self._keeper.tick()
                if self._pruner is not None:
                    self._pruner.tick()
        except StoreError as error:
            log.error("%s; trying again later", error)  # noqa: TRY400  one line, no traceback

    def threads(self, stop: threading.Event) -> list[threading.Thread]:
        """Not started yet; they end once ``stop`` is set."""
        if self._keeper is not None:
            self._keeper.following()
        threads = [threading.Thread(target=self._keep_on, args=(stop,), name="keeper")]
        if self._followers is not None:
            threads.append(threading.Thread(target=self._followers.follow, args=(stop,), name="followers"))
        if self.fixing is not None:
            threads.append(threading.Thread(target=self.fixing.follow, args=(stop,), name="fixes"))
        return threads

    def _keep_on(self, stop: threading.Event) -> None:
        while not stop.wait(KEEP_SECONDS):
            self.keep()
            try:
                self.take_up_fixes()
            except StoreError as error:
                log.error("%s; trying again later", error)  # noqa: TRY400  one line, no traceback
