"""What each channel is told later: the incidents that wait for a digest, and up to when digests have been written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from logmedic.model import Incident, Substate
from logmedic.store import reading
from logmedic.store import tables as t
from logmedic.store.bulletins import Letter, put, storing
from logmedic.store.reading import LIVING
from logmedic.store.rows import insert_for, parts

STORM = "storm"


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """An incident that a channel's digest knows of."""

    incident: Incident
    news: Substate
    waiting: bool  # the news has not been in a digest
    added: int  # occurrences that no digest has counted
    active: bool  # it occurred in the last digest


Write = Callable[[str, Sequence[Waiting]], Letter | None]
"""From a channel and what waits for it to its message; ``None`` when there is nothing to say. Pure."""
WriteStorm = Callable[[str, str | None, Sequence[Incident]], Letter]
"""From a channel, the key of a message that the storm has already, and all its incidents to the message. Pure."""


class Digests:
    """Queries and changes; safe to share between threads. Raises :class:`StoreError` when the database refuses."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def hold(self, cadence: str, channel: str, incident: Incident, reason: str, now: int) -> None:
        """Have an incident's latest news told in the channel's next digest. Safe to repeat."""
        c = t.digest_items.c
        still_new = sa.and_(c.waiting, c.news == Substate.NEW.value)
        values = {"reason": reason, "at": now, "waiting": True}
        with storing(self._database) as connection:
            connection.execute(
                insert_for(connection, t.digest_items)
                .values(
                    cadence=cadence, channel=channel, incident_id=incident.id, news=incident.substate.value, told=0,
                    active=False, **values,
                )
                .on_conflict_do_update(
                    index_elements=["cadence", "channel", "incident_id"],
                    set_={"news": sa.case((still_new, c.news), else_=incident.substate.value), **values},
                )
            )  # fmt: skip

    def until(self, cadence: str, begin: int) -> int:
        """Up to when (ns) digests have been written; ``begin`` when this is asked for the first time."""
        c = t.digest_windows.c
        with storing(self._database) as connection:
            connection.execute(
                insert_for(connection, t.digest_windows)
                .values(cadence=cadence, until=begin)
                .on_conflict_do_nothing(index_elements=["cadence"])
            )
            return int(connection.execute(sa.select(c.until).where(c.cadence == cadence)).scalar_one())

    def close(self, cadence: str, until: int, end: int, write: Write, now: int) -> list[str]:
        """Write the digests of the window from ``until`` to ``end``: all in one transaction, and by one process only.

        Returns the keys of the messages.
        """
        c = t.digest_windows.c
        with storing(self._database) as connection:
            # First the row that only one of several can move on; on SQLite it also takes the write lock.
            moved = connection.execute(
                sa.update(t.digest_windows).where(c.cadence == cadence, c.until == until).values(until=end)
            )
            if moved.rowcount != 1:
                return []
            written: list[str] = []
            for channel, items in _waiting(connection, cadence).items():
                letter = write(channel, items)
                if letter is not None:
                    put(connection, letter, now)
                    written.append(letter.key)
                _counted(connection, cadence, channel, items, None if letter is None else letter.key)
            return written

    def anything(self) -> bool:
        """Whether a digest may have something to say when its window ends."""
        c = t.digest_items.c
        wanted = sa.and_(c.cadence != STORM, sa.or_(c.waiting, c.active))
        with storing(self._database, writing=False) as connection:
            return bool(connection.execute(sa.select(sa.exists().where(wanted))).scalar_one())

    def gather_storms(self, write: WriteStorm, now: int, since: int) -> list[str]:
        """Write what waits because there was too much of it into one message a channel.

        A storm that has a message from after ``since`` (ns) goes on in it. Returns the keys of the messages.
        """
        c = t.digest_items.c
        written: list[str] = []
        with storing(self._database) as connection:
            query = sa.select(c.channel).where(c.cadence == STORM, c.waiting).distinct().order_by(c.channel)
            for channel in connection.execute(query).scalars().all():
                key = _storm_since(connection, channel, since)
                ours = sa.and_(c.cadence == STORM, c.channel == channel)
                if key is None:
                    connection.execute(sa.delete(t.digest_items).where(ours, ~c.waiting))
                ids = connection.execute(sa.select(c.incident_id).where(ours).order_by(c.incident_id)).scalars().all()
                letter = write(channel, key, _incidents(connection, ids))
                put(connection, letter, now)
                connection.execute(sa.update(t.digest_items).where(ours).values(waiting=False, bulletin=letter.key))
                written.append(letter.key)
        return written


def _storm_since(connection: sa.Connection, channel: str, since: int) -> str | None:
    c = t.bulletins.c
    query = sa.select(c.key).where(c.kind == STORM, c.channel == channel, c.created_at >= since)
    key: str | None = connection.execute(query.order_by(c.created_at.desc()).limit(1)).scalar()
    return key


def _waiting(connection: sa.Connection, cadence: str) -> dict[str, list[Waiting]]:
    """What digests know of and what changed since the last one, by channel."""
    c, i = t.digest_items.c, t.incidents.c
    count = t.incidents.c["count"]
    query = (
        sa.select(t.digest_items)
        .join(t.incidents, i.id == c.incident_id)
        .where(c.cadence == cadence, sa.or_(c.waiting, c.active, count != c.told))
        .order_by(c.channel, c.incident_id)
    )
    rows: Sequence[Any] = connection.execute(query).all()
    incidents = {each.id: each for each in _incidents(connection, sorted({row.incident_id for row in rows}))}
    found: dict[str, list[Waiting]] = {}
    for row in rows:
        incident = incidents.get(row.incident_id)
        if incident is None:
            continue  # merged into another one by now
        item = Waiting(
            incident=incident,
            news=Substate(row.news),
            waiting=row.waiting,
            added=max(incident.count - row.told, 0),
            active=row.active,
        )
        found.setdefault(row.channel, []).append(item)
    return found


def _incidents(connection: sa.Connection, ids: Sequence[int]) -> list[Incident]:
    """Those of them that are not merged into another one."""
    found: list[Incident] = []
    for part in parts(ids):
        found += reading.incidents(connection, t.incidents.c.id.in_(part), LIVING, limit=len(part))
    return found


def _counted(connection: sa.Connection, cadence: str, channel: str, items: Sequence[Waiting], key: str | None) -> None:
    c = t.digest_items.c
    for item in items:
        connection.execute(
            sa.update(t.digest_items)
            .where(c.cadence == cadence, c.channel == channel, c.incident_id == item.incident.id)
            .values(told=item.incident.count, waiting=False, active=item.added > 0, bulletin=key)
        )
