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
from logmedic.model import Diagnosis, Incident, Neighbour, Outcome, Reason, Result, Sample, Severity, State
from logmedic.store import reading, releases
from logmedic.store import tables as t
from logmedic.store.changes import Changes
from logmedic.store.ingest import Ingest, StoredPosition
from logmedic.store.reading import LIVING, MINUTE
from logmedic.store.refusal import said, unusable
from logmedic.store.rows import insert_for, json, note, reason

# Made once, before there are threads; see ``store.rows``.
_SAMPLE = msgspec.json.Decoder(Sample)
_RECEIPT = msgspec.json.Decoder(dict[str, object])


class TimelineEntry(msgspec.Struct, frozen=True):
    at: int  # ns
    event: str
    reason: str
    actor: str
    why: Reason  # ``reason`` as a code with figures
    origin: str | None  # the fingerprint that it was about, when that has been merged into this incident


class Undelivered(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that a channel did not take. Times in ns on the wall clock."""

    channel: str
    reason: str
    final: bool  # no further try will be made
    tried: int  # when it was tried last
    asked: int  # the earliest time at which another try makes sense
    held: bool = False  # nothing is wrong: a silence or a maintenance window lasts


class Totals(msgspec.Struct, frozen=True):
    """What has been read of one source since the state was made."""

    source: str
    lines: int
    rejects: int


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
        with self._reading() as c:
            rows = c.execute(sa.select(t.positions).where(t.positions.c.source == source)).all()
            return [StoredPosition(r.source, r.stream, r.offset, msgspec.json.decode(r.token), r.done) for r in rows]

    def totals(self) -> list[Totals]:
        p = t.positions.c
        query = sa.select(p.source, sa.func.sum(p.lines), sa.func.sum(p.rejects)).group_by(p.source).order_by(p.source)
        with self._reading() as c:
            return [Totals(source, int(lines), int(rejects)) for source, lines, rejects in c.execute(query)]

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

    def note(self, incident_id: int, at: int, *, event: str, reason: str | Reason) -> None:
        """Add a line to an incident's timeline."""
        why = reason if isinstance(reason, Reason) else Reason("by-hand", {"words": reason})
        with self._writing() as connection:
            note(connection, incident_id, at, event, why, actor="logmedic")

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
        c = t.effects.c
        with self._writing() as connection:
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

    def end_effect(self, key: str, outcome: Outcome, now: int) -> None:
        with self._writing() as connection:
            connection.execute(
                sa.update(t.effects)
                .where(t.effects.c.key == key)
                .values(
                    result=outcome.result.value, reason=outcome.reason, receipt=json(outcome.receipt), updated_at=now
                )
            )

    def receipt(self, incident_id: int, channel: str) -> dict[str, object] | None:
        """What the latest successful delivery to this channel returned; merged incidents hand theirs down."""
        c = t.effects.c
        query = (
            sa.select(c.receipt)
            .where(c.incident_id == incident_id, c.channel == channel, c.result == "sent")
            # Its own go before those of an incident that was merged into it.
            .order_by(c.origin.is_not(None), c.generation.desc(), c.updated_at.desc())
            .limit(1)
        )
        with self._reading() as connection:
            text = connection.execute(query).scalar()
            return None if text is None else _RECEIPT.decode(text)

    def effects(self, incident_id: int) -> list[tuple[int, str, str, str]]:
        """(generation, channel, result, reason) of every effect, oldest first."""
        c = t.effects.c
        query = (
            sa.select(c.generation, c.channel, c.result, c.reason)
            .where(c.incident_id == incident_id)
            .order_by(c.generation, c.channel)
        )
        with self._reading() as connection:
            return [(g, ch, r, why) for g, ch, r, why in connection.execute(query)]

    def undelivered(self, incident_ids: Sequence[int]) -> list[Undelivered]:
        """What did not reach a channel of the latest news of these incidents, oldest incident first."""
        c, i = t.effects.c, t.incidents.c
        found: list[Undelivered] = []
        with self._reading() as connection:
            for start in range(0, len(incident_ids), 500):
                query = (
                    sa.select(c.channel, c.result, c.reason, c.receipt, c.updated_at)
                    .join(t.incidents, sa.and_(i.id == c.incident_id, i.generation == c.generation))
                    .where(c.origin.is_(None))
                    .where(c.incident_id.in_(incident_ids[start : start + 500]), c.result.in_(("failed", "deferred")))
                    .order_by(c.incident_id, c.channel)
                )
                for row in connection.execute(query):
                    receipt = _RECEIPT.decode(row.receipt)
                    asked = receipt.get("retry_at")
                    found.append(
                        Undelivered(
                            channel=row.channel,
                            reason=row.reason,
                            final=row.result == "failed",
                            tried=row.updated_at,
                            asked=asked if isinstance(asked, int) else row.updated_at,
                            held=receipt.get("held") is True,
                        )
                    )
        return found

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
