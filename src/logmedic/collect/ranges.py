"""Share a backlog among worker processes: ranges of whole lines that each can read alone."""

# Names stay text here: a Path for each one would cost more than the look itself.
# ruff: noqa: PTH110

from __future__ import annotations

import os
from collections.abc import Iterator

from logmedic.collect.blocks import Buffer, LineReader, fill_from
from logmedic.collect.events import MAX_BYTES
from logmedic.collect.events.whole import WholeEvents
from logmedic.collect.following import Following
from logmedic.collect.identity import Fingerprint, continues
from logmedic.collect.interface import Batch
from logmedic.collect.reading import Range, Reader
from logmedic.collect.track import Track, restored
from logmedic.collect.wrapping import is_wrapped
from logmedic.errors import SourceError

__all__ = ["Range", "read_range", "split"]

_STEP = 64 * 1024
_SMALLER = 8  # the smallest range is so much smaller than the largest


def split(
    track: Track,
    reader: Reader,
    following: Following,
    *,
    max_line_bytes: int,
    min_bytes: int,
    chunk_bytes: int,
    joins: bool,
) -> Iterator[Range]:
    """The backlog of one track. Ends early, without harm, at a line longer than the limit or a hole."""
    if track.gz or not following.descriptors.open(track):
        return
    fd = track.read_fd()
    fd_path = f"/proc/{os.getpid()}/fd/{fd}"
    status = os.fstat(fd)
    if status.st_size - track.offset < max(1, min_bytes) or not os.path.exists(fd_path):
        return
    if not continues(track.known, track.read_at):
        following.displace(track)
        return
    if is_wrapped(track.read_at(_STEP, track.offset)):
        return  # where a line is in parts, only who reads all of it knows where it ends
    track.pinned = True
    track.size, track.mtime = status.st_size, status.st_mtime_ns
    track.stamp = (-1, -1)
    last = _line_end_before(fd, status.st_size, track.offset, max_line_bytes)
    if joins:
        last = _event_end_before(fd, last, track.offset)
    while track.offset < last:
        start = track.offset
        end = last
        # Smaller towards the end, so that the workers finish together.
        share = max(chunk_bytes // _SMALLER, min(chunk_bytes, (last - start) // _SMALLER))
        if last - start > share:
            end = _line_end_after(fd, start + share, last, max_line_bytes)
            if joins and end:
                end = _beginning_after(fd, end, last, max_line_bytes)
            if end == 0:
                return
        yield reader.range(track, end, fd_path)


def read_range(part: Range, block_bytes: int = 0) -> Iterator[Batch]:
    """The lines of a range, for a worker process. Each batch's position may be committed, as if the source had read it.

    ``block_bytes``: how much is read at a time, where that is more than what the source reads.

    Raises:
        SourceError: the descriptor is no longer there, or the file was cut short meanwhile; resume from what is stored.
    """

    def read(length: int, offset: int) -> bytes:
        return os.pread(fd, length, offset)

    gone = f"source {part.source}: {part.path} can no longer be read; reading starts again from the stored position"
    try:
        fd = os.open(part.fd_path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        raise SourceError(gone) from None
    try:
        status = os.fstat(fd)
        if (status.st_dev, status.st_ino) != part.key or status.st_size < part.end:
            raise SourceError(gone)
        track = restored(part.position)
        track.known = Fingerprint(part.start)
        buffer = Buffer(max(part.block_bytes, block_bytes), part.max_line_bytes)
        lines = LineReader(buffer, fill_from(fd, part.end), part.start)
        events = WholeEvents(joins=part.joins)
        expected = restored(part.position).known
        for block in events.blocks(lines.blocks(), lambda: True):
            if not continues(expected, read):  # looked at behind the read, as a truncation may come at any time
                raise SourceError(gone)
            track.consume(block.end, read)
            position = part.position if block.end == part.end else track.position(part.source)
            yield Batch(
                part.source, part.stream, block.start, block.data, position, part.dialect, part.service,
                block.truncated, part.path, joins=part.joins,
            )  # fmt: skip
        if lines.offset != part.end:
            raise SourceError(gone)
    finally:
        os.close(fd)


def _line_end_before(fd: int, size: int, start: int, reach: int) -> int:
    """Just past the last line end before ``size``; ``start`` when there is none within ``reach`` bytes."""
    at = size
    lowest = max(start, size - reach)
    while at > lowest:
        step = max(lowest, at - _STEP)
        found = os.pread(fd, at - step, step).rfind(b"\n")
        if found >= 0:
            return step + found + 1
        at = step
    return start


def _event_end_before(fd: int, end: int, start: int) -> int:
    """Where the last event before ``end``, a line end, is certainly over; ``start`` when that is too far back.

    The lines behind it are left to the source, which knows whether more may come.
    """
    from logmedic.collect.events import joining  # noqa: PLC0415  many patterns, and an idle scan needs none

    at = max(start, end - MAX_BYTES)
    closed = joining.closed_until(os.pread(fd, end - at, at))
    return at + closed if closed else start


def _beginning_after(fd: int, at: int, end: int, reach: int) -> int:
    """The first line from ``at`` on, itself a line start, that certainly begins an event; 0 when out of reach."""
    from logmedic.collect.events import joining  # noqa: PLC0415  as above

    limit = min(end, at + reach)
    while at < limit:
        data = os.pread(fd, min(_STEP, end - at), at)
        found = joining.first_beginning(data)
        if found >= 0:
            return at + found
        examined = data.rfind(b"\n") + 1
        at = at + examined if examined else _line_end_after(fd, at, end, reach) or limit
    return 0


def _line_end_after(fd: int, at: int, end: int, reach: int) -> int:
    """Just past the first line end from ``at`` on; 0 when there is none within ``reach`` bytes."""
    limit = min(end, at + reach)
    while at < limit:
        part = os.pread(fd, min(_STEP, limit - at), at)
        found = part.find(b"\n")
        if found >= 0:
            return at + found + 1
        if not part:
            break
        at += len(part)
    return 0
