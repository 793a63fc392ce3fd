"""Fixes that were tried, and what became of them. At most one is under way for a fingerprint."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from logmedic.model import NANOSECONDS, Text
from logmedic.store import tables as t
from logmedic.store.bulletins import storing
from logmedic.store.rows import insert_for, json

DAY = 86_400 * NANOSECONDS
MONTH = 30 * DAY
HOUR = 3_600 * NANOSECONDS
MINUTE = 60 * NANOSECONDS

# Made here, before there are threads; see ``store.store``.
_TEXT = msgspec.json.Decoder(Text)
_NO_REASON = Text("", "")


class Fix(msgspec.Struct, frozen=True, kw_only=True):
    """Under way until ``ended_at``. Times in ns. ``before`` and ``after``: occurrences an hour around the merge."""

    key: str
    incident_id: int
    fingerprint: str
    generation: int
    state: str  # "running", "proved", "offered", "rehearsed", "failed"
    dry: bool
    actor: str
    began_at: int
    ended_at: int | None = None
    reason: Text = _NO_REASON
    base: str = ""
    commit: str = ""
    report: str = "{}"
    pull: int | None = None
    url: str = ""
    fate: str = ""  # "", "open", "merged", "closed"
    fate_at: int | None = None
    changed: bool = False
    watch_until: int | None = None
    before: float | None = None
    after: float | None = None


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What has been tried so far, as far as it decides on the next try."""

    today: int = 0  # begun in the last 24 hours
    of_fingerprint: int = 0  # begun for this one within 30 days
    open: int = 0  # pull requests
    under_way: Fix | None = None  # for this fingerprint
    offered: Fix | None = None  # for this fingerprint, its pull request still open
    earlier: tuple[Fix, ...] = ()  # for this fingerprint, latest first


Decide = Callable[[Standing], Text | None]
"""Why no fix is to be begun, given what has been tried."""


class Fixes:
    """Safe to share between threads and processes. Methods raise :class:`logmedic.errors.StoreError`."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def standing(self, fingerprint: str, now: int) -> Standing:
        with storing(self._database, writing=False) as connection:
            return _standing(connection, fingerprint, now)

    def begin(
        self,
        incident_id: int,
        fingerprint: str,
        generation: int,
        *,
        stem: str,
        dry: bool,
        actor: str,
        now: int,
        decide: Decide,
    ) -> Fix | Text:
        """Begin a fix, or go on with the one that is under way; the reason when ``decide`` is against it.

        ``stem``: what the key begins with. Nobody else begins one meanwhile.
        """  # fmt: skip
        c = t.fixes.c
        with storing(self._database) as connection:
            # A write first: it takes SQLite's write lock, and PostgreSQL's on the one row that all reservations touch.
            turn = t.spending_turn.c
            connection.execute(sa.update(t.spending_turn).where(turn.id == 1).values(turn=turn.turn + 1))
            standing = _standing(connection, fingerprint, now)
            begun = standing.under_way
            if begun is not None and begun.dry == dry:
                return begun
            if begun is not None and begun.dry:  # a rehearsal that was left in the middle
                connection.execute(sa.update(t.fixes).where(c.key == begun.key).values(state="failed", ended_at=now))
                standing = _standing(connection, fingerprint, now)
            refusal = decide(standing)
            if refusal is not None:
                return refusal
            taken = connection.execute(sa.select(sa.func.count()).where(c.fingerprint == fingerprint)).scalar_one()
            key = stem if not taken else f"{stem}-{taken + 1}"
            row = Fix(key=key, incident_id=incident_id, fingerprint=fingerprint, generation=generation,
                      state="running", dry=dry, actor=actor, began_at=now)  # fmt: skip
            connection.execute(insert_for(connection, t.fixes).values(_values(row)))
            return row

    def get(self, key: str) -> Fix | None:
        return next(iter(self._all(t.fixes.c.key == key)), None)

    def of_incident(self, incident_id: int) -> list[Fix]:
        """Latest first."""
        return self._all(t.fixes.c.incident_id == incident_id)

    def offered(self) -> list[Fix]:
        """Those whose pull request is open, or was merged and is still watched; latest first."""
        c = t.fixes.c
        watched = sa.and_(c.fate == "merged", c.watch_until.is_not(None))
        return self._all(sa.or_(c.fate == "open", watched))

    def under_way(self) -> list[Fix]:
        """Begun and not ended, latest first; rehearsals left out."""
        c = t.fixes.c
        return self._all(c.ended_at.is_(None), ~c.dry)

    def since(self, at: int) -> list[Fix]:
        """Begun from ``at`` (ns) on, latest first."""
        return self._all(t.fixes.c.began_at >= at)

    def change(self, key: str, **values: Any) -> None:
        """``values``: fields of :class:`Fix`."""
        if "reason" in values:
            values["reason"] = json(values["reason"])
        with storing(self._database) as connection:
            connection.execute(sa.update(t.fixes).where(t.fixes.c.key == key).values(values))

    def rate(self, incident_id: int, since: int, until: int) -> float:
        """Occurrences an hour within these times (ns, by the clock of the logs)."""
        h = t.histogram.c
        query = sa.select(sa.func.coalesce(sa.func.sum(h["count"]), 0)).where(
            h.incident_id == incident_id,
            h.minute >= since // MINUTE,
            h.minute < max(until // MINUTE, since // MINUTE + 1),
        )
        with storing(self._database, writing=False) as connection:
            count = int(connection.execute(query).scalar_one())
        return count / max((until - since) / HOUR, 1 / 60)

    def _all(self, *conditions: sa.ColumnElement[bool]) -> list[Fix]:
        with storing(self._database, writing=False) as connection:
            return _rows(connection, *conditions)


def _standing(connection: sa.Connection, fingerprint: str, now: int) -> Standing:
    c = t.fixes.c
    mine = _rows(connection, c.fingerprint == fingerprint)
    count = sa.select(sa.func.count()).select_from(t.fixes)
    return Standing(
        today=int(connection.execute(count.where(c.began_at > now - DAY)).scalar_one()),
        of_fingerprint=sum(fix.began_at > now - MONTH for fix in mine),
        open=int(connection.execute(count.where(c.fate == "open")).scalar_one()),
        under_way=next((fix for fix in mine if fix.ended_at is None), None),
        offered=next((fix for fix in mine if fix.fate == "open"), None),
        earlier=tuple(fix for fix in mine if fix.ended_at is not None),
    )


def _rows(connection: sa.Connection, *conditions: sa.ColumnElement[bool]) -> list[Fix]:
    query = sa.select(t.fixes).where(*conditions).order_by(t.fixes.c.began_at.desc(), t.fixes.c.key.desc()).limit(1000)
    return [Fix(**{**row._mapping, "reason": _TEXT.decode(row.reason)}) for row in connection.execute(query)]


def _values(fix: Fix) -> dict[str, Any]:
    return {**msgspec.structs.asdict(fix), "reason": json(fix.reason)}


def fates(fixes: Sequence[Fix]) -> dict[str, int]:
    """How many came how far; rehearsals are left out. Those that helped, or did not, were merged and then watched."""
    real = [fix for fix in fixes if not fix.dry]
    return {
        "begun": len(real),
        "offered": sum(fix.pull is not None for fix in real),
        "merged": sum(fix.fate == "merged" for fix in real),
        "merged_unchanged": sum(fix.fate == "merged" and not fix.changed for fix in real),
        "closed": sum(fix.fate == "closed" for fix in real),
        "helped": sum(fix.after == 0 for fix in real),
        "did_not_help": sum((fix.after or 0) > 0 for fix in real),
    }
