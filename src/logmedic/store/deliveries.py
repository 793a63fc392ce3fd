"""What became of telling people: what was put off, what was given up, and how to take it up again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import sqlalchemy as sa

from logmedic.errors import StoreError
from logmedic.model import Reason
from logmedic.reasons import render
from logmedic.store import tables as t
from logmedic.store.refusal import said
from logmedic.store.rows import note

# Made here, before there are threads; see ``store.store``.
_RECEIPT = msgspec.json.Decoder(dict[str, Any])


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """An alert of an incident's latest news that did not reach a channel, and will not by itself."""

    incident_id: int
    fingerprint: str
    generation: int
    title: str
    channel: str
    reason: str


class Deliveries:
    """Queries and changes over the effects; safe to share between threads. Keys: ``<fingerprint>:<generation>:…``.

    Methods raise :class:`StoreError` when the database refuses.
    """

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def last_receipt(self, key: str) -> dict[str, Any] | None:
        """What was stored with the last try of an effect that was put off; ``None`` when it was not."""
        c = t.effects.c
        query = sa.select(c.receipt).where(c.key == key, c.result == "deferred")
        with _storing(), self._database.connect() as connection:
            text = connection.execute(query).scalar()
            return None if text is None else _RECEIPT.decode(text)

    def listed(self, incident_id: int) -> dict[str, dict[str, Any]]:
        """By channel, what was stored when the latest alert of a storm listed the incident."""
        c = t.effects.c
        query = (
            sa.select(c.channel, c.receipt)
            .where(c.incident_id == incident_id, c.result == "skipped", c.receipt.contains('"digest":"storm"'))
            .order_by(c.generation, c.updated_at)
        )
        with _storing(), self._database.connect() as connection:
            return {row.channel: _RECEIPT.decode(row.receipt) for row in connection.execute(query)}

    def begun(self, fingerprint: str, generation: int) -> bool:
        """Whether an earlier attempt came so far as to tell somebody of this generation."""
        with _storing(), self._database.connect() as connection:
            return bool(connection.execute(sa.select(sa.exists().where(_of(fingerprint, generation)))).scalar_one())

    def failed(self, incident_id: int | None = None) -> list[Failed]:
        """What did not reach a channel, of one incident or of all, in the order of their numbers."""
        e, i = t.effects.c, t.incidents.c
        query = (
            sa.select(i.id, i.fingerprint, i.generation, i.title, e.channel, e.reason)
            .join(t.incidents, sa.and_(i.id == e.incident_id, i.generation == e.generation))
            .where(e.result == "failed", e.key.startswith(i.fingerprint + ":"))
            .order_by(i.id, e.channel)
        )
        if incident_id is not None:
            query = query.where(i.id == incident_id)
        with _storing(), self._database.connect() as connection:
            return [
                Failed(
                    incident_id=row.id, fingerprint=row.fingerprint, generation=row.generation, title=row.title,
                    channel=row.channel, reason=row.reason,
                )
                for row in connection.execute(query)
            ]  # fmt: skip

    def failed_again(self, fingerprint: str, generation: int, ending: str) -> bool:
        """Whether what was told a second time in this generation did not arrive. ``ending``: of its key."""
        c = t.effects.c
        query = sa.exists().where(_of(fingerprint, generation), c.result == "failed", c.key.endswith(ending))
        with _storing(), self._database.connect() as connection:
            return bool(connection.execute(sa.select(query)).scalar_one())

    def give_up(self, incident_id: int, fingerprint: str, generation: int, why: Reason, now: int) -> None:
        """Nothing of this generation is tried again by itself; what has no outcome yet has failed."""
        c, i = t.effects.c, t.incidents.c
        with _storing(), self._database.begin() as connection:
            connection.execute(
                sa.update(t.effects)
                .where(_of(fingerprint, generation), c.result.in_(("pending", "deferred")))
                .values(result="failed", reason=render(why).en, updated_at=now)
            )
            note(connection, incident_id, now, event="given up", why=why, actor="logmedic")
            connection.execute(
                sa.update(t.incidents)
                .where(i.fingerprint == fingerprint, i.handled_generation < generation)
                .values(handled_generation=generation)
            )

    def take_up(self, fingerprint: str, generation: int, now: int) -> None:
        """Everything of this generation that failed is to be tried again, as if for the first time."""
        c, i = t.effects.c, t.incidents.c
        with _storing(), self._database.begin() as connection:
            connection.execute(
                sa.update(t.effects)
                .where(_of(fingerprint, generation), c.result == "failed")
                .values(result="pending", receipt="{}", updated_at=now)
            )
            connection.execute(
                sa.update(t.incidents)
                .where(i.fingerprint == fingerprint, i.generation == generation)
                .values(handled_generation=generation - 1)
            )


def _of(fingerprint: str, generation: int) -> sa.ColumnElement[bool]:
    return t.effects.c.key.startswith(f"{fingerprint}:{generation}:", autoescape=True)


@contextmanager
def _storing() -> Iterator[None]:
    """The database's refusals as ours, in one line."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise StoreError(f"state database: {said(error.orig)}, while it was noted who has been told") from error
    except msgspec.DecodeError as error:
        raise StoreError(f"state database: {error}; move the file away to start afresh") from error
