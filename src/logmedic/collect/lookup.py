"""Evidence by reading the logs again: a record's neighbours, and the other lines of a request."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from logmedic.collect.blocks import Block, Buffer, LineReader, fill_from
from logmedic.collect.events import MAX_LINES
from logmedic.collect.events.whole import WholeEvents
from logmedic.collect.following import Following
from logmedic.collect.gz import GzError, GzStream
from logmedic.collect.identity import continues
from logmedic.collect.track import Track
from logmedic.collect.wrapping import Unwrapping
from logmedic.doors import Clock
from logmedic.model import NANOSECONDS, LogRecord, Ref

if TYPE_CHECKING:
    from logmedic.collect.dialects import Decoder

_BACK_BYTES = 64 * 1024  # first guess at how far back the wanted lines begin; doubled as needed
_SNIFF_BYTES = 64 * 1024
_CHECK_BYTES = 8 << 20  # between two looks at the clock of the log
_DISORDER = 60 * NANOSECONDS  # how far lines of one file may stand out of the order of time
_NEWLINE = 0x0A
_WORD = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")

Line = tuple[int, bytes]  # offset in the stream, bytes without the line end


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    source: str
    dialect: str
    service: str
    max_line_bytes: int
    max_gz_bytes: int
    search_bytes: int
    search_seconds: float
    multiline: bool


class Lookup:
    """Bounded in bytes and in time; what lies beyond is left out, newest first in."""

    def __init__(self, limits: Limits, following: Following, clock: Clock) -> None:
        self._limits = limits
        self._following = following
        self._clock = clock
        self._decoders: dict[str, Decoder] = {}
        self._buffer: Buffer | None = None  # its own: a batch may be out while a question is asked

    def around(self, ref: Ref, before: int, after: int) -> list[LogRecord]:
        """The record at ``ref`` with its neighbours; empty when its file is gone."""
        track = self._following.tracks.get(ref.stream)
        if track is None:
            return []
        deadline = self._clock.monotonic() + self._limits.search_seconds
        with self._opened(track) as usable:
            if not usable:
                return []
            start = 0 if track.gz else self._lines_back(track, ref.offset, before)
            earlier: deque[Line] = deque(maxlen=before)
            found: list[Line] = []
            for line in self._events(self._blocks(track, start, deadline, self._limits.search_bytes), ref.offset):
                if line[0] < ref.offset:
                    earlier.append(line)
                    continue
                if not found and line[0] != ref.offset:
                    return []  # the stream has no line there
                found.append(line)
                if len(found) > after:
                    break
            return self._decode(track, [*earlier, *found]) if found else []

    def by_request(self, request_id: str, since: int, until: int, limit: int) -> list[LogRecord]:
        """Lines that hold the id as a whole word, in order of reading."""
        needles = _spellings(request_id)
        if not needles or limit < 1:
            return []
        deadline = self._clock.monotonic() + self._limits.search_seconds
        budget = self._limits.search_bytes
        parts: list[list[LogRecord]] = []
        wanted = [t for t in self._following.tracks.values() if t.key is not None and t.mtime >= since]
        for track in sorted(wanted, key=lambda t: t.mtime, reverse=True):
            if budget <= 0 or limit <= 0 or self._clock.monotonic() > deadline:
                break
            with self._opened(track) as usable:
                if not usable:
                    continue
                start = 0 if track.gz else max(self._aligned(track, budget), self._since(track, since - _DISORDER))
                hits: list[Line] = []
                check = start + _CHECK_BYTES
                for block in self._blocks(track, start, deadline, budget):
                    hits.extend(_holding(block, needles, joins=self._limits.multiline))
                    budget -= block.end - block.start
                    if len(hits) >= limit * 4:  # some will be out of time
                        break
                    if block.start >= check:
                        check = block.start + _CHECK_BYTES
                        if (
                            self._time_in(track, bytes(block.data[:_BACK_BYTES]), block.start, until)
                            > until + _DISORDER
                        ):
                            break
                records = [r for r in self._decode(track, hits) if since <= r.time <= until][:limit]
            limit -= len(records)
            parts.append(records)
        return [record for part in reversed(parts) for record in part]

    def _since(self, track: Track, since: int) -> int:
        """A line start at or before the first line that is not older than ``since``, found by halving.

        Logs are written in the order of time, give or take ``_DISORDER``. A line without a time ends the search early.
        """
        low, high = 0, os.fstat(track.read_fd()).st_size
        while high - low > _BACK_BYTES:
            middle = (low + high) // 2
            data = track.read_at(_BACK_BYTES, middle)
            line = data.find(b"\n") + 1
            time = self._time_in(track, data[line:], middle + line, -1) if line else -1
            if time < 0:
                break
            if time < since:
                low = middle + line
            else:
                high = middle
        return low

    def _time_in(self, track: Track, data: bytes, at: int, unknown: int) -> int:
        """Time of the first whole line in ``data``, ns; ``unknown`` when it names none."""
        line, end, _ = data.partition(b"\n")
        records = self._decode(track, [(at, line)]) if end else []
        return unknown if not records or "time-inferred" in records[0].flags else records[0].time

    @contextmanager
    def _opened(self, track: Track) -> Iterator[bool]:
        """The track's file, if it still holds what was consumed of it. Trouble here is no trouble of reading on."""
        problem, had = track.problem, track.fd is not None
        usable = track.key is not None and self._following.descriptors.open(track)
        if usable and not track.gz:
            usable = os.fstat(track.read_fd()).st_size >= track.offset and continues(track.known, track.read_at)
        try:
            yield usable
        finally:
            track.problem = problem
            if track.done and not had:
                track.close()

    def _blocks(self, track: Track, start: int, deadline: float, budget: int) -> Iterator[Block]:
        if self._buffer is None:
            self._buffer = Buffer(256 * 1024, self._limits.max_line_bytes)
        fd = track.read_fd()
        fill = GzStream(fd, self._limits.max_gz_bytes).fill if track.gz else fill_from(fd)
        try:
            blocks = LineReader(self._buffer, fill, start).blocks(final=track.gz or track.done)
            for block in Unwrapping().blocks(blocks, final=True):
                yield block
                budget -= block.end - block.start
                if budget <= 0 or self._clock.monotonic() > deadline:
                    return
        except GzError:
            return  # what came out before is good

    def _events(self, blocks: Iterator[Block], offset: int) -> Iterator[Line]:
        """Events in order, where one is known to begin at ``offset``."""
        from logmedic.collect.events import joining  # noqa: PLC0415  as the decoders

        whole = WholeEvents(joins=self._limits.multiline)
        for block in whole.blocks(_parted(blocks, offset), lambda: True):
            data = bytes(block.data)
            for begin, end in joining.spans(data, joins=whole.joins):
                yield block.start + begin, data[begin:end]

    def _lines_back(self, track: Track, offset: int, before: int) -> int:
        """Offset of the line ``before`` lines earlier, or of the earliest one within reach."""
        reach = _BACK_BYTES
        while True:
            start = max(0, offset - reach)
            data = track.read_at(offset - start, start)
            if start == 0 or data.count(b"\n") > before or reach >= self._limits.search_bytes // 16:
                break
            reach *= 2
        at = len(data)
        for _ in range(before + 1):
            at = data.rfind(b"\n", 0, at)
            if at < 0:
                break
        if at >= 0:
            return start + self._event_start(data, at + 1, whole=start == 0)
        first = data.find(b"\n")
        return 0 if start == 0 else (start + first + 1 if first >= 0 else offset)

    def _event_start(self, data: bytes, line: int, *, whole: bool) -> int:
        """A place at or before this line where an event begins, as far as can be told from the data.

        ``whole``: the data begin where the stream begins.
        """
        from logmedic.collect.events import joining  # noqa: PLC0415  as the decoders

        if not self._limits.multiline or line >= len(data):
            return line
        found = joining.beginning_before(data, data.find(b"\n", line) + 1, MAX_LINES)
        return found if found or whole else line

    def _aligned(self, track: Track, budget: int) -> int:
        """Where the last ``budget`` bytes of the file begin, moved on to a line start."""
        start = os.fstat(track.read_fd()).st_size - budget
        if start <= 0:
            return 0
        newline = track.read_at(self._limits.max_line_bytes, start).find(b"\n")
        return start + newline + 1 if newline >= 0 else start

    def _decode(self, track: Track, lines: list[Line]) -> list[LogRecord]:
        from logmedic.collect.dialects import decoder, sniff  # noqa: PLC0415  an idle scan needs no decoders

        if not lines:
            return []
        limits = self._limits
        name = limits.dialect
        if name == "auto":
            name = track.dialect or sniff(b"".join(line + b"\n" for _, line in lines)[:_SNIFF_BYTES])
        if name not in self._decoders:
            self._decoders[name] = decoder(name, limits.service)
        decode = self._decoders[name].decode
        received = self._clock.now()
        records = (decode(line, Ref(limits.source, track.stream, at, len(line)), received) for at, line in lines)
        return [record for record in records if isinstance(record, LogRecord)]


