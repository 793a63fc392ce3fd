"""Everything logmedic remembers, behind plain methods; callers see frozen types, never SQL.

All that comes of a batch of log lines is written through one :class:`Ingest` transaction: the source positions, the
counters, the incidents and (through the engine) their workflows. Either all of it is there after a crash or none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec
import sqlalchemy as sa

from logmedic.errors import StoreError
from logmedic.model import Diagnosis, Incident, Neighbour, Outcome, Reason, Sample, Severity, State
from logmedic.store import effects, positions, reading, releases
from logmedic.store import tables as t
from logmedic.store.changes import Changes
from logmedic.store.effects import Undelivered
from logmedic.store.ingest import Ingest
from logmedic.store.positions import StoredPosition, Totals
from logmedic.store.reading import LIVING, MINUTE
from logmedic.store.refusal import said, unusable
from logmedic.store.rows import json, note, reason

# Made once, before there are threads; see ``store.rows``.
_SAMPLE = msgspec.json.Decoder(Sample)


class TimelineEntry(msgspec.Struct, frozen=True):
    at: int  # ns
    event: str
    reason: str
    actor: str
    why: Reason  # ``reason`` as a code with figures
    origin: str | None  # the fingerprint that it was about, when that has been merged into this incident


class Store:
    """Queries and changes over one database; safe to share between threads."""

    def __init__(self, database: sa.Engine) -> None:
        self.database = database

    def close(self) -> None:
        self.database.dispose()

    @contextmanager
    def ingest(self) -> Iterator[Ingest]:
        """One transaction for a batch. Raises :class:`StoreError` when the database refuses (disk full, locked)."""
        try:
            with self.database.begin() as connection:
                yield Ingest(connection)
        except sa.exc.DBAPIError as error:
            raise StoreError(
                f"state database: {said(error.orig)}; nothing of this batch was kept, it will be read again"
            ) from error
        except msgspec.DecodeError as error:
            raise unusable(error) from error

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        """A connection to read with; rows are decoded within, so that damage of any kind is reported as such."""
        try:
            with self.database.connect() as connection:
                yield connection
        except sa.exc.DBAPIError as error:
            raise unusable(error) from error
        except (msgspec.DecodeError, ValueError) as error:
            raise unusable(error) from error

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        try:
            with self.database.begin() as connection:
                yield connection
        except sa.exc.DBAPIError as error:
            raise unusable(error) from error

    @contextmanager
    def changing(self, *, now: int, actor: str) -> Iterator[Changes]:
        """One transaction for what somebody does to incidents; nothing is counted meanwhile."""
        with self._writing() as connection:
            yield Changes(connection, now=now, actor=actor)

    def positions(self, source: str) -> list[StoredPosition]:
        with self._reading() as connection:
            return positions.of_source(connection, source)

    def totals(self) -> list[Totals]:
        with self._reading() as connection:
            return positions.totals(connection)

    def carried(self, name: str) -> bytes | None:
        with self._reading() as c:
            return c.execute(sa.select(t.carried.c.value).where(t.carried.c.name == name)).scalar()

    # -- incidents -------------------------------------------------------------------------------------------------

    def incident(self, incident_id: int) -> Incident | None:
        found = self._incidents(t.incidents.c.id == incident_id)
        return found[0] if found else None

    def by_fingerprint(self, prefix: str) -> list[Incident]:
        """Incidents that a fingerprint which starts with ``prefix`` (with or without the version) counts as."""

        def fits(column: sa.Column[str]) -> sa.ColumnElement[bool]:
            literal = prefix.replace("/", "//").replace("%", "/%").replace("_", "/_")
            return sa.or_(column.like(f"{literal}%", escape="/"), column.like(f"v%:{literal}%", escape="/"))

        a, i = t.aliases.c, t.incidents.c
        aliased = sa.select(a.incident_id).where(fits(a.fingerprint))
        merged = sa.exists().where(a.fingerprint == i.fingerprint)
        return self._incidents(sa.or_(sa.and_(fits(i.fingerprint), ~merged), i.id.in_(aliased)))

    def list_incidents(
        self, *, states: Sequence[State] = (), ids: Sequence[int] | None = None, limit: int = 100
    ) -> list[Incident]:
        """Latest seen first. Those that were merged into another one only when ``ids`` asks for them."""
        conditions: list[sa.ColumnElement[bool]] = [LIVING] if ids is None else []
        if states:
            conditions.append(t.incidents.c.state.in_([s.value for s in states]))
        if ids is not None:
            conditions.append(t.incidents.c.id.in_(ids))
        return self._incidents(*conditions, limit=limit)

    def living(self) -> list[int]:
        """The numbers of all incidents that are not merged into another one, oldest first."""
        with self._reading() as connection:
            return list(
                connection.execute(sa.select(t.incidents.c.id).where(LIVING).order_by(t.incidents.c.id)).scalars()
            )

    def by_ids(self, ids: Sequence[int]) -> Iterator[Incident]:
        """These incidents, in the order of their numbers, a few in memory at a time (diagnoses are large)."""
        for start in range(0, len(ids), 20):
            part = self._incidents(t.incidents.c.id.in_(ids[start : start + 20]))
            yield from sorted(part, key=lambda i: i.id)

    def similar(self, incident: Incident, limit: int) -> list[Incident]:
        """Other incidents of the same culprit or error code, latest first."""
        c = t.incidents.c
        alike = [sa.and_(c.culprit == incident.culprit, c.culprit != "")]
        if incident.error_code:
            alike.append(c.error_code == incident.error_code)
        return self._incidents(LIVING, c.id != incident.id, sa.or_(*alike), limit=limit)

    def releases(self, service: str) -> dict[str, int]:
        """The releases of a service that were seen, with their place in the order of first sight."""
        with self._reading() as connection:
            return releases.places(connection, service)

    def elsewhere(self, service: str, since: int, until: int, limit: int) -> list[Neighbour]:
        """Incidents of other services that occurred from ``since`` to ``until`` (ns), each with its latest sample.

        As far as their first and last occurrence tell; those with the most occurrences, first seen first.
        """
        c, s = t.incidents.c, t.samples.c
        of = t.samples.alias("of")
        latest = (
            sa.select(sa.func.max(of.c.id)).where(of.c.incident_id == c.id).correlate(t.incidents).scalar_subquery()
        )
        query = (
            sa.select(c.id, c.service, c.first_seen, c.last_seen, s.body)
            .join_from(t.incidents, t.samples, s.id == latest)
            .where(c.first_seen <= until, c.last_seen >= since, c.service != service, c.service != "")
            .order_by(c.count.desc(), c.id)
            .limit(limit)
        )
        with self._reading() as connection:
            rows = connection.execute(query).all()
        found = [
            Neighbour(
                id=row.id, service=row.service, first_seen=row.first_seen, last_seen=row.last_seen,
                record=_SAMPLE.decode(row.body).record,
            )
            for row in rows
        ]  # fmt: skip
        return sorted(found, key=lambda n: (n.first_seen, n.id))

    def error_counts(self, service: str, since: int, until: int) -> int:
        """Records of ``service`` that matched ``error-level`` in the minutes from ``since`` up to ``until`` (ns)."""
        c = t.rule_counts.c
        query = sa.select(sa.func.coalesce(sa.func.sum(c.count), 0)).where(
            c.rule == "error-level", c.service == service, c.minute >= since // MINUTE, c.minute <= until // MINUTE
        )
        with self._reading() as connection:
            return int(connection.execute(query).scalar_one())

    def samples(self, incident_id: int, limit: int = 20) -> list[Sample]:
        """Stored occurrences, latest first."""
        query = (
            sa.select(t.samples.c.body)
            .where(t.samples.c.incident_id == incident_id)
            .order_by(t.samples.c.time.desc(), t.samples.c.id.desc())
            .limit(limit)
        )
        with self._reading() as c:
            return [_SAMPLE.decode(body) for (body,) in c.execute(query)]

    def save_diagnosis(self, incident_id: int, diagnosis: Diagnosis, now: int, actor: str = "logmedic") -> None:
        """Keep a diagnosis; the incident's severity becomes the diagnosis's, never below the floor of its rules."""
        c = t.incidents.c
        with self._writing() as connection:
            # An update first, so that the floor read next is read under the write lock.
            connection.execute(sa.update(t.incidents).where(c.id == incident_id).values(diagnosis=json(diagnosis)))
            floor = connection.execute(sa.select(c.floor).where(c.id == incident_id)).scalar_one()
            severity = Severity.highest(Severity(floor), diagnosis.severity)
            connection.execute(sa.update(t.incidents).where(c.id == incident_id).values(severity=severity.value))
            why = Reason("diagnosed", {"engine": diagnosis.engine, "status": diagnosis.status.value})
            note(connection, incident_id, now, "diagnosed", why, actor=actor)

    def note(self, incident_id: int, at: int, *, event: str, reason: str | Reason, actor: str = "logmedic") -> None:
        """Add a line to an incident's timeline."""
        why = reason if isinstance(reason, Reason) else Reason("by-hand", {"words": reason})
        with self._writing() as connection:
            note(connection, incident_id, at, event, why, actor=actor)

    def set_state(
        self, incident_id: int, state: State, *, now: int, actor: str, reason: str, snoozed_until: int | None = None
    ) -> None:
        """As ``Changes.set_state``, with a reason in words."""
        with self.changing(now=now, actor=actor) as changes:
            changes.set_state(incident_id, state, Reason("by-hand", {"words": reason}), snoozed_until=snoozed_until)

    def timeline(self, incident_id: int) -> list[TimelineEntry]:
        """What happened, oldest first."""
        c = t.timeline.c
        query = sa.select(t.timeline).where(c.incident_id == incident_id).order_by(c.at, c.id)
        with self._reading() as connection:
            return [
                TimelineEntry(
                    row.at, row.event, row.reason, row.actor, reason(row.code, row.params, row.reason), row.origin
                )
                for row in connection.execute(query)
            ]

    # -- effects ---------------------------------------------------------------------------------------------------

    def begin_effect(self, key: str, incident_id: int, generation: int, channel: str, now: int) -> Outcome | None:
        """Note that an effect is about to be tried. Returns its outcome when it has one already: then do nothing."""
        with self._writing() as connection:
            return effects.begin(
                connection, key, incident_id=incident_id, generation=generation, channel=channel, now=now
            )

    def end_effect(self, key: str, outcome: Outcome, now: int) -> None:
        with self._writing() as connection:
            effects.end(connection, key, outcome, now)

    def receipt(self, incident_id: int, channel: str) -> dict[str, object] | None:
        """What the latest successful delivery to this channel returned; merged incidents hand theirs down."""
        with self._reading() as connection:
            return effects.receipt(connection, incident_id, channel)

    def effects(self, incident_id: int) -> list[tuple[int, str, str, str]]:
        """(generation, channel, result, reason) of every effect, oldest first."""
        with self._reading() as connection:
            return effects.of_incident(connection, incident_id)

    def undelivered(self, incident_ids: Sequence[int]) -> list[Undelivered]:
        """What did not reach a channel of the latest news of these incidents, oldest incident first."""
        with self._reading() as connection:
            return effects.undelivered(connection, incident_ids)

    def mark_handled(self, incident_id: int, generation: int) -> None:
        c = t.incidents.c
        with self._writing() as connection:
            connection.execute(
                sa.update(t.incidents)
                .where(c.id == incident_id, c.handled_generation < generation)
                .values(handled_generation=generation)
            )

    def waiting(self) -> bool:
        """Whether an incident is still to be told of and nothing of it was put off until later."""
        c, e = t.incidents.c, t.effects.c
        deferred = sa.exists().where(
            e.incident_id == c.id, e.generation == c.generation, e.result == "deferred",
            e.origin.is_(None),
        )  # fmt: skip
        with self._reading() as connection:
            query = sa.select(sa.exists().where(c.handled_generation < c.generation, ~deferred))
            return bool(connection.execute(query).scalar_one())

    def unhandled(self) -> list[tuple[int, str, int]]:
        """(id, fingerprint, generation) of incidents that people should still hear of."""
        c = t.incidents.c
        with self._reading() as connection:
            rows = connection.execute(
                sa.select(c.id, c.fingerprint, c.generation).where(c.handled_generation < c.generation).order_by(c.id)
            )
            return [(i, f, g) for i, f, g in rows]

    # -- reading rows ----------------------------------------------------------------------------------------------

    def _incidents(self, *conditions: sa.ColumnElement[bool], limit: int = 1000) -> list[Incident]:
        with self._reading() as connection:
            return reading.incidents(connection, *conditions, limit=limit)
