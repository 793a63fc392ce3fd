"""Silences: for some time nobody is told of some incidents."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from logmedic.store import tables as t
from logmedic.store.bulletins import storing
from logmedic.store.rows import json

# Made here, before there are threads; see ``store.store``.
_MATCH = msgspec.json.Decoder(dict[str, Any])


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """Times in ns on the wall clock. ``match``: the fields of a ``respond.rules.Match``."""

    id: int
    created_at: int
    until: int
    actor: str
    comment: str
    match: dict[str, Any]


class Silences:
    """Queries and changes; safe to share between threads. Raises :class:`StoreError` when the database refuses."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def add(self, match: dict[str, Any], *, until: int, now: int, actor: str, comment: str) -> int:
        """Returns its number."""
        row = {"created_at": now, "until": until, "actor": actor, "comment": comment, "match": json(match)}
        with storing(self._database) as connection:
            return int(connection.execute(sa.insert(t.silences).values(row).returning(t.silences.c.id)).scalar_one())

    def ending_after(self, at: int) -> list[Silence]:
        """Those that last, or lasted, beyond ``at`` (ns), oldest first."""
        c = t.silences.c
        with storing(self._database, writing=False) as connection:
            rows = connection.execute(sa.select(t.silences).where(c.until > at).order_by(c.id)).all()
            return [
                Silence(
                    id=row.id, created_at=row.created_at, until=row.until, actor=row.actor, comment=row.comment,
                    match=_MATCH.decode(row.match),
                )
                for row in rows
            ]  # fmt: skip

    def end(self, number: int, now: int) -> bool:
        """End it now. Returns whether it was still lasting."""
        c = t.silences.c
        with storing(self._database) as connection:
            ended = connection.execute(sa.update(t.silences).where(c.id == number, c.until > now).values(until=now))
            return ended.rowcount > 0
