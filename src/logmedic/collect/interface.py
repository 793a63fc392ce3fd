"""What a source of log lines is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import msgspec

from logmedic.model import LogRecord, Ref


class Position(msgspec.Struct, frozen=True):
    """How far one stream has been read. ``token`` is the source's own, opaque to everybody else, JSON values only."""

    source: str
    stream: str
    offset: int  # bytes consumed of this stream, always just past a line end
    token: dict[str, Any] = {}
    done: bool = False  # the stream is complete (rotated away and read to its end); kept only to recognise it
    forgotten: bool = False  # not even that: nothing is kept of the stream but how many lines it had


class Origin(Protocol):
    """What a source knows of its lines beside their bytes. Asked only about the few lines that something came of."""

    def place(self, ref: Ref) -> Ref:
        """Where a line really stands, when that is not the offset that it has in its batch."""
        ...

    def record(self, record: LogRecord) -> LogRecord:
        """The record with its place, and with what the source knows better (its time) or besides (its labels)."""
        ...


class Batch(msgspec.Struct, frozen=True):
    """Whole lines, each ending in ``\\n``, that stand one after the other in a stream.

    ``data`` may be a view of a buffer that the source reuses: it is valid until the next batch is asked for.
    ``start`` is the offset of its first byte. ``position`` is committed only together with what came of the batch.
    """

    source: str
    stream: str
    start: int
    data: bytes | memoryview
    position: Position
    dialect: str  # name of the sniffed or configured dialect
    service: str = ""  # used for records that name no service themselves
    truncated: dict[int, int] = {}  # offset of a line that was cut → its full length in bytes
    path: str = ""  # what to show people
    joins: bool = False  # lines of plain text may belong together; then it begins and ends where an event does
    also: Position | None = None  # of the next stream, when lines at its beginning are the end of the last event here
    origin: Origin | None = None  # of a store of records; lines of a stream of bytes are described by their offset


class Backlog(msgspec.Struct, frozen=True):
    """What is there and not read yet, as far as that can be told without reading it. ``None``: it cannot."""

    bytes: int | None = None
    seconds: float | None = None  # from what was read last to now
    problem: str = ""  # why it cannot be read now


class Source(Protocol):
    """One configured place to read logs from. Sources are not thread-safe; each belongs to one thread."""

    name: str
    ended: bool  # nothing will ever come again (the end of standard input)

    @property
    def part(self) -> str | None:
        """Which part of what is shared out among processes it reads, as ``@2/4``; empty: all of it; ``None``: what
        only this process can read."""
        ...

    def resume(self, positions: Sequence[Position]) -> None:
        """Take up where the stored positions say. Called once, before the first batch."""
        ...

    def read(self) -> Iterator[Batch]:
        """What is there now, oldest first; ends when nothing more is there.

        Raises:
            SourceError: the place cannot be read at all; the next call may succeed.
        """
        ...

    def wait(self, timeout: float) -> bool:
        """Sleep until there may be something to read, at most ``timeout`` seconds. ``False`` when nothing happened."""
        ...

    def settles_in(self) -> float:
        """Seconds until an event that may go on (``Batch.joins``) is taken for complete, if nothing more comes.

        0 when none is held back. Read again then: the position stands before it until it was handed over.
        """
        ...

    def around(self, ref: Ref, before: int, after: int) -> list[LogRecord]:
        """The record at ``ref`` with up to so many neighbours, in order; empty when the log is gone."""
        ...

    def by_request(self, request_id: str, since: int, until: int, limit: int = 200) -> list[LogRecord]:
        """Lines that carry this request or trace id between two times (ns), in order of reading."""
        ...

    def backlog(self) -> Backlog:
        """Beyond the positions that it has resumed from or read to. Nobody else is asked, and nothing is read."""
        ...

    def close(self) -> None: ...


class Remote(Protocol):
    """A source whose lines are kept by somebody else, who can be asked for the last ones."""

    def latest(self, limit: int) -> list[LogRecord]:
        """The last lines of all, not only of those that a rule may match, in the order of time.

        Raises:
            SourceError: nobody answers.
        """
        ...
