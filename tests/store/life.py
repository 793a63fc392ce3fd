"""A state and an intake without an engine: what the log lines and what people do to incidents."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import sqlalchemy as sa

from logmedic import build
from logmedic.collect.dialects import sniff
from logmedic.collect.interface import Batch, Position
from logmedic.group.release import Order, unknown
from logmedic.group.window import WindowConfig
from logmedic.model import NANOSECONDS, Incident
from logmedic.pipeline.digest import Digest
from logmedic.pipeline.intake import Intake, Moved, Taken
from logmedic.redact import Redactor
from logmedic.store.changes import Changes
from logmedic.store.database import open_database
from logmedic.store.store import Store

MINUTE = 60 * NANOSECONDS
T0 = 1_767_225_600 * NANOSECONDS  # 2026-01-01


class NoEngine:
    """Notes what it is given."""

    def __init__(self) -> None:
        self.given: list[tuple[int, str, int]] = []

    def prepare(self) -> None: ...

    def enqueue(
        self, connection: sa.Connection, incident_id: int, fingerprint: str, generation: int, *, urgent: bool = False
    ) -> None:
        self.given.append((incident_id, fingerprint, generation))

    def committed(self) -> None: ...


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = T0

    def now(self) -> int:
        return self.time


def line(message: str, minute: float = 0.0, **fields: object) -> str:
    time = datetime.fromtimestamp(T0 / NANOSECONDS + minute * 60, UTC).isoformat().replace("+00:00", "Z")
    return json.dumps({"time": time, "level": "ERROR", "service": "shop", "message": message, **fields})


class Life:
    """One state; lines are counted at once, ``minute`` is when (after T0) both the log and we live."""

    def __init__(self, url: str, config: build.Config | None = None, ancestry: Order = unknown) -> None:
        self.config = config or build.Config()
        self.store = Store(open_database(url))
        self.engine = NoEngine()
        self.clock = Hands()
        self._digester = build.digester(self.config)
        self._offset = {p.stream: p.offset for p in self.store.positions("app")}
        self._intake = Intake(
            store=self.store,
            engine=self.engine,  # type: ignore[arg-type]
            surges=[],
            window=WindowConfig(),
            redactor=Redactor(self.config.redact),
            clock=self.clock,  # type: ignore[arg-type]
            identify=build.grouper(self.config),
            ancestry=ancestry,
        )

    def count(self, *lines: str, minute: float = 0.0, stream: str = "s1", told: bool = True) -> Taken:
        """One batch. ``told``: people hear of what it raised."""
        self.clock.time = T0 + int(minute * MINUTE) + NANOSECONDS
        before = self._offset.get(stream)
        data = "".join(text + "\n" for text in lines).encode()
        digest = Digest()
        start = before or 0
        after = Position("app", stream, start + len(data), {}, False)
        batch = Batch(
            source="app", stream=stream, data=data, start=start, position=after, dialect=sniff(data.split(b"\n")[0])
        )
        read, rejects = self._digester.add(digest, batch, self.clock.now())
        taken = self._intake.commit(digest, [Moved(after, before, read, rejects)])
        self._offset[stream] = start + len(data)
        for incident in self.store.list_incidents(ids=sorted(taken.raised)) if told else ():
            self.store.mark_handled(incident.id, incident.generation)
        return taken

    def errors(self, message: str, minutes: Sequence[float], **fields: object) -> Taken:
        return self.count(*(line(message, m, **fields) for m in minutes), minute=max(minutes))

    def the(self, word: str) -> Incident:
        """The only incident, merged or not, whose title contains ``word``."""
        (found,) = [i for i in self.everything() if word in i.title]
        return found

    def everything(self) -> list[Incident]:
        with self.store.database.connect() as connection:
            ids = list(connection.execute(sa.text("SELECT id FROM incidents")).scalars())
        return list(self.store.by_ids(sorted(ids)))

    def change(self, minute: float = 0.0):
        """A transaction of a person."""
        return self.store.changing(now=T0 + int(minute * MINUTE), actor="mina")

    def codes(self, incident: Incident | int) -> list[tuple[str, str]]:
        number = incident if isinstance(incident, int) else incident.id
        return [(e.event, e.why.code) for e in self.store.timeline(number)]


def merge(changes: Changes, kept: Incident, *others: Incident) -> None:
    for other in others:
        changes.merge(kept.id, other.id)
