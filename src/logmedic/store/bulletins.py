"""Messages about no single incident: written in the transaction that decides on them, sent afterwards.

A message has one row for ever, by its key; putting it again with another body has it edited where it was sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import sqlalchemy as sa

from logmedic.errors import StoreError
from logmedic.model import Outcome
from logmedic.store import tables as t
from logmedic.store.refusal import said
from logmedic.store.rows import insert_for, json

# Made here, before there are threads; see ``store.store``.
_RECEIPT = msgspec.json.Decoder(dict[str, Any])
_OPEN = ("pending", "deferred")
NEVER = (1 << 63) - 1


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A message to one channel. ``body`` is JSON that the store does not look into."""

    key: str
    channel: str
    kind: str
    body: str
    receipt: dict[str, Any] = {}  # of the last delivery; with "since" and "times" when it was put off


class Bulletins:
    """Queries and changes; safe to share between threads. Raises :class:`StoreError` when the database refuses."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def put(self, letter: Letter, now: int) -> bool:
        """In a transaction of its own. Returns whether anything changed."""
        with storing(self._database) as connection:
            return put(connection, letter, now)

    def due(self, now: int, limit: int = 100) -> list[Letter]:
        """What is to be tried now, oldest first."""
        c = t.bulletins.c
        query = (
            sa.select(t.bulletins)
            .where(c.result.in_(_OPEN), c.due_at <= now)
            .order_by(c.created_at, c.key)
            .limit(limit)
        )
        with storing(self._database, writing=False) as connection:
            return [_letter(row) for row in connection.execute(query)]

    def settle(self, letter: Letter, outcome: Outcome, now: int, again_at: int = NEVER) -> None:
        """Note what came of a try. A body that was put meanwhile stays to be sent."""
        c = t.bulletins.c
        values: dict[str, Any] = {"receipt": json(outcome.receipt), "updated_at": now}
        settled = {"result": outcome.result.value, "reason": outcome.reason, "due_at": again_at}
        with storing(self._database) as connection:
            connection.execute(sa.update(t.bulletins).where(c.key == letter.key).values(values))
            connection.execute(sa.update(t.bulletins).where(c.key == letter.key, c.body == letter.body).values(settled))

    def receipts(self, kind: str, channel: str) -> dict[str, Any]:
        """What the latest delivery of this kind to this channel returned; empty without one."""
        c = t.bulletins.c
        query = sa.select(c.receipt).where(c.kind == kind, c.channel == channel, c.result == "sent")
        with storing(self._database, writing=False) as connection:
            text = connection.execute(query.order_by(c.updated_at.desc()).limit(1)).scalar()
            return {} if text is None else _RECEIPT.decode(text)

    def next_due(self) -> int | None:
        """The earliest time (ns) at which something is to be tried."""
        c = t.bulletins.c
        with storing(self._database, writing=False) as connection:
            return connection.execute(sa.select(sa.func.min(c.due_at)).where(c.result.in_(_OPEN))).scalar()

    def wake_at(self, at: int) -> None:
        """Note for an idle scan that there is something to do from ``at`` (ns) on; see ``store.peek``."""
        value = str(at).encode()
        with storing(self._database) as connection:
            connection.execute(
                insert_for(connection, t.carried)
                .values(name=WAKE, value=value)
                .on_conflict_do_update(index_elements=["name"], set_={"value": value})
            )


WAKE = "wake-at"


def put(connection: sa.Connection, letter: Letter, now: int) -> bool:
    """Have a message sent, or edited when its body changed. Returns whether anything changed."""
    c = t.bulletins.c
    stored = connection.execute(sa.select(c.body).where(c.key == letter.key)).scalar()
    if stored == letter.body:
        return False
    if stored is None:
        connection.execute(
            sa.insert(t.bulletins).values(
                key=letter.key, channel=letter.channel, kind=letter.kind, body=letter.body, result="pending",
                reason="", receipt="{}", created_at=now, updated_at=now, due_at=now,
            )
        )  # fmt: skip
    else:
        connection.execute(
            sa.update(t.bulletins).where(c.key == letter.key).values(body=letter.body, result="pending", due_at=now)
        )
    return True


def withdraw(connection: sa.Connection, key: str) -> bool:
    """Forget a message that has not been sent. Returns whether it was so."""
    c = t.bulletins.c
    unsent = sa.and_(c.key == key, c.result != "sent", ~c.receipt.contains('"message_id"'))
    return connection.execute(sa.delete(t.bulletins).where(unsent)).rowcount > 0


def _letter(row: sa.Row[Any]) -> Letter:
    return Letter(
        key=row.key, channel=row.channel, kind=row.kind, body=row.body, receipt=_RECEIPT.decode(row.receipt)
    )  # fmt: skip


@contextmanager
def storing(database: sa.Engine, *, writing: bool = True) -> Iterator[sa.Connection]:
    """A transaction, or a connection to read with. Raises :class:`StoreError`, in one line."""
    try:
        with database.begin() if writing else database.connect() as connection:
            yield connection
    except sa.exc.DBAPIError as error:
        raise StoreError(f"state database: {said(error.orig)}, while messages were written down") from error
    except msgspec.DecodeError as error:
        raise StoreError(f"state database: {error}; move the file away to start afresh") from error
