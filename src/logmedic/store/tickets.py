"""Which incidents have an issue in a tracker, and how we knew those issues last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from logmedic.model import State
from logmedic.store import tables as t
from logmedic.store.bulletins import storing
from logmedic.store.health import Health
from logmedic.store.reading import LIVING

# Made here, before there are threads; see ``store.store``.
_RECEIPT = msgspec.json.Decoder(dict[str, Any])


class Known(msgspec.Struct, frozen=True):
    """An issue as we saw it last, and the incident's generation at that time."""

    closed: str  # when it was closed, as the tracker writes it; "" when it was open
    generation: int


_KNOWN = msgspec.json.Decoder(dict[int, Known])


class Linked(msgspec.Struct, frozen=True, kw_only=True):
    """An incident with the number of its issue."""

    incident_id: int
    state: State
    generation: int
    number: int


class Tickets:
    """Safe to share between threads. Methods raise :class:`logmedic.errors.StoreError`."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database
        self._health = Health(database)

    def linked(self, channel: str, limit: int) -> list[Linked]:
        """Incidents that ``channel`` has told, those that were seen latest first; ignored ones left out."""
        c, e = t.incidents.c, t.effects.c
        query = (
            sa.select(c.id, c.state, c.generation, e.receipt)
            .join(t.effects, e.incident_id == c.id)
            .where(e.channel == channel, e.result == "sent", LIVING, c.state != State.IGNORED.value)
            # As ``Store.receipt`` chooses among several.
            .order_by(c.last_seen.desc(), c.id, e.origin.is_not(None), e.generation.desc(), e.updated_at.desc())
            .limit(4 * limit)
        )
        found: dict[int, Linked] = {}
        with storing(self._database, writing=False) as connection:
            for row in connection.execute(query):
                number = _RECEIPT.decode(row.receipt).get("issue")
                if row.id not in found and isinstance(number, int) and number > 0:
                    found[row.id] = Linked(
                        incident_id=row.id, state=State(row.state), generation=row.generation, number=number
                    )
        return list(found.values())[:limit]

    def known(self, channel: str) -> dict[int, Known]:
        """By number of the issue."""
        return _KNOWN.decode(self._health.remember(f"tickets:{channel}", lambda stored: stored or b"{}"))

    def remember(self, channel: str, known: Mapping[int, Known]) -> None:
        self._health.remember(f"tickets:{channel}", lambda _stored: msgspec.json.encode(dict(sorted(known.items()))))
