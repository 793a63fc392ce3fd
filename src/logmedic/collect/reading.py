"""Read one followed stream: what is there now, as batches of whole lines."""

from __future__ import annotations

import os
from collections.abc import Iterator

import msgspec

from logmedic.collect.blocks import Block, Buffer, LineReader, fill_from, hole_skipper
from logmedic.collect.consumed import as_read
from logmedic.collect.events import MAX_BYTES
from logmedic.collect.events.whole import WholeEvents
from logmedic.collect.following import Following, intact
from logmedic.collect.gz import GzError, GzStream
from logmedic.collect.identity import HEAD_BYTES, Key, ReadAt, continues
from logmedic.collect.interface import Batch, Position
from logmedic.collect.parted import Parted
from logmedic.collect.track import Track, shown
from logmedic.collect.wrapping import Unwrapping
from logmedic.doors import Clock

SNIFF_BYTES = 64 * 1024
_SECOND = 1_000_000_000
_A_MOMENT = 0.01  # seconds; the clocks of the file system and of this process need not agree to the microsecond


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What reading needs to know of the source's configuration; units as there."""

    source: str
    dialect: str  # "auto": look at the first lines
    service: str
    rotate_wait: float
    flush_partial_after: float
    max_gz_bytes: int
    multiline: bool
    multiline_timeout: float


class Range(msgspec.Struct, frozen=True, kw_only=True):
    """Whole lines of one stream, bytes ``start`` to ``end``. Survives msgspec and pickle.

    ``fd_path`` leads to the descriptor that the source's process holds, so a rename or delete does not matter. It is
    valid until that source's next ``read``, ``ranges`` or ``close``.
    """

    source: str
    stream: str
    path: str  # what to show people
    fd_path: str
    key: Key  # device and inode, checked when it is opened
    start: int
    end: int
    position: Position  # what to commit after all of it
    dialect: str
    service: str
    block_bytes: int
    max_line_bytes: int
    joins: bool


class Counters:
    """What was met while reading."""

    def __init__(self) -> None:
        self.bytes_read = 0
        self.nul_bytes = 0
        self.truncated_lines = 0


