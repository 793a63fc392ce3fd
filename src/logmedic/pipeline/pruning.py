"""Forgets what is old, once a day, a little at a time."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from logmedic.doors import Clock
from logmedic.engine import Engine
from logmedic.store import retention
from logmedic.store.retention import DAY, MESSAGES_DAYS, Retention
from logmedic.store.store import Store

log = logging.getLogger("logmedic")

EVERY = DAY  # ns
SPELL_SECONDS = 1.0  # of one tick, after which whatever else is due has its turn


class Pruner:
    """One for the process; used by one thread at a time."""

    def __init__(self, store: Store, engine: Engine, clock: Clock, keep: Retention) -> None:
        self._store = store
        self._engine = engine
        self._clock = clock
        self._keep = keep
        self._due: int | None = None  # ns; None: not looked up yet
        self._work: Iterator[tuple[str, int]] | None = None
        self._gone: dict[str, int] = {}

    def tick(self) -> None:
        """Do a little of what is due. Raises :class:`StoreError`; the next tick then begins anew."""
        now = self._clock.now()
        if self._due is None:
            last = retention.pruned_at(self._store.database)
            if not last:  # nothing of a new state is old
                retention.note_pruned(self._store.database, now)
            self._due = (last or now) + EVERY
        if self._work is None:
            if now < self._due:
                return
            self._work = self.run(now)
        work, self._work = self._work, None  # what fails is not gone on with
        until = self._clock.monotonic() + SPELL_SECONDS
        for name, rows in work:
            self._gone[name] = self._gone.get(name, 0) + rows
            if self._clock.monotonic() >= until:
                self._work = work
                return
        retention.note_pruned(self._store.database, now)
        self._due = now + EVERY
        if told := ", ".join(f"{rows:,} {name}" for name, rows in self._gone.items() if rows):
            log.info("forgotten, because old: %s", told)
        self._gone = {}

    def run(self, now: int) -> Iterator[tuple[str, int]]:
        """All of it, in small transactions: what went with each, and how many rows."""
        yield from retention.prune(self._store.database, self._keep, now)
        while swept := self._engine.sweep(now - MESSAGES_DAYS * DAY):
            yield "workflows", swept
