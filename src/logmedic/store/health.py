"""How logmedic itself is doing, as far as the state tells, and what it has said about that."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import sqlalchemy as sa

from logmedic.model import Severity, State, Text
from logmedic.store import tables as t
from logmedic.store.bulletins import Letter, put, storing, withdraw
from logmedic.store.reading import LIVING
from logmedic.store.rows import json

# Made here, before there are threads; see ``store.store``.
_TEXT = msgspec.json.Decoder(Text)


class _Loss(msgspec.Struct, frozen=True):
    lost: int = 0  # lines
    lost_bytes: int = 0
    lost_at: int = 0  # ns


_LOSS = msgspec.json.Decoder(_Loss)


class OpenTrouble(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is or was wrong. Times in ns."""

    name: str  # "<code>:<subject>"
    since: int
    cleared_at: int | None
    text: Text

    @property
    def code(self) -> str:
        return self.name.partition(":")[0]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A critical incident that nobody has acknowledged, and a channel that was told of its latest news."""

    incident_id: int
    fingerprint: str
    generation: int
    title: str
    service: str
    channel: str
    at: int  # ns: when the channel was told first


class Health:
    """Queries and changes; safe to share between threads. Raises :class:`StoreError` when the database refuses."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def last_read(self) -> dict[str, int]:
        """When (ns) something new was last found in each source."""
        p = t.positions.c
        with storing(self._database, writing=False) as connection:
            query = sa.select(p.source, sa.func.max(p.updated_at)).group_by(p.source)
            return {source: int(at) for source, at in connection.execute(query)}

    def lost(self, since: int) -> dict[str, tuple[int, int]]:
        """(lines, bytes) that each source found gone before it could read them, where it found so after ``since`` (ns).

        Counted since the first run: tokens of positions have ``lost`` or ``lost_bytes``, and ``lost_at``, of those
        sources that can tell.
        """
        p = t.positions.c
        found: dict[str, tuple[int, int]] = {}
        with storing(self._database, writing=False) as connection:
            query = sa.select(p.source, p.token).where(p.token.contains('"lost_at":'))
            for source, token in connection.execute(query):
                loss = _LOSS.decode(token)
                if loss.lost_at > since:
                    lines, length = found.get(source, (0, 0))
                    found[source] = lines + loss.lost, length + loss.lost_bytes
        return found

    def backlog(self) -> int:
        """How many incidents nobody has been told of yet, what channels or people put off left out."""
        c, e = t.incidents.c, t.effects.c
        deferred = sa.exists().where(e.incident_id == c.id, e.generation == c.generation, e.result == "deferred")
        query = sa.select(sa.func.count()).select_from(t.incidents)
        with storing(self._database, writing=False) as connection:
            return int(connection.execute(query.where(c.handled_generation < c.generation, ~deferred)).scalar_one())

    def refused(self, channels: Sequence[str]) -> dict[str, str]:
        """Of these channels those whose latest message was given up or refused for good, with the reason."""
        found: dict[str, str] = {}
        with storing(self._database, writing=False) as connection:
            for channel in channels:
                failed, sent = (_latest(connection, channel, result) for result in ("failed", "sent"))
                if failed is not None and (sent is None or failed[0] > sent[0]):
                    found[channel] = failed[1]
        return found

    def fresh(self, incident_id: int, within: int) -> dict[Severity, int]:
        """How many incidents, this one with them, were opened within so many ns before or after it, by severity.

        About its own time, not now: in a storm it is long before the last of them is looked at.
        """
        c = t.incidents.c
        at = sa.select(c.created_at).where(c.id == incident_id).scalar_subquery()
        near = sa.and_(c.created_at > at - within, c.created_at <= at + within)
        query = sa.select(c.severity, sa.func.count()).where(near).group_by(c.severity)
        with storing(self._database, writing=False) as connection:
            return {Severity(severity): int(n) for severity, n in connection.execute(query)}

    def told_first(self, channel: str, since: int) -> int:
        """How many incidents ``channel`` was told of after ``since`` (ns) and never before."""
        e, before = t.effects.c, t.effects.alias("before").c
        earlier = sa.exists().where(
            before.incident_id == e.incident_id, before.channel == channel, before.result == "sent",
            before.updated_at <= since,
        )  # fmt: skip
        query = sa.select(sa.func.count(e.incident_id.distinct())).where(
            e.channel == channel, e.result == "sent", e.updated_at > since, ~earlier
        )
        with storing(self._database, writing=False) as connection:
            return int(connection.execute(query).scalar_one())

    def unacknowledged(self, channels: Sequence[str], since: int) -> list[Told]:
        """Critical incidents that are open, by each of these channels that was told of their latest news."""
        c, e = t.incidents.c, t.effects.c
        at = sa.func.min(e.updated_at).label("at")
        query = (
            sa.select(c.id, c.fingerprint, c.generation, c.title, c.service, e.channel, at)
            .join(t.incidents, sa.and_(c.id == e.incident_id, c.generation == e.generation))
            .where(e.channel.in_(channels), e.result == "sent", e.updated_at >= since, e.origin.is_(None))
            .where(c.state == State.OPEN.value, c.severity == Severity.CRITICAL.value, LIVING)
            .group_by(c.id, c.fingerprint, c.generation, c.title, c.service, e.channel)
            .order_by(c.id, e.channel)
        )
        with storing(self._database, writing=False) as connection:
            return [
                Told(
                    incident_id=row.id, fingerprint=row.fingerprint, generation=row.generation, title=row.title,
                    service=row.service, channel=row.channel, at=row.at,
                )
                for row in connection.execute(query)
            ]  # fmt: skip

    # -- what was said ---------------------------------------------------------------------------------------------

    def troubles(self) -> list[OpenTrouble]:
        """All that were ever told, the latest of each name."""
        with storing(self._database, writing=False) as connection:
            rows = connection.execute(sa.select(t.self_alerts).order_by(t.self_alerts.c.name)).all()
            return [
                OpenTrouble(name=row.name, since=row.since, cleared_at=row.cleared_at, text=_TEXT.decode(row.text))
                for row in rows
            ]

    def begin(self, name: str, since: int, text: Text, letters: Sequence[Letter], now: int) -> None:
        """Something is wrong: note it, and tell of it."""
        with storing(self._database) as connection:
            connection.execute(sa.delete(t.self_alerts).where(t.self_alerts.c.name == name))
            connection.execute(sa.insert(t.self_alerts).values(name=name, since=since, text=json(text)))
            for letter in letters:
                put(connection, letter, now)

    def end(self, name: str, letters: Sequence[Letter], now: int) -> None:
        """It is well again: say so where it was told, and forget what was not sent."""
        with storing(self._database) as connection:
            connection.execute(sa.update(t.self_alerts).where(t.self_alerts.c.name == name).values(cleared_at=now))
            for letter in letters:
                if not withdraw(connection, letter.key):
                    put(connection, letter, now)

    def remember(self, name: str, change: Callable[[bytes | None], bytes]) -> bytes:
        """Change a carried value in one transaction. Returns the new one."""
        c = t.carried.c
        with storing(self._database) as connection:
            stored = connection.execute(sa.select(c.value).where(c.name == name)).scalar()
            value = change(stored)
            if value != stored:
                connection.execute(sa.delete(t.carried).where(c.name == name))
                connection.execute(sa.insert(t.carried).values(name=name, value=value))
            return value


def _latest(connection: sa.Connection, channel: str, result: str) -> tuple[int, str] | None:
    found: list[tuple[int, str]] = []
    for table in (t.effects, t.bulletins):
        c = table.c
        query = sa.select(c.updated_at, c.reason).where(c.channel == channel, c.result == result)
        row = connection.execute(query.order_by(c.updated_at.desc()).limit(1)).first()
        if row is not None:
            found.append((row.updated_at, row.reason))
    return max(found, default=None)
