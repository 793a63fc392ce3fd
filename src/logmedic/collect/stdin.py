"""Lines from standard input, up to its end."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from logmedic.collect.blocks import Block, Buffer, LineReader
from logmedic.collect.events.whole import WholeEvents
from logmedic.collect.interface import Backlog, Batch, Position
from logmedic.collect.wrapping import Unwrapping
from logmedic.doors import Clock
from logmedic.errors import ConfigError, SourceError
from logmedic.model import LogRecord, Ref

_SNIFF_BYTES = 64 * 1024


class StdinSourceConfig(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="stdin"
):
    """Standard input as a source."""

    name: str = "stdin"
    """What references are stored under."""
    dialect: str = "auto"
    """Layout of the records; "auto" looks at the first lines."""
    service: str = ""
    """Service of records that name none."""
    multiline: Literal["auto", "off"] = "auto"
    """Whether lines of plain text that belong together (a stack trace) are one event; "off" takes each by itself."""
    multiline_timeout: float = 1.0
    """Seconds of silence after which the last event is taken for complete."""
    block_bytes: int = 256 * 1024
    """Bytes read at a time."""
    max_line_bytes: int = 1024 * 1024
    """Longer lines are cut and marked."""


class StdinSource:
    """A pipe, a terminal or a redirected file. What was read cannot be read again, so nothing is claimed about
    exactly-once: every process is a stream of its own, and ``around`` and ``by_request`` answer nothing."""

    def __init__(self, name: str, config: StdinSourceConfig, clock: Clock, fd: int = 0) -> None:
        """Raises ConfigError for limits that cannot work. ``fd``: the descriptor to read."""
        if config.block_bytes < 1 or config.max_line_bytes < 1:
            raise ConfigError(f"source {name}: `block_bytes` and `max_line_bytes` must be at least 1")
        self.name = name
        self.part = None
        self.config = config
        self.ended = False
        self.stream = f"stdin~{clock.now():x}.{os.getpid()}"
        self._clock = clock
        self._fd = fd
        self._dialect = "" if config.dialect == "auto" else config.dialect
        self._events = WholeEvents(joins=config.multiline == "auto")
        self._wrapped = Unwrapping()
        self._lines = LineReader(Buffer(config.block_bytes, config.max_line_bytes), self._fill, 0)

    def resume(self, positions: Sequence[Position]) -> None:
        """Nothing to take up: what an earlier process read is gone from the pipe."""

    def read(self) -> Iterator[Batch]:
        """Batches up to the end of the input; blocks while the writer is silent."""
        if self.ended:
            return
        for block in self._events.blocks(
            self._wrapped.blocks(self._lines.blocks(final=True), final=True), lambda: True
        ):
            yield self._batch(block)
        self.ended = True

    def wait(self, timeout: float) -> bool:
        """``False`` at once when the input has ended (see ``ended``)."""
        if self.ended:
            return False
        readable, _, _ = select.select([self._fd], [], [], timeout)
        return bool(readable)

    def settles_in(self) -> float:
        """0: ``read`` itself waits until the last event is complete."""
        return 0.0

    def around(self, ref: Ref, before: int, after: int) -> list[LogRecord]:
        return []

    def by_request(self, request_id: str, since: int, until: int, limit: int = 200) -> list[LogRecord]:
        return []

    def backlog(self) -> Backlog:
        """A pipe does not tell."""
        return Backlog()

    def close(self) -> None:
        """The descriptor belongs to the process; it is left open."""

    def _fill(self, view: memoryview, offset: int) -> int:
        try:
            if self._events.held and not select.select([self._fd], [], [], self.config.multiline_timeout)[0]:
                return -1
            return os.readv(self._fd, [view])
        except OSError as error:
            raise SourceError(f"source {self.name}: standard input cannot be read: {error.strerror}") from None

    def _batch(self, block: Block) -> Batch:
        if not self._dialect:
            from logmedic.collect.dialects import sniff  # noqa: PLC0415  only when there are lines

            self._dialect = sniff(bytes(block.data[:_SNIFF_BYTES]))
        position = Position(self.name, self.stream, block.end)
        return Batch(
            self.name, self.stream, block.start, block.data, position, self._dialect, self.config.service,
            block.truncated, "-", self._events.joins, origin=self._wrapped.origin(),
        )  # fmt: skip
