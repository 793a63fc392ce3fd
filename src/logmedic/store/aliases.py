"""Fingerprints that count as another incident than their own.

An entry leads straight to a living incident, never to another entry: merging moves the entries of the merged incident
along. Whoever counts occurrences and whoever changes aliases exclude each other (:func:`hold`), so that a record counts
for one incident, once, whatever is merged meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from logmedic.store import tables as t
from logmedic.store.rows import parts

LOCK = "grouping-lock"


def hold(connection: sa.Connection, *, change: bool) -> None:
    """Until the transaction ends, nobody changes aliases; with ``change`` nobody counts by them either.

    On PostgreSQL a shared lock on one row, so that readers of several sources do not wait for each other. SQLite has
    one writer at a time, and a write is what takes its lock.
    """
    c = t.carried.c
    if connection.dialect.name == "sqlite":
        connection.execute(sa.update(t.carried).where(c.name == LOCK).values(value=c.value))
    else:
        connection.execute(sa.select(c.name).where(c.name == LOCK).with_for_update(read=not change)).all()


def survivors(connection: sa.Connection, fingerprints: Iterable[str]) -> dict[str, str]:
    """Of these fingerprints those that are aliases, with the fingerprint of the incident that they count as."""
    a, i = t.aliases.c, t.incidents.c
    found: dict[str, str] = {}
    for part in parts(list(fingerprints)):
        query = sa.select(a.fingerprint, i.fingerprint).join(t.incidents, i.id == a.incident_id)
        found.update((alias, own) for alias, own in connection.execute(query.where(a.fingerprint.in_(part))))
    return found


def of_incidents(connection: sa.Connection, incident_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """The further fingerprints of these incidents, oldest entry first."""
    a = t.aliases.c
    found: dict[int, tuple[str, ...]] = {}
    for part in parts(incident_ids):
        query = sa.select(a.incident_id, a.fingerprint).where(a.incident_id.in_(part)).order_by(a.at, a.fingerprint)
        for incident_id, fingerprint in connection.execute(query):
            found[incident_id] = (*found.get(incident_id, ()), fingerprint)
    return found


def merged_into(connection: sa.Connection, fingerprints: Iterable[str]) -> dict[str, int]:
    """Of these fingerprints those that are aliases, with the number of the incident that they count as."""
    a = t.aliases.c
    found: dict[str, int] = {}
    for part in parts(list(fingerprints)):
        query = sa.select(a.fingerprint, a.incident_id).where(a.fingerprint.in_(part))
        found.update((fingerprint, incident_id) for fingerprint, incident_id in connection.execute(query))
    return found


def point(connection: sa.Connection, fingerprint: str, incident_id: int, now: int, actor: str) -> None:
    """Let a fingerprint count as this incident from now on, whatever it counted as before."""
    a = t.aliases.c
    connection.execute(sa.delete(t.aliases).where(a.fingerprint == fingerprint))
    connection.execute(
        sa.insert(t.aliases).values(fingerprint=fingerprint, incident_id=incident_id, at=now, actor=actor)
    )
