"""The one transaction in which everything that came of a batch of log lines is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa

from logmedic.model import NANOSECONDS, Reason, Reject, Substate
from logmedic.store import aliases, incident_rows, leases, positions, postgres, releases
from logmedic.store import tables as t
from logmedic.store.incident_rows import IncidentChange, KnownIncident
from logmedic.store.positions import StoredPosition
from logmedic.store.rows import entry, insert_for, parts, upsert

REJECTS_KEPT = 1_000  # per transaction; all are counted
CALM_AFTER = 3600 * NANOSECONDS  # on the wall clock, without an occurrence: what had escalated is calm again


class Ingest:
    """Writes of one batch, over a connection whose transaction the caller (``Store.ingest``) ends."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection

    def fence(self, fence: leases.Fence) -> None:
        """Go on only under this lease. Before anything else. Raises :class:`LeaseLostError`."""
        leases.check(self.connection, fence)

    def alone(self) -> bool:
        """Wait until no other process counts findings, and keep them waiting; ``False`` where there are no others.

        Else two that see the same new error would both open an incident, and each would forget the other's surges.
        """
        if self.connection.dialect.name == "sqlite":
            return False
        postgres.take_turn(self.connection, postgres.COUNTING_FINDINGS)
        return True

    def advance(self, position: StoredPosition, expected: int | None, lines: int, rejects: int, now: int) -> None:
        """Move a stream's position from ``expected`` bytes (``None``: never stored) and add to its counters.

        Must be called first, or behind :meth:`fence`: it takes the write lock, and
        a batch that somebody else has already stored ends here.

        Raises:
            StalePositionError: the stored position is not ``expected``.
        """
        positions.advance(self.connection, position, expected, lines=lines, rejects=rejects, now=now)

    def keep_rejects(self, rejects: Sequence[Reject], now: int) -> None:
        """Keep where the first ``REJECTS_KEPT`` rejected lines stand, so that they can be looked at."""
        rows = [
            {
                "source": r.ref.source, "stream": r.ref.stream, "offset": r.ref.offset,
                "reason": r.reason, "sample": r.sample, "at": now,
            }
            for r in rejects[:REJECTS_KEPT]
        ]  # fmt: skip
        if rows:
            self.connection.execute(
                insert_for(self.connection, t.rejects).on_conflict_do_nothing(
                    index_elements=["source", "stream", "offset"]
                ),
                rows,
            )

    def carry(self, name: str, value: bytes) -> None:
        statement = insert_for(self.connection, t.carried).values(name=name, value=value)
        self.connection.execute(
            statement.on_conflict_do_update(index_elements=["name"], set_={"value": statement.excluded.value})
        )

    def count_rules(self, counts: Mapping[tuple[str, str, int], int]) -> None:
        """Add to the number of matches by (rule, service, minute since the epoch)."""
        rows = [{"rule": r, "service": s, "minute": m, "count": n} for (r, s, m), n in sorted(counts.items())]
        if rows:
            upsert(self.connection, t.rule_counts, ["rule", "service", "minute"], rows)

    def survivors(self, fingerprints: Iterable[str]) -> dict[str, str]:
        """Of these those that were merged, with the fingerprint of the incident that they count as.

        Must be asked before :meth:`known`, which knows nothing of aliases. Nobody merges or splits from here on until
        the transaction has ended.
        """
        aliases.hold(self.connection, change=False)
        return aliases.survivors(self.connection, fingerprints)

    def see_releases(self, seen: Iterable[tuple[str, Mapping[str, int]]]) -> None:
        """Note which releases a batch named: (service, release → ns of its first occurrence)."""
        releases.see(self.connection, seen)

    def releases(self, service: str) -> dict[str, int]:
        """The releases of a service, with their place in the order of first sight."""
        return releases.places(self.connection, service)

    def settle(self, now: int) -> None:
        """Whatever has escalated, of which people know, and which has not been seen for an hour, is calm again."""
        c = t.incidents.c
        calm = (
            c.substate == Substate.ESCALATING.value, c.last_seen < now - CALM_AFTER,
            c.handled_generation >= c.generation,
        )  # fmt: skip
        rows = self.connection.execute(sa.select(c.id, c.last_seen).where(*calm).order_by(c.id)).all()
        if not rows:
            return
        for part in parts([row.id for row in rows]):
            self.connection.execute(
                sa.update(t.incidents).where(c.id.in_(part)).values(substate=Substate.ONGOING.value)
            )
        self.connection.execute(
            sa.insert(t.timeline),
            [entry(row.id, now, "ongoing", Reason("quiet", {"after": now - row.last_seen})) for row in rows],
        )

    def known(self, fingerprints: Iterable[str]) -> dict[str, KnownIncident]:
        """The incidents that these fingerprints already have. Their rows are locked, where a database locks rows."""
        return incident_rows.known(self.connection, fingerprints)

    def write(self, changes: Sequence[IncidentChange], now: int) -> dict[str, int]:
        """Insert and update incidents. Returns the incident id of each fingerprint."""
        return incident_rows.write(self.connection, changes, now)