def _parted(blocks: Iterator[Block], offset: int) -> Iterator[Block]:
    """The blocks with a pause at ``offset``: there an event begins, whatever stands before it."""
    for block in blocks:
        before = offset - block.start
        if 0 <= before < len(block.data) and not block.truncated and (not before or block.data[before - 1] == _NEWLINE):
            if before:
                yield Block(block.start, block.data[:before], offset, {})
            yield Block(offset, block.data[:0], offset, {})
            yield Block(offset, block.data[before:], block.end, {})
        else:
            yield block


def _holding(block: Block, needles: tuple[bytes, ...], *, joins: bool) -> list[Line]:
    from logmedic.collect.events import joining  # noqa: PLC0415  many patterns, and an idle scan needs none

    data = bytes(block.data)
    found: dict[int, Line] = {}
    for needle in needles:
        at = data.find(needle)
        while at >= 0:
            end = at + len(needle)
            alone = not (at and data[at - 1] in _WORD) and data[end] not in _WORD
            if alone:
                start = data.rfind(b"\n", 0, at) + 1
                stop = data.find(b"\n", end)
                if joins:
                    start, stop = joining.event_around(data, start, stop)
                found[start] = (block.start + start, data[start:stop])
                end = stop
            at = data.find(needle, end)
    return [found[start] for start in sorted(found)]


def _spellings(request_id: str) -> tuple[bytes, ...]:
    """The id as text and as JSON writes it."""
    text = request_id.strip()
    if not text or "\n" in text:
        return ()
    plain = text.encode("utf-8", "replace")
    return tuple({plain, msgspec.json.encode(plain.decode())[1:-1]})
