"""What a workflow does to the outside, once: each effect has one row, and its outcome stays with it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from logmedic.model import Outcome, Result
from logmedic.store import tables as t
from logmedic.store.rows import insert_for, json

# Made once, before there are threads; see ``store.rows``.
_RECEIPT = msgspec.json.Decoder(dict[str, object])


class Undelivered(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that a channel did not take. Times in ns on the wall clock."""

    channel: str
    reason: str
    final: bool  # no further try will be made
    tried: int  # when it was tried last
    asked: int  # the earliest time at which another try makes sense
    held: bool = False  # nothing is wrong: a silence or a maintenance window lasts


def begin(
    connection: sa.Connection, key: str, *, incident_id: int, generation: int, channel: str, now: int
) -> Outcome | None:
    """As ``Store.begin_effect``."""
    c = t.effects.c
    connection.execute(
        insert_for(connection, t.effects)
        .values(
            key=key, incident_id=incident_id, generation=generation, channel=channel,
            result="pending", reason="", receipt="{}", updated_at=now,
        )
        .on_conflict_do_nothing(index_elements=["key"])
    )  # fmt: skip
    row = connection.execute(sa.select(c.result, c.reason, c.receipt).where(c.key == key)).one()
    if row.result in ("pending", "deferred"):
        return None
    return Outcome(Result(row.result), row.reason, msgspec.json.decode(row.receipt))


def end(connection: sa.Connection, key: str, outcome: Outcome, now: int) -> None:
    connection.execute(
        sa.update(t.effects)
        .where(t.effects.c.key == key)
        .values(result=outcome.result.value, reason=outcome.reason, receipt=json(outcome.receipt), updated_at=now)
    )


def receipt(connection: sa.Connection, incident_id: int, channel: str) -> dict[str, object] | None:
    """What the latest successful delivery to this channel returned; merged incidents hand theirs down."""
    c = t.effects.c
    query = (
        sa.select(c.receipt)
        .where(c.incident_id == incident_id, c.channel == channel, c.result == "sent")
        # Its own go before those of an incident that was merged into it.
        .order_by(c.origin.is_not(None), c.generation.desc(), c.updated_at.desc())
        .limit(1)
    )
    text = connection.execute(query).scalar()
    return None if text is None else _RECEIPT.decode(text)


def of_incident(connection: sa.Connection, incident_id: int) -> list[tuple[int, str, str, str]]:
    """(generation, channel, result, reason) of every effect, oldest first."""
    c = t.effects.c
    query = (
        sa.select(c.generation, c.channel, c.result, c.reason)
        .where(c.incident_id == incident_id)
        .order_by(c.generation, c.channel)
    )
    return [(g, ch, r, why) for g, ch, r, why in connection.execute(query)]


def undelivered(connection: sa.Connection, incident_ids: Sequence[int]) -> list[Undelivered]:
    """What did not reach a channel of the latest news of these incidents, oldest incident first."""
    c, i = t.effects.c, t.incidents.c
    found: list[Undelivered] = []
    for start in range(0, len(incident_ids), 500):
        query = (
            sa.select(c.channel, c.result, c.reason, c.receipt, c.updated_at)
            .join(t.incidents, sa.and_(i.id == c.incident_id, i.generation == c.generation))
            .where(c.origin.is_(None))
            .where(c.incident_id.in_(incident_ids[start : start + 500]), c.result.in_(("failed", "deferred")))
            .order_by(c.incident_id, c.channel)
        )
        for row in connection.execute(query):
            said = _RECEIPT.decode(row.receipt)
            asked = said.get("retry_at")
            found.append(
                Undelivered(
                    channel=row.channel,
                    reason=row.reason,
                    final=row.result == "failed",
                    tried=row.updated_at,
                    asked=asked if isinstance(asked, int) else row.updated_at,
                    held=said.get("held") is True,
                )
            )
    return found
