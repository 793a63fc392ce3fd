"""Leases: which process does what, where several share one PostgreSQL. All times are the database's own.

A lease is held until a time, and renewed before it. Whoever takes it over raises its epoch; what is written under a
lease is written in a transaction that has compared the epoch (:meth:`logmedic.store.ingest.Ingest.fence`), so that a
process which was frozen, and wakes up believing that it still holds one, is refused.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from logmedic.errors import LeaseLostError
from logmedic.model import NANOSECONDS
from logmedic.store import tables as t
from logmedic.store.bulletins import storing
from logmedic.store.rows import insert_for

TTL_SECONDS = 5.0  # others go on 5 to 8 s after a process died
FREE = 0  # ``until`` of a lease that was given back


class Fence(msgspec.Struct, frozen=True):
    """A lease as it was taken; good until somebody else takes it."""

    name: str
    epoch: int


class Holding(msgspec.Struct, frozen=True):
    """A lease as everybody sees it."""

    holder: str
    live: bool  # neither given back nor run out
    free: bool  # given back


class Leases:
    """Those of one holder, a process. Safe to share between threads."""

    def __init__(self, database: sa.Engine, holder: str, ttl: float = TTL_SECONDS) -> None:
        """``ttl``: seconds that a lease lasts without being renewed."""
        self._database = database
        self.holder = holder
        self.ttl = ttl

    def take(self, name: str, *, over: bool) -> Fence | None:
        """Take a lease that is free or our own, with ``over`` also one that has run out; ``None``: another's.

        Raises:
            StoreError: the database refused.
        """
        c = t.leases.c
        until = _now() + round(self.ttl * NANOSECONDS)
        mine = {"holder": self.holder, "until": until}
        available = [c.until == FREE, c.holder == self.holder, *([c.until < _now()] if over else [])]
        with storing(self._database) as connection:
            insert = insert_for(connection, t.leases).values(name=name, epoch=1, **mine)
            epoch = connection.execute(
                insert.on_conflict_do_update(
                    index_elements=["name"], set_={**mine, "epoch": c.epoch + 1}, where=sa.or_(*available)
                ).returning(c.epoch)
            ).scalar()
        return None if epoch is None else Fence(name, epoch)

    def renew(self, fences: Sequence[Fence]) -> list[Fence]:
        """Hold on to these; returns those that nobody has taken meanwhile. Raises :class:`StoreError`."""
        c = t.leases.c
        kept = []
        with storing(self._database) as connection:
            for fence in sorted(fences, key=lambda each: each.name):
                done = connection.execute(
                    sa.update(t.leases)
                    .where(c.name == fence.name, c.epoch == fence.epoch, c.holder == self.holder)
                    .values(until=_now() + round(self.ttl * NANOSECONDS))
                )
                if done.rowcount:
                    kept.append(fence)
        return kept

    def give_back(self, fences: Sequence[Fence]) -> None:
        """Let others have these at once. Raises :class:`StoreError`."""
        c = t.leases.c
        with storing(self._database) as connection:
            for fence in sorted(fences, key=lambda each: each.name):
                mine = (c.name == fence.name, c.epoch == fence.epoch, c.holder == self.holder)
                connection.execute(sa.update(t.leases).where(*mine).values(until=FREE))

    def ended(self, prefix: str, *, over: bool) -> list[str]:
        """Names that begin with ``prefix`` of leases given back, with ``over`` also of those that have run out."""
        c = t.leases.c
        gone = sa.or_(c.until == FREE, c.until < _now()) if over else c.until == FREE
        with storing(self._database, writing=False) as connection:
            query = sa.select(c.name).where(c.name.startswith(prefix, autoescape=True), gone).order_by(c.name)
            return list(connection.execute(query).scalars())

    def all(self, *prefixes: str) -> dict[str, Holding]:
        """Every lease whose name begins so. Locks nothing. Raises :class:`StoreError`."""
        c = t.leases.c
        named = sa.or_(*(c.name.startswith(prefix, autoescape=True) for prefix in prefixes))
        with storing(self._database, writing=False) as connection:
            rows = connection.execute(sa.select(c.name, c.holder, c.until, c.until >= _now()).where(named))
            return {name: Holding(holder, live, until == FREE) for name, holder, until, live in rows}

    def forget(self, name: str) -> None:
        """Remove a lease that nobody will take again, unless it lives."""
        c = t.leases.c
        with storing(self._database) as connection:
            connection.execute(sa.delete(t.leases).where(c.name == name, c.until < _now()))


def check(connection: sa.Connection, fence: Fence) -> None:
    """Nobody takes this lease until the transaction has ended.

    Raises:
        LeaseLostError: somebody has taken it already.
    """
    c = t.leases.c
    query = sa.select(c.name).where(c.name == fence.name, c.epoch == fence.epoch).with_for_update(read=True)
    if connection.execute(query).scalar() is None:
        raise LeaseLostError(f"{fence.name}: another process has taken over; nothing of this batch was kept")


def _now() -> sa.ColumnElement[int]:
    """ns; not the time at which the transaction began, as ``now()`` is."""
    seconds = sa.func.extract("epoch", sa.func.clock_timestamp())
    return sa.cast(seconds * NANOSECONDS, sa.BigInteger)


def living(database: sa.Engine) -> list[str]:
    """Holders of leases that have not run out: processes that work on this state. Raises :class:`StoreError`."""
    c = t.leases.c
    if database.dialect.name == "sqlite":  # one process, which a lock on the file tells of
        return []
    with storing(database, writing=False) as connection:
        return list(
            connection.execute(sa.select(c.holder).where(c.until >= _now()).distinct().order_by(c.holder)).scalars()
        )
