"""Which releases of a service were seen, in the order in which they first were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from logmedic.store import tables as t
from logmedic.store.rows import COUNTING, insert_for

RELEASES_KEPT = 500  # of one service; the oldest go first. One that is forgotten and comes back counts as a new one


def see(connection: sa.Connection, seen: Iterable[tuple[str, Mapping[str, int]]]) -> None:
    """Note the releases that a batch named: (service, release → ns of its first occurrence); "" is none."""
    first: dict[tuple[str, str], int] = {}
    for service, releases in seen:
        for release, time in releases.items():
            if release:
                first[service, release] = min(time, first.get((service, release), time))
    if not first:
        return
    rows = [
        {"service": service, "release": release, "first_seen": time}
        for (service, release), time in sorted(first.items(), key=lambda item: (item[1], item[0]))
    ]
    statement = insert_for(connection, t.releases)
    done = connection.execute(
        statement.on_conflict_do_nothing(index_elements=["service", "release"]), rows, execution_options=COUNTING
    )
    if done.rowcount:
        for service in sorted({str(row["service"]) for row in rows}):
            _forget(connection, service)


def places(connection: sa.Connection, service: str) -> dict[str, int]:
    """Release → its place in the order of first sight."""
    c = t.releases.c
    query = sa.select(c.release, c.id).where(c.service == service)
    return {row.release: row.id for row in connection.execute(query)}


def first_seen(database: sa.Engine, service: str, since: int, until: int, limit: int = 20) -> list[tuple[str, int]]:
    """(release, ns of the first record that named it) within these times, the latest ones, oldest first."""
    c = t.releases.c
    query = (
        sa.select(c.release, c.first_seen)
        .where(c.service == service, c.first_seen >= since, c.first_seen <= until)
        .order_by(c.first_seen.desc(), c.id.desc())
        .limit(limit)
    )
    with database.connect() as connection:
        return [(row.release, row.first_seen) for row in connection.execute(query)][::-1]


def _forget(connection: sa.Connection, service: str) -> None:
    c = t.releases.c
    kept = sa.select(c.id).where(c.service == service).order_by(c.id.desc()).limit(RELEASES_KEPT)
    connection.execute(sa.delete(t.releases).where(c.service == service, c.id.not_in(kept)))
