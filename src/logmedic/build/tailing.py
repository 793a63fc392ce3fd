"""The latest lines of a source, for people who watch them."""

from __future__ import annotations

import hashlib
import threading
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Protocol, cast

from logmedic.bounds import bounded
from logmedic.build.cleaning import redactor
from logmedic.build.sourcing import anchored, make_source
from logmedic.collect import latest
from logmedic.collect.file import FileSourceConfig
from logmedic.collect.push.config import PushSourceConfig
from logmedic.collect.stdin import StdinSourceConfig
from logmedic.errors import LogmedicError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from logmedic import doors
    from logmedic.build.shape import Loaded
    from logmedic.collect.interface import Remote, Source
    from logmedic.model import LogRecord

ASKED = 200  # lines that somebody else is asked for
ASKED_EVERY = 3.0  # s at least, for all who watch together: accounts at AWS have a quota of requests


class Lines(Protocol):
    """Where the lines of one source are. Safe to share between threads."""

    problem: str  # why there may be later ones that are not seen

    def mark(self) -> str:
        """A text that changes when there are others."""
        ...

    def records(self) -> Sequence[LogRecord]:
        """The last ones, in the order of time; not redacted."""
        ...

    def text(self) -> bytes:
        """The last ones as they were written."""
        ...

    def close(self) -> None: ...


class Tail:
    """Of all sources but standard input."""

    def __init__(self, loaded: Loaded, clock: doors.Clock) -> None:
        self._redactor = redactor(loaded)
        self._sources: dict[str, Lines] = {}
        for config in loaded.config.sources:
            if isinstance(config, FileSourceConfig | PushSourceConfig):
                self._sources[config.name] = _Here(anchored(config, loaded.base), clock)
            elif not isinstance(config, StdinSourceConfig):
                self._sources[config.name] = _Elsewhere(partial(make_source, config, loaded.base, clock), clock)

    def names(self) -> list[str]:
        """Sources whose lines can be watched."""
        return list(self._sources)

    def mark(self, name: str) -> str | None:
        """A text that changes when something is written; ``None``: the lines of this source cannot be watched."""
        lines = self._sources.get(name)
        return None if lines is None else hashlib.sha256(lines.mark().encode("utf-8", "replace")).hexdigest()[:24]

    def problem(self, name: str) -> str:
        """Why what ``lines`` has may not be the latest; empty when all is well."""
        lines = self._sources.get(name)
        return "" if lines is None else self._redactor.text(lines.problem)

    def lines(self, name: str, limit: int, wanted: str = "") -> list[LogRecord]:
        """The last ``limit`` records, oldest first, redacted. ``wanted``: what each holds, in any case of letters.

        What is looked for is looked for in what is shown: nobody finds out a secret by asking for its parts.
        """
        lines = self._sources.get(name)
        if lines is None:
            return []
        shown = (self._redactor.record(bounded(record)) for record in reversed(lines.records()))
        needle = wanted.casefold()
        return list(islice((record for record in shown if needle in _text(record)), limit))[::-1]

    def text(self, name: str) -> bytes:
        """The last whole lines, as they are written; for a trial, never to be shown."""
        lines = self._sources.get(name)
        return b"" if lines is None else lines.text()

    def close(self) -> None:
        for lines in self._sources.values():
            lines.close()


class _Here:
    """In files of this machine."""

    problem = ""

    def __init__(self, config: FileSourceConfig, clock: doors.Clock) -> None:
        self._config = config
        self._clock = clock

    def mark(self) -> str:
        return repr(latest.newest(self._config))

    def records(self) -> Sequence[LogRecord]:
        return latest.records(self._config, latest.newest(self._config), self._clock.now())

    def text(self) -> bytes:
        return latest.text(latest.newest(self._config))

    def close(self) -> None:
        """Nothing is open."""


class _Elsewhere:
    """In Loki, CloudWatch or Kafka: asked now and then, and by one thread at a time; others get what it had before."""

    def __init__(self, made: Callable[[], Source], clock: doors.Clock) -> None:
        """``made``: the source, which lacks its secret or package where others read it."""
        self.problem = ""
        self._made = made
        self._source: Source | None = None
        self._clock = clock
        self._lock = threading.Lock()
        self._asked = float("-inf")
        self._found: Sequence[LogRecord] = ()

    def mark(self) -> str:
        return repr([*(record.ref for record in self._latest()), self.problem])

    def records(self) -> Sequence[LogRecord]:
        return self._latest()

    def text(self) -> bytes:
        return b"".join(record.raw.replace(b"\n", b" ") + b"\n" for record in self._latest())

    def _latest(self) -> Sequence[LogRecord]:
        if self._clock.monotonic() - self._asked >= ASKED_EVERY and self._lock.acquire(blocking=False):
            try:
                if self._source is None:
                    self._source = self._made()
                self._found, self.problem = cast("Remote", self._source).latest(ASKED), ""
            except LogmedicError as error:
                self.problem = str(error)
            finally:
                self._asked = self._clock.monotonic()
                self._lock.release()
        return self._found

    def close(self) -> None:
        with self._lock:
            if self._source is not None:
                self._source.close()
                self._source = None


def _text(record: LogRecord) -> str:
    return f"{record.level.name} {record.service} {record.target} {record.message}".casefold()