class Reader:
    """Drains tracks over one reused buffer."""

    def __init__(self, config: Reading, buffer: Buffer, following: Following, clock: Clock) -> None:
        self.counters = Counters()
        self._config = config
        self._buffer = buffer
        self._following = following
        self._parted = Parted(following)
        self._clock = clock

    def drain(self, track: Track) -> Iterator[Batch]:
        """Batches up to the end that the file has now; a writer that never rests cannot keep us here."""
        if not self._following.descriptors.open(track):
            return
        track.pinned = True  # a question asked between two batches must not close it
        try:
            yield from self._drain_gz(track) if track.gz else self._drain_plain(track)
        finally:
            track.pinned = False

    def _drain_plain(self, track: Track) -> Iterator[Batch]:
        status = os.fstat(track.read_fd())
        if (status.st_size, status.st_mtime_ns) != track.stamp:
            if (status.st_size, status.st_mtime_ns) != track.held:
                track.grew_at = self._clock.monotonic()
            track.size, track.mtime = status.st_size, status.st_mtime_ns
            if not intact(track) or not track.recall():
                self._following.displace(track)
                return
            if self._waits(track):
                return
            yield from self._lines(track, final=False)
            if track.stamp[0] < 0 and not intact(track):
                self._following.displace(track)  # truncated while it was read
                return
        elif not track.recall():  # before anything happens to it: a truncation is compared with what was there
            self._following.displace(track)
            return
        if self._may_end(track):
            yield from self._lines(track, final=True)
            track.end()

    def batch(self, track: Track, block: Block, read: ReadAt, wrapped: Unwrapping | None = None) -> Batch:
        """Everything up to the block's end counts as handed over from here on. ``wrapped``: how it was unwrapped."""
        origin = None if wrapped is None else wrapped.origin()
        if not track.dialect or track.offset < SNIFF_BYTES:
            track.dialect = self._dialect(bytes(block.data[:SNIFF_BYTES]))
        raw = wrapped.raw if wrapped is not None and origin is not None else None
        track.consume(block.end, as_read(track, block, read, raw))
        self.counters.bytes_read += block.end - block.start
        self.counters.truncated_lines += len(block.truncated)
        return Batch(
            self._config.source,
            track.stream,
            block.start,
            block.data,
            track.position(self._config.source),
            track.dialect,
            self._config.service,
            block.truncated,
            shown(track.path),
            self._config.multiline,
            origin=origin,
        )

    def range(self, track: Track, end: int, fd_path: str) -> Range:
        """From the track's offset to ``end``, which counts as handed over from here on."""
        assert track.key is not None
        start = track.offset
        if not track.dialect or start < SNIFF_BYTES:
            track.dialect = self._dialect(track.read_at(min(SNIFF_BYTES, end - start), start))
        track.consume(end, track.read_at)
        self.counters.bytes_read += end - start
        return Range(
            source=self._config.source,
            stream=track.stream,
            path=shown(track.path),
            fd_path=fd_path,
            key=track.key,
            start=start,
            end=end,
            position=track.position(self._config.source),
            dialect=track.dialect,
            service=self._config.service,
            block_bytes=self._buffer.block_bytes,
            max_line_bytes=self._buffer.max_line_bytes,
            joins=self._config.multiline,
        )

    def notice(self, track: Track) -> Batch:
        """A batch without lines that only carries a position: the file was renamed, finished, or looked at in vain."""
        position = track.position(self._config.source)
        return Batch(
            self._config.source, track.stream, track.offset, b"", position, track.dialect, self._config.service,
            path=shown(track.path),
        )  # fmt: skip

    def _lines(self, track: Track, *, final: bool) -> Iterator[Batch]:
        fd, size, mtime = track.read_fd(), track.size, track.mtime
        fill = fill_from(fd, size)

        def checked(view: memoryview, offset: int) -> int:
            """Nothing more once the file was truncated: other bytes may stand at this offset then.

            Looked at behind the read: a truncation just before it would not be noticed otherwise.
            """
            count = fill(view, offset)
            return count if continues(track.known, track.read_at) else 0

        lines = LineReader(self._buffer, checked, track.offset, scanned=track.scanned, skip_hole=hole_skipper(fd))
        track.stamp = (-1, -1)
        quiet = final or self._quiet_for(track) >= self._config.multiline_timeout
        events = WholeEvents(joins=self._config.multiline)
        wrapped = Unwrapping()

        def complete() -> bool:
            return final or (quiet and lines.examined == size and self._parted.behind(track) is None)

        for block in events.blocks(wrapped.blocks(lines.blocks(final=final), final=final), complete):
            if lines.examined == size and lines.complete_at == block.end:
                track.stamp = (size, mtime)  # so this batch's position already says that all was looked at
            yield self.batch(track, block, track.read_at, wrapped)
        if events.held and lines.examined == size and (quiet or self._parted.ended(events.held, track)):
            yield from self._joined(track, events, wrapped)
        track.held = (size, mtime) if events.held else (-1, -1)
        if not events.held and not wrapped.held:
            if lines.offset > track.offset:  # a hole, and the beginning of a line behind it
                track.consume(lines.offset, track.read_at)
            if lines.examined == size:
                track.stamp = (size, mtime)
        track.scanned = lines.scanned
        self.counters.nul_bytes += lines.nul_bytes

    def _waits(self, track: Track) -> bool:
        """Whether its first lines are to be handed over with the end of the file before, once that is complete."""
        if track.offset or not self._config.multiline or self._parted.before(track) is None:
            return False
        track.held = (track.size, track.mtime)
        return True

    def _joined(self, track: Track, events: WholeEvents, wrapped: Unwrapping) -> Iterator[Batch]:
        """Hand over what is held, with the lines of the next file that belong to it, unless more of them may come."""
        later = self._parted.behind(track)
        length, more = self._parted.rest(events.held, later) if later is not None else (0, False)
        if later is not None and more and self._quiet_for(later) < self._config.multiline_timeout:
            return
        block = events.release()
        if later is None or not length:
            yield self.batch(track, block, track.read_at, wrapped)
            return
        rest = later.read_at(length, 0)
        batch = self.batch(track, block._replace(data=memoryview(bytes(block.data) + rest)), track.read_at)
        later.consume(length, lambda count, at: rest[at : at + count])
        self.counters.bytes_read += length
        yield msgspec.structs.replace(batch, also=later.position(self._config.source))

    def _drain_gz(self, track: Track) -> Iterator[Batch]:
        """What a compressed part holds beyond the offset. Cut files are tried again once they have changed."""
        status = os.fstat(track.read_fd())
        stamp = (status.st_size, status.st_mtime_ns)
        if stamp == track.stamp:
            return
        track.stamp = (-1, -1)
        track.size, track.mtime = stamp
        buffer = self._buffer
        stream = GzStream(
            track.read_fd(), self._config.max_gz_bytes, window=len(buffer.data) + HEAD_BYTES + 2 * MAX_BYTES
        )
        try:
            if not stream.skip_to(track.offset) or not continues(track.known, stream.read_at):
                assert track.key is not None
                track.mismatched.add(track.key)
                track.gz = False
                self._following.displace(track)
                return
            lines = LineReader(buffer, stream.fill, track.offset)
            events = WholeEvents(joins=self._config.multiline)
            wrapped = Unwrapping()
            for block in events.blocks(wrapped.blocks(lines.blocks(final=True), final=True), lambda: True):
                yield self.batch(track, block, stream.read_at, wrapped)
            self.counters.nul_bytes += lines.nul_bytes
            track.end()
        except GzError as error:
            track.problem = f"{shown(track.path)}: {error}"
        track.stamp = stamp
        track.close()

    def settles_in(self, track: Track) -> float:
        """Seconds until the event that was held back is complete, should nothing more be written; 0 without one."""
        if track.held[0] < 0 or track.done or track.key is None:
            return 0.0
        later = self._parted.behind(track)
        quiet = min(self._quiet_for(t) for t in (track, later) if t is not None)
        return max(_A_MOMENT, self._config.multiline_timeout - quiet)

    def _quiet_for(self, track: Track) -> float:
        """Seconds since the file was last written to, as far as can be told."""
        return max(self._clock.monotonic() - track.grew_at, (self._clock.now() - track.mtime) / _SECOND)

    def _may_end(self, track: Track) -> bool:
        """Whether a rotated file has been quiet for so long that its last line, finished or not, is its last."""
        if not self._following.finished(track):
            return False
        quiet = self._clock.monotonic() - track.grew_at
        if track.present:  # it can be opened again should it grow after all, so an old file need not be waited for
            quiet = max(quiet, (self._clock.now() - track.mtime) / _SECOND)
        partial = self._config.flush_partial_after if track.size > track.offset else 0.0
        return quiet >= max(self._config.rotate_wait, partial)

    def _dialect(self, sample: bytes) -> str:
        if self._config.dialect != "auto":
            return self._config.dialect
        from logmedic.collect.dialects import sniff  # noqa: PLC0415  an idle scan needs no decoders

        return sniff(sample)
