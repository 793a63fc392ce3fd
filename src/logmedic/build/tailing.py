"""The latest lines of a source, for people who watch them."""

from __future__ import annotations

import hashlib
from itertools import islice
from typing import TYPE_CHECKING

from logmedic.bounds import bounded
from logmedic.build.cleaning import redactor
from logmedic.build.sourcing import anchored
from logmedic.collect import latest
from logmedic.collect.file import FileSourceConfig
from logmedic.collect.push.config import PushSourceConfig

if TYPE_CHECKING:
    from logmedic import doors
    from logmedic.build.shape import Loaded
    from logmedic.model import LogRecord


class Tail:
    """Of the sources whose lines stand in files here; other places show their own."""

    def __init__(self, loaded: Loaded, clock: doors.Clock) -> None:
        self._loaded = loaded
        self._clock = clock
        self._redactor = redactor(loaded)

    def mark(self, name: str) -> str | None:
        """A text that changes when something is written; ``None``: the lines of this source are not here."""
        config = self._files(name)
        if config is None:
            return None
        return hashlib.sha256(repr(latest.newest(config)).encode("utf-8", "replace")).hexdigest()[:24]

    def lines(self, name: str, limit: int, wanted: str = "") -> list[LogRecord]:
        """The last ``limit`` records, oldest first, redacted. ``wanted``: what each holds, in any case of letters.

        What is looked for is looked for in what is shown: nobody finds out a secret by asking for its parts.
        """
        config = self._files(name)
        if config is None:
            return []
        found = latest.records(config, latest.newest(config), self._clock.now())
        shown = (self._redactor.record(bounded(record)) for record in reversed(found))
        needle = wanted.casefold()
        return list(islice((record for record in shown if needle in _text(record)), limit))[::-1]

    def text(self, name: str) -> bytes:
        """The last whole lines of each file, as they are written; for a trial, never to be shown."""
        config = self._files(name)
        return b"" if config is None else latest.text(latest.newest(config))

    def _files(self, name: str) -> FileSourceConfig | None:
        config = next((c for c in self._loaded.config.sources if c.name == name), None)
        return anchored(config, self._loaded.base) if isinstance(config, FileSourceConfig | PushSourceConfig) else None


def _text(record: LogRecord) -> str:
    return f"{record.level.name} {record.service} {record.target} {record.message}".casefold()
