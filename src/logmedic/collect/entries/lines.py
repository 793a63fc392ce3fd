"""From entries to lines that every decoder reads, and from their records back to the entries.

An entry is more than its line: its stream has labels, and structured metadata may hold what the line does not say (all
that an OpenTelemetry collector sends but the body). What a rule could ask for is put where decoders and prefilters see
it, as an object ``labels`` within the line; the record keeps the line as it was written.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

import msgspec

from logmedic.collect.entries.entry import Entry
from logmedic.collect.envelope import text_object, with_labels
from logmedic.collect.interface import Batch, Position
from logmedic.model import LogRecord, Ref

LINES = 2_000  # of one batch; fewer than fill two blocks of what was seen
_UNKNOWN = "unknown_service"  # Loki's value for ``service_name`` where it found none
_SNIFF_BYTES = 64 * 1024


class LayoutConfig(Protocol):
    """What the configuration of a source says about its entries."""

    @property
    def service_labels(self) -> Sequence[str]: ...
    @property
    def service(self) -> str: ...
    @property
    def dialect(self) -> str: ...
    @property
    def max_line_bytes(self) -> int: ...


class Line(msgspec.Struct, frozen=True):
    """``text`` is what decoders are to read. ``wrapped``: it is no longer what was written, and that was no object."""

    entry: Entry
    text: bytes
    written: bytes
    length: int  # of the whole line in bytes, where it was cut; else 0
    wrapped: bool = False


class Layout:
    """How this source's entries become lines. Not for several threads at a time."""

    def __init__(self, name: str, config: LayoutConfig, place: Callable[[str, Entry], Ref] | None = None) -> None:
        """``place``: where an entry of a source stands, when that is not said by :func:`by_time`."""
        from logmedic.collect.dialects import generic  # noqa: PLC0415  an idle process needs no decoders
        from logmedic.collect.dialects.dialect import Role  # noqa: PLC0415

        self.name = name
        self._config = config
        self.place = place or by_time
        self._dialects: dict[int, str] = {}
        roles = (Role.LEVEL, Role.ERROR_CODE, Role.REQUEST_ID, Role.TRACE_ID)
        self._asked = {key for role in roles for key in generic.KEYS[role]} | set(generic.DURATIONS)

    def service(self, entry: Entry) -> str:
        for label in self._config.service_labels:
            named = entry.labels.get(label) or entry.metadata.get(label, "")
            if named and named != _UNKNOWN:
                return named
        return self._config.service

    def line(self, entry: Entry) -> Line:
        written = entry.line.encode()
        length = 0
        if len(written) > self._config.max_line_bytes:
            length = len(written)
            written = written[: self._config.max_line_bytes].decode("utf-8", "ignore").encode()
        besides = {name: value for name, value in entry.labels.items() if name in self._asked}
        besides.update(entry.metadata)
        several = b"\n" in written
        if not besides and not several:
            return Line(entry, written, written, length)
        if written.lstrip().startswith(b"{"):
            # A line end is white space between the members of an object, and cannot stand within a string of JSON.
            flat = written.replace(b"\n", b" ").strip()
            joined = with_labels(flat, besides) if besides else flat
            if joined is not None:
                return Line(entry, joined, written, length)
        return Line(entry, text_object(written.decode(), besides), written, length, wrapped=True)

    def dialect(self, lines: Sequence[Line]) -> str:
        """That of the lines of one stream, as it was when the stream was first seen."""
        if self._config.dialect != "auto":
            return self._config.dialect
        from logmedic.collect.dialects import sniff  # noqa: PLC0415  as in ``__init__``

        stream = hash(frozenset(lines[0].entry.labels.items()))
        known = self._dialects.get(stream)
        if known is None:
            if len(self._dialects) >= 10_000:
                self._dialects.clear()
            known = self._dialects[stream] = sniff(b"\n".join(line.text for line in lines)[:_SNIFF_BYTES])
        return known

    def batches(
        self, entries: Iterable[Entry], start: int, position: Callable[[Sequence[Line], int], _Pair]
    ) -> Iterator[Batch]:
        """Batches of lines of one service and dialect each. ``start``: bytes handed over before them.

        ``position`` is told the lines of a batch and the bytes after them before the batch goes out.
        """
        streams: dict[int, list[Line]] = {}  # entries of one stream in one answer share their labels
        for entry in entries:
            streams.setdefault(id(entry.labels), []).append(self.line(entry))
        groups: dict[tuple[str, str], list[Line]] = {}
        for lines in streams.values():
            dialect = self.dialect(lines)
            for line in lines:
                groups.setdefault((self.service(line.entry), dialect), []).append(line)
        for (service, dialect), lines in groups.items():
            lines.sort(key=_time)
            for first in range(0, len(lines), LINES):
                part = lines[first : first + LINES]
                origin = Lines(self.name, part, start, self.place)
                end = start + origin.bytes
                at, also = position(part, end)
                yield Batch(
                    source=self.name,
                    stream=at.stream,
                    start=start,
                    data=b"".join(line.text + b"\n" for line in part),
                    position=at,
                    dialect=dialect,
                    service=service,
                    truncated={o: line.length for o, line in zip(origin.offsets, part, strict=True) if line.length},
                    also=also,
                    origin=origin,
                )
                start = end


_Pair = tuple[Position, Position | None]


class Lines:
    """The origin of one batch's lines."""

    def __init__(self, source: str, lines: Sequence[Line], start: int, place: Callable[[str, Entry], Ref]) -> None:
        self._source = source
        self._place = place
        self._lines = lines
        self.offsets: list[int] = []
        at = start
        for line in lines:
            self.offsets.append(at)
            at += len(line.text) + 1
        self.bytes = at - start

    def place(self, ref: Ref) -> Ref:
        return self._place(self._source, self._at(ref.offset).entry)

    def record(self, record: LogRecord) -> LogRecord:
        line = self._at(record.ref.offset)
        return restored(record, line, self._place(self._source, line.entry))

    def _at(self, offset: int) -> Line:
        return self._lines[bisect_right(self.offsets, offset) - 1]


def by_time(source: str, entry: Entry) -> Ref:
    """Where an entry stands: its time as the offset, and as the stream its key, which parts what shares a time."""
    return Ref(source, f"{entry.key:016x}", entry.time, len(entry.line.encode()))


def restored(record: LogRecord, line: Line, ref: Ref) -> LogRecord:
    """The record of a line with what the entry says: place, time where the line has none, labels among the fields."""
    entry = line.entry
    flags = record.flags
    time = record.time
    if "time-inferred" in flags:
        time = entry.time
        flags = tuple(flag for flag in flags if flag != "time-inferred")
    if line.wrapped:
        flags = (*flags, "not-json")
    return msgspec.structs.replace(
        record,
        ref=ref,
        time=time,
        flags=flags,
        fields={**entry.labels, **record.fields},
        raw=line.written,
    )


def _time(line: Line) -> int:
    return line.entry.time
