"""Looking into the logs beside those who follow them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from logmedic import doors
from logmedic.bounds import bounded
from logmedic.build.shape import Loaded
from logmedic.build.sourcing import make_source
from logmedic.collect.interface import Backlog, Position, Source
from logmedic.collect.stdin import StdinSourceConfig
from logmedic.model import LogRecord

if TYPE_CHECKING:
    from logmedic.store.store import Store


class Lookup:
    """Evidence from the logs: sources of its own, so that the ones being followed stay with their threads."""

    def __init__(self, loaded: Loaded, clock: doors.Clock, opened: Store) -> None:
        self._loaded = loaded
        self._clock = clock
        self._store = opened
        self._lock = threading.Lock()
        self._sources: dict[str, Source] = {}

    def around(self, record: LogRecord, before: int, after: int) -> list[LogRecord]:
        with self._lock:  # bounded, because everything handed over is redacted, and a line may have a megabyte
            source = self._source(record.ref.source)
            return [] if source is None else [bounded(r) for r in source.around(record.ref, before, after)]

    def by_request(self, request_id: str, since: int, until: int) -> list[LogRecord]:
        with self._lock:
            found = [self._source(config.name) for config in self._loaded.config.sources]
            return [
                bounded(record)
                for source in found
                if source is not None
                for record in source.by_request(request_id, since, until)
            ]

    def backlog(self, name: str) -> Backlog:
        """What this source has not read yet, beyond the positions that are stored."""
        with self._lock:
            source = self._source(name)
            return Backlog() if source is None else source.backlog()

    def close(self) -> None:
        with self._lock:
            for source in self._sources.values():
                source.close()
            self._sources.clear()

    def _source(self, name: str) -> Source | None:
        config = next((c for c in self._loaded.config.sources if c.name == name), None)
        if config is None or isinstance(config, StdinSourceConfig):
            return None
        source = self._sources.get(name)
        if source is None:
            source = self._sources[name] = make_source(config, self._loaded.base, self._clock)
        source.resume([Position(p.source, p.stream, p.offset, p.token, p.done) for p in self._store.positions(name)])
        return source
