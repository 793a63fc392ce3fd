"""What people do to incidents: say what became of them, merge them, split them. Each of it in one transaction."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from logmedic.errors import UsageError
from logmedic.model import Reason, Sample, Severity, State, Substate
from logmedic.reasons import render
from logmedic.store import aliases
from logmedic.store import tables as t
from logmedic.store.rows import insert_for, json, note

_SAMPLE = msgspec.json.Decoder(Sample)
_RULES = msgspec.json.Decoder(tuple[str, ...])

_Row = sa.Row[Any]

JUDGED = "judged"
RIGHT, WRONG = "verdict-right", "verdict-wrong"


class Changes:
    """Changes over a connection whose transaction the caller (``Store.changing``) ends.

    Nothing is counted meanwhile, so what is read here still holds when it is written. Methods raise
    :class:`logmedic.errors.UsageError` for what makes no sense; then nothing of the transaction is kept.
    """

    def __init__(self, connection: sa.Connection, *, now: int, actor: str) -> None:
        """``now``: ns on the wall clock. ``actor``: who does it, for the timeline."""
        self._connection = connection
        self._now = now
        self._actor = actor
        aliases.hold(connection, change=True)

    def set_state(
        self,
        incident_id: int,
        state: State,
        why: Reason,
        *,
        snoozed_until: int | None = None,
        snooze_more: int | None = None,
        resolved_in: str | None = None,
        resolved_next: bool = False,
    ) -> None:
        """Say what became of an incident.

        ``snoozed_until``: ns on the wall clock; ``snooze_more``: until so many more occurrences. ``resolved_in``: only
        this release or a later one reopens it; with ``resolved_next`` only a later one.
        """
        row = self._living(incident_id)
        limit = None if snooze_more is None else row._mapping["count"] + snooze_more
        self._update(
            incident_id,
            state=state.value,
            snoozed_until=snoozed_until,
            snooze_count=limit,
            resolved_in=resolved_in,
            resolved_next=resolved_next,
            held=None,
        )
        if resolved_in is not None:
            # It gets its place in the order of first sight now: what we have seen before is older.
            self._connection.execute(
                insert_for(self._connection, t.releases)
                .values(service=row.service, release=resolved_in, first_seen=self._now)
                .on_conflict_do_nothing(index_elements=["service", "release"])
            )
        self._note(incident_id, state.value, why)

    def merge(self, survivor_id: int, other_id: int) -> None:
        """Let everything of one incident, past and to come, count as the other."""
        kept, other = self._living(survivor_id), self._living(other_id)
        if survivor_id == other_id:
            raise UsageError(f"incident {survivor_id} cannot be merged into itself")
        for row in (kept, other):
            if self._is_synthetic(row.id):
                raise UsageError(
                    f"incident {row.id} ({row.title}) sums up errors of other incidents; it cannot be merged"
                )
        count = other._mapping["count"]
        took = Reason("took-in", {"incident": other_id, "fingerprint": other.fingerprint, "count": count})
        self._move(kept.id, other)
        self._update(survivor_id, **_together(kept, other, took))
        self._update(other_id, handled_generation=other.generation)
        a = t.aliases.c
        self._connection.execute(sa.update(t.aliases).where(a.incident_id == other_id).values(incident_id=survivor_id))
        aliases.point(self._connection, other.fingerprint, survivor_id, self._now, self._actor)
        self._note(survivor_id, "merged", took)
        self._note(other_id, "merged", Reason("merged-into", {"incident": survivor_id}))

    def split(self, incident_id: int, prefix: str) -> str:
        """Take a fingerprint (or the start of one) out again: its next occurrence is an incident of its own.

        What has been counted stays where it is. Returns the whole fingerprint.
        """
        row = self._living(incident_id)
        known = aliases.of_incidents(self._connection, [incident_id]).get(incident_id, ())
        found = [f for f in known if f.startswith(prefix) or f.partition(":")[2].startswith(prefix)]
        if not found and row.fingerprint.startswith(prefix):
            raise UsageError(
                f"{prefix} is the fingerprint of incident {incident_id} itself; only merged ones split off"
            )
        if len(found) != 1:
            raise UsageError(f"{prefix!r} fits {len(found)} fingerprints that were merged into incident {incident_id}")
        fingerprint = found[0]
        self._connection.execute(sa.delete(t.aliases).where(t.aliases.c.fingerprint == fingerprint))
        self._note(incident_id, "split", Reason("split-off", {"fingerprint": fingerprint}))
        c = t.incidents.c
        own = self._connection.execute(sa.select(c.id, c.generation).where(c.fingerprint == fingerprint)).first()
        if own is not None:
            # The generation goes on from where it was: workflows and effects of the old ones have its number.
            self._update(own.id, **_AFRESH, first_seen=self._now, handled_generation=own.generation)
            self._note(own.id, "split", Reason("split-from", {"incident": incident_id}))
        return fingerprint

    def judge(self, incident_id: int, *, right: bool) -> None:
        """Say whether the diagnosis was right."""
        row = self._living(incident_id)
        if row.diagnosis is None:
            raise UsageError(f"incident {incident_id} has no diagnosis yet that could be right or wrong")
        self._note(incident_id, JUDGED, Reason(RIGHT if right else WRONG))

    def alias(self, fingerprint: str, incident_id: int) -> None:
        """Let a fingerprint count as this incident. One that has an incident must be merged instead."""
        c, a = t.incidents.c, t.aliases.c
        self._living(incident_id)
        merged = sa.exists().where(a.fingerprint == c.fingerprint)
        if self._connection.execute(sa.select(c.id).where(c.fingerprint == fingerprint, ~merged)).first() is not None:
            raise UsageError(f"{fingerprint} has an incident by now; look again what would change")
        aliases.point(self._connection, fingerprint, incident_id, self._now, self._actor)
        self._note(incident_id, "regrouped", Reason("regrouped", {"fingerprint": fingerprint}))

    def regroup_split(self, incident_id: int, fingerprint: str, samples: int, total: int) -> None:
        """Note that part of an incident is grouped elsewhere now."""
        figures: dict[str, int | float | str] = {"fingerprint": fingerprint, "samples": samples, "total": total}
        self._note(incident_id, "regrouped", Reason("regroup-split", figures))

    def _living(self, incident_id: int) -> _Row:
        query = sa.select(t.incidents).where(t.incidents.c.id == incident_id).with_for_update()
        row = self._connection.execute(query).first()
        if row is None:
            raise UsageError(f"no incident {incident_id}; `logmedic incidents list` shows them")
        into = aliases.merged_into(self._connection, [row.fingerprint]).get(row.fingerprint)
        if into is not None:
            raise UsageError(f"incident {incident_id} is merged into {into}; name that one")
        return row

    def _is_synthetic(self, incident_id: int) -> bool:
        c = t.samples.c
        body = self._connection.execute(sa.select(c.body).where(c.incident_id == incident_id).limit(1)).scalar()
        return body is not None and any(p.name == "synthetic" for p in _SAMPLE.decode(body).grouping.components)

    def _move(self, kept: int, other: _Row) -> None:
        """Everything that hangs on the other incident, to the one that is kept."""
        run = self._connection.execute
        h, s = t.histogram.c, t.samples.c
        bars = insert_for(self._connection, t.histogram).from_select(
            ["incident_id", "minute", "count"],
            sa.select(sa.literal(kept), h.minute, h.count).where(h.incident_id == other.id).order_by(h.minute),
        )
        run(
            bars.on_conflict_do_update(
                index_elements=["incident_id", "minute"], set_={"count": h.count + bars.excluded.count}
            )
        )
        run(sa.delete(t.histogram).where(h.incident_id == other.id))
        same = t.samples.alias()
        there = sa.exists().where(
            same.c.incident_id == kept, same.c.source == s.source, same.c.stream == s.stream, same.c.offset == s.offset
        )
        run(sa.delete(t.samples).where(s.incident_id == other.id, there))
        run(sa.update(t.samples).where(s.incident_id == other.id).values(incident_id=kept))
        run(sa.update(t.fixes).where(t.fixes.c.incident_id == other.id).values(incident_id=kept))
        for table in (t.timeline, t.effects):
            origin = sa.func.coalesce(table.c.origin, other.fingerprint)
            run(sa.update(table).where(table.c.incident_id == other.id).values(incident_id=kept, origin=origin))

    def _update(self, incident_id: int, **values: object) -> None:
        self._connection.execute(sa.update(t.incidents).where(t.incidents.c.id == incident_id).values(values))

    def _note(self, incident_id: int, event: str, why: Reason) -> None:
        note(self._connection, incident_id, self._now, event, why, actor=self._actor)


_AFRESH: dict[str, object] = {
    "state": State.OPEN.value,
    "substate": Substate.NEW.value,
    "severity": Severity.INFO.value,
    "floor": Severity.INFO.value,
    "last_seen": 0,
    "last_raised": 0,
    "count": 0,
    "reason": "",
    "reason_code": "split-from",
    "rules": "[]",
    "snoozed_until": None,
    "snooze_count": None,
    "resolved_in": None,
    "resolved_next": False,
    "held": None,
    "diagnosis": None,
}


def _together(kept: _Row, other: _Row, took: Reason) -> dict[str, object]:
    """The figures of both. What people decided about the one that is kept stands.

    Its generation rises to the other's, whose messages it may go on with. News that people have not heard yet become
    news of the one that is kept.
    """
    untold = other.handled_generation < other.generation
    generation = max(kept.generation, other.generation) + untold
    told = not untold and kept.handled_generation >= kept.generation
    values: dict[str, object] = {
        "count": kept._mapping["count"] + other._mapping["count"],
        "first_seen": min(kept.first_seen, other.first_seen),
        "last_seen": max(kept.last_seen, other.last_seen),
        "last_raised": max(kept.last_raised, other.last_raised),
        "severity": Severity.highest(Severity(kept.severity), Severity(other.severity)).value,
        "floor": Severity.highest(Severity(kept.floor), Severity(other.floor)).value,
        "rules": json(sorted({*_RULES.decode(kept.rules), *_RULES.decode(other.rules)})),
        "generation": generation,
        "handled_generation": generation if told else min(kept.handled_generation, generation - 1),
        "diagnosis": other.diagnosis if kept.diagnosis is None else kept.diagnosis,
    }
    if kept.snooze_count is not None:
        values["snooze_count"] = kept.snooze_count + other._mapping["count"]
    if untold:
        news = Substate.ONGOING if other.substate == Substate.NEW.value else Substate(other.substate)
        values |= {
            "substate": news.value,
            "reason": render(took).en,
            "reason_code": took.code,
            "reason_params": json(took.params),
        }
    return values
