"""The one transaction in which everything that came of a batch of log lines is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from logmedic.errors import StalePositionError
from logmedic.model import NANOSECONDS, Reason, Reject, Sample, Severity, State, Substate
from logmedic.reasons import render
from logmedic.store import aliases, leases, postgres, releases
from logmedic.store import tables as t
from logmedic.store.rows import COUNTING, REASON, entry, insert_for, json, parts, reason, upsert

SAMPLES_KEPT = 20  # per fingerprint of an incident: the first few and the latest
REJECTS_KEPT = 1_000  # per transaction; all are counted
CALM_AFTER = 3600 * NANOSECONDS  # on the wall clock, without an occurrence: what had escalated is calm again


class StoredPosition(msgspec.Struct, frozen=True):
    """As ``collect.interface.Position``; the store does not import the steps above it."""

    source: str
    stream: str
    offset: int
    token: dict[str, Any]
    done: bool


class KnownIncident(msgspec.Struct, frozen=True, kw_only=True):
    """What a decision about a known fingerprint needs."""

    id: int
    fingerprint: str
    state: State
    substate: Substate
    severity: Severity
    floor: Severity
    first_seen: int
    last_seen: int
    last_raised: int
    count: int
    generation: int
    handled: bool  # people have been told of this generation
    why: Reason
    rules: tuple[str, ...]
    snoozed_until: int | None
    recent: tuple[tuple[int, int], ...]  # (minute since the epoch, count) of the last 25 hours of its own time
    snooze_count: int | None = None
    resolved_in: str | None = None
    resolved_next: bool = False
    held: Reason | None = None


class IncidentChange(msgspec.Struct, frozen=True, kw_only=True):
    """The new values of one incident after a batch, with what is added to its tables."""

    known: KnownIncident | None  # None: insert
    fingerprint: str
    title: str
    culprit: str
    service: str
    error_code: str | None
    state: State
    substate: Substate
    severity: Severity
    floor: Severity
    first_seen: int
    last_seen: int
    last_raised: int
    added: int
    generation: int
    why: Reason
    event: str | None  # what to write into the timeline, with the reason
    rules: tuple[str, ...]
    snoozed_until: int | None
    minutes: Mapping[int, int]  # minute since the epoch → occurrences to add
    samples: Sequence[Sample]
    snooze_count: int | None = None
    resolved_in: str | None = None
    resolved_next: bool = False
    held: Reason | None = None  # why it was only counted; into the timeline when it was not held before


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
        p = t.positions.c
        values = {
            "offset": position.offset,
            "token": msgspec.json.encode(position.token).decode(),
            "done": position.done,
            "updated_at": now,
        }
        if expected is None:
            written = self.connection.execute(
                insert_for(self.connection, t.positions)
                .values(source=position.source, stream=position.stream, lines=lines, rejects=rejects, **values)
                .on_conflict_do_nothing(index_elements=["source", "stream"]),
                execution_options=COUNTING,
            )
        else:
            written = self.connection.execute(
                sa.update(t.positions)
                .where(p.source == position.source, p.stream == position.stream, p.offset == expected)
                .values(lines=p.lines + lines, rejects=p.rejects + rejects, **values)
            )
        if written.rowcount != 1:
            raise StalePositionError(
                f"source {position.source}: {position.stream} was read on by another process; "
                "this one starts again from the stored position"
            )

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
        self._add(t.rule_counts, ["rule", "service", "minute"], rows)

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
        found: dict[str, KnownIncident] = {}
        c = t.incidents.c
        for part in parts(list(fingerprints)):
            query = sa.select(t.incidents).where(c.fingerprint.in_(part)).order_by(c.fingerprint).with_for_update()
            rows = self.connection.execute(query).all()
            recent = self._recent([row.id for row in rows])
            for row in rows:
                found[row.fingerprint] = KnownIncident(
                    id=row.id,
                    fingerprint=row.fingerprint,
                    state=State(row.state),
                    substate=Substate(row.substate),
                    severity=Severity(row.severity),
                    floor=Severity(row.floor),
                    first_seen=row.first_seen,
                    last_seen=row.last_seen,
                    last_raised=row.last_raised,
                    count=row._mapping["count"],  # a row has a method of that name
                    generation=row.generation,
                    handled=row.handled_generation >= row.generation,
                    why=reason(row.reason_code, row.reason_params, row.reason),
                    rules=tuple(msgspec.json.decode(row.rules)),
                    snoozed_until=row.snoozed_until,
                    recent=recent.get(row.id, ()),
                    snooze_count=row.snooze_count,
                    resolved_in=row.resolved_in,
                    resolved_next=row.resolved_next,
                    held=None if row.held is None else REASON.decode(row.held),
                )
        return found

    def write(self, changes: Sequence[IncidentChange], now: int) -> dict[str, int]:
        """Insert and update incidents. Returns the incident id of each fingerprint."""
        ordered = sorted(changes, key=lambda c: c.fingerprint)  # one order for all writers: no deadlocks
        ids = self._insert([c for c in ordered if c.known is None], now)
        ids.update(self._update([(c, c.known.id) for c in ordered if c.known is not None]))
        bars = [
            {"incident_id": ids[c.fingerprint], "minute": minute, "count": n}
            for c in ordered
            for minute, n in c.minutes.items()
        ]
        self._add(t.histogram, ["incident_id", "minute"], sorted(bars, key=lambda b: (b["incident_id"], b["minute"])))
        self._keep_samples([(c, ids[c.fingerprint]) for c in ordered if c.samples])
        events = [entry(ids[c.fingerprint], now, c.event, c.why) for c in ordered if c.event is not None]
        events += [
            entry(ids[c.fingerprint], now, "held", c.held)
            for c in ordered
            if c.held is not None and (c.known is None or c.known.held is None)
        ]
        if events:
            self.connection.execute(sa.insert(t.timeline), events)
        return ids

    # -- rows, many at a time: a statement for each would cost more than all the rest of a scan ---------------------

    def _insert(self, changes: Sequence[IncidentChange], now: int) -> dict[str, int]:
        if not changes:
            return {}
        rows = [
            {
                "fingerprint": c.fingerprint,
                "title": c.title,
                "culprit": c.culprit,
                "service": c.service,
                "error_code": c.error_code,
                "count": c.added,
                "handled_generation": 0,
                "created_at": now,
                **_changing(c),
            }
            for c in changes
        ]
        self.connection.execute(sa.insert(t.incidents), rows)
        column = t.incidents.c
        found: dict[str, int] = {}
        for part in parts([c.fingerprint for c in changes]):
            query = sa.select(column.fingerprint, column.id).where(column.fingerprint.in_(part))
            found.update((fingerprint, incident_id) for fingerprint, incident_id in self.connection.execute(query))
        return found

    def _update(self, changes: Sequence[tuple[IncidentChange, int]]) -> dict[str, int]:
        if not changes:
            return {}
        c = t.incidents.c
        names = _changing(changes[0][0])
        statement = (
            sa.update(t.incidents)
            .where(c.id == sa.bindparam("key"))
            .values({"count": c.count + sa.bindparam("added"), **{name: sa.bindparam(f"new_{name}") for name in names}})
        )
        rows = [
            {"key": key, "added": change.added, **{f"new_{name}": value for name, value in _changing(change).items()}}
            for change, key in changes
        ]
        self.connection.execute(statement, rows)
        return {change.fingerprint: key for change, key in changes}

    def _keep_samples(self, changes: Sequence[tuple[IncidentChange, int]]) -> None:
        rows = [
            {
                "incident_id": incident_id,
                "source": sample.record.ref.source,
                "stream": sample.record.ref.stream,
                "offset": sample.record.ref.offset,
                "time": sample.record.time,
                "body": json(sample),
                "fingerprint": sample.grouping.fingerprint,
            }
            for change, incident_id in changes
            for sample in change.samples
        ]
        if not rows:
            return
        self.connection.execute(
            insert_for(self.connection, t.samples).on_conflict_do_nothing(
                index_elements=["incident_id", "source", "stream", "offset"]
            ),
            rows,
        )
        c = t.samples.c
        half = SAMPLES_KEPT // 2
        for change, incident_id in changes:
            if change.known is None or change.known.count < SAMPLES_KEPT:
                continue
            for fingerprint in {sample.grouping.fingerprint for sample in change.samples}:
                of_it = (c.incident_id == incident_id, c.fingerprint == fingerprint)
                first = sa.select(c.id).where(*of_it).order_by(c.id).limit(half)
                last = sa.select(c.id).where(*of_it).order_by(c.id.desc()).limit(half)
                self.connection.execute(sa.delete(t.samples).where(*of_it, c.id.not_in(first), c.id.not_in(last)))

    def _recent(self, incident_ids: Sequence[int]) -> dict[int, tuple[tuple[int, int], ...]]:
        if not incident_ids:
            return {}
        c = t.histogram.c
        latest = sa.select(sa.func.max(c.minute)).where(c.incident_id.in_(incident_ids)).scalar_subquery()
        query = (
            sa.select(c.incident_id, c.minute, c.count)
            .where(c.incident_id.in_(incident_ids), c.minute > latest - 25 * 60)
            .order_by(c.incident_id, c.minute)
        )
        recent: dict[int, list[tuple[int, int]]] = {}
        for incident_id, minute, count in self.connection.execute(query):
            recent.setdefault(incident_id, []).append((minute, count))
        return {incident_id: tuple(bars) for incident_id, bars in recent.items()}

    def _add(self, table: sa.Table, keys: list[str], rows: list[dict[str, Any]]) -> None:
        """Insert counters or add to them. Rows are sorted by key, so that writers on PostgreSQL cannot deadlock."""
        if rows:
            upsert(self.connection, table, keys, rows)


def _changing(change: IncidentChange) -> dict[str, Any]:
    return {
        "state": change.state.value,
        "substate": change.substate.value,
        "severity": change.severity.value,
        "floor": change.floor.value,
        "first_seen": change.first_seen,
        "last_seen": change.last_seen,
        "last_raised": change.last_raised,
        "generation": change.generation,
        "reason": render(change.why).en,
        "reason_code": change.why.code,
        "reason_params": json(change.why.params),
        "rules": json(change.rules),
        "snoozed_until": change.snoozed_until,
        "snooze_count": change.snooze_count,
        "resolved_in": change.resolved_in,
        "resolved_next": change.resolved_next,
        "held": None if change.held is None else json(change.held),
    }
