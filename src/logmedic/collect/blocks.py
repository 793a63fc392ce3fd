"""Cut a stream of bytes into blocks of whole lines, in bounded memory, over one reused buffer.

A line is what ends in ``\\n``, nothing else. Files, gz parts, pipes and byte ranges all come through here, so they
all treat long lines and NUL holes alike.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Generator, Iterator
from typing import NamedTuple

Fill = Callable[[memoryview, int], int]
"""Put bytes into the view, from this offset of the stream on; the number of bytes, 0 at the end.

-1: the writer pauses. An empty block is handed over then, and the same bytes are asked for again.
"""

_NEWLINE = 0x0A
_NOT_NUL = re.compile(rb"[^\0]")


class Block(NamedTuple):
    """Whole lines. ``data`` is a view of the reused buffer, valid until the next block is asked for."""

    start: int  # offset in the stream of the first byte
    data: memoryview
    end: int  # offset just past the last line; more than start + len(data) when a long line was cut
    truncated: dict[int, int]  # offset of a cut line → its full length in bytes, without the line end


class Buffer:
    """The reused memory: the longest line that is kept whole, its line end, and one read's worth beyond."""

    def __init__(self, block_bytes: int, max_line_bytes: int) -> None:
        self.block_bytes = block_bytes
        self.max_line_bytes = max_line_bytes
        self.data = bytearray(max_line_bytes + 1 + block_bytes)  # calloc: pages cost nothing until touched
        self.view = memoryview(self.data)
        self.zeros = bytes(block_bytes)


class LineReader:
    """One pass over a stream. ``offset`` is past the last line handed over, ``examined`` past the last byte seen."""

    def __init__(
        self,
        buffer: Buffer,
        fill: Fill,
        offset: int,
        *,
        scanned: int = 0,
        skip_hole: Callable[[int], int] | None = None,
    ) -> None:
        """``scanned``: bytes up to there are known to hold no line end (a long line still being written).

        ``skip_hole`` says where data goes on after an offset inside a sparse hole, without reading it.
        """
        self.offset = offset
        self.examined = offset
        self.scanned = scanned
        self.complete_at = -1  # the end of the last whole line among the bytes examined, where that is known
        self.nul_bytes = 0
        self._buffer = buffer
        self._fill = fill
        self._skip_hole = skip_hole

    def blocks(self, *, final: bool = False) -> Iterator[Block]:
        """Blocks of whole lines up to the end. ``final``: a last line without its end is handed over too."""
        buffer, data, view = self._buffer, self._buffer.data, self._buffer.view
        block_bytes, max_line = buffer.block_bytes, buffer.max_line_bytes
        held = 0  # bytes at the front of the buffer, an unfinished line
        searched = 0  # so many of them are known to hold no line end
        gap = 0  # NUL bytes before it, not consumed until something follows them
        while True:
            count = self._fill(view[held : held + block_bytes], self.offset + gap + held)
            if count < 0:
                yield Block(self.offset, view[:0], self.offset, {})
                continue
            if count == 0 and searched == held and not (held and data[0] == 0):
                break
            filled = held + count
            self.examined = self.offset + gap + filled
            if gap or data[0] == 0:
                run = self._nul_run(filled)
                gap += run
                if run == filled:
                    held = searched = 0
                    gap = self._beyond_hole(gap)
                    continue
                self._consume_nuls(gap)
                gap = 0
                view[: filled - run] = view[run:filled]
                filled -= run
                searched = max(0, searched - run)
            cut = data.rfind(b"\n", searched, filled) + 1
            if cut:
                self.complete_at = self.offset + cut
                yield from self._whole(cut)
                view[: filled - cut] = view[cut:filled]
            held = searched = filled - cut
            if held > max_line and data[0] != 0:
                rest = yield from self._long(held, final)
                if rest is None:
                    return
                held, searched = rest, 0
        self.examined = self.offset + gap + held
        if final:
            self._consume_nuls(gap)
            if held:
                data[held] = _NEWLINE
                self.offset += held
                self.complete_at = self.offset
                yield Block(self.offset - held, view[: held + 1], self.offset, {})

    def _whole(self, cut: int) -> Iterator[Block]:
        """The lines in ``data[:cut]``; nearly always one block."""
        buffer = self._buffer
        start = self.offset
        if buffer.data.find(0, 0, cut) < 0 and _long_line(buffer.data, 0, cut, buffer.max_line_bytes) < 0:
            self.offset = start + cut
            yield Block(start, buffer.view[:cut], start + cut, {})
            return
        data, view, max_line = buffer.data, buffer.view, buffer.max_line_bytes
        at = 0
        while at < cut:
            if data[at] == 0:
                found = _NOT_NUL.search(data, at, cut)
                assert found is not None  # data[cut - 1] is a line end
                self.nul_bytes += found.start() - at
                at = found.start()
            hole = data.find(b"\n\0", at, cut)
            stop = cut if hole < 0 else hole + 1
            long = _long_line(data, at, stop, max_line)
            if long == at:
                stop = data.find(b"\n", at, stop) + 1
                self.offset = start + stop
                kept = memoryview(bytes(view[at : at + max_line]) + b"\n")
                yield Block(start + at, kept, start + stop, {start + at: stop - 1 - at})
            else:
                stop = stop if long < 0 else long
                self.offset = start + stop
                yield Block(start + at, view[at:stop], start + stop, {})
            at = stop

    def _long(self, held: int, final: bool) -> Generator[Block, None, int | None]:
        """The line at the front is longer than the limit: keep its beginning, skip the rest.

        Returns (to ``yield from``) the number of bytes after it that stand at the front of the buffer, or ``None`` at
        the end of the stream.
        """
        data, view, max_line = self._buffer.data, self._buffer.view, self._buffer.max_line_bytes
        start = self.offset
        at = max(start + held, self.scanned)
        scratch_at = max_line + 1
        while True:
            count = self._fill(view[scratch_at:], at)
            found = data.find(b"\n", scratch_at, scratch_at + count)
            if found >= 0 or count == 0:
                break
            at += max(0, count)
        self.examined = at
        if found < 0 and not final:
            self.scanned = at
            return None
        line_end = at if found < 0 else at + found - scratch_at
        self.offset = line_end if found < 0 else line_end + 1
        self.scanned = 0
        rest = 0 if found < 0 else scratch_at + count - (found + 1)
        self.complete_at = self.offset if rest == 0 else -1
        data[max_line] = _NEWLINE
        yield Block(start, view[: max_line + 1], self.offset, {start: line_end - start})
        if found < 0:
            return None
        view[:rest] = view[found + 1 : scratch_at + count]
        return rest

    def _nul_run(self, filled: int) -> int:
        if filled == self._buffer.block_bytes and self._buffer.data.startswith(self._buffer.zeros):
            return filled
        found = _NOT_NUL.search(self._buffer.data, 0, filled)
        return filled if found is None else found.start()

    def _consume_nuls(self, count: int) -> None:
        self.nul_bytes += count
        self.offset += count

    def _beyond_hole(self, gap: int) -> int:
        return gap if self._skip_hole is None else max(gap, self._skip_hole(self.offset + gap) - self.offset)


def _long_line(data: bytearray, start: int, stop: int, max_line: int) -> int:
    """Index of the first line in ``data[start:stop]`` with more than ``max_line`` bytes, else -1.

    Looks only once in every ``max_line`` bytes, so it costs nothing where the limit exceeds the block.
    """
    while stop - start > max_line + 1:
        newline = data.rfind(b"\n", start, start + max_line + 1)
        if newline < 0:
            return start
        start = newline + 1
    return -1


def fill_from(fd: int, end: int | None = None) -> Fill:
    """Read a regular file by position, not beyond ``end``. The file's own position is not moved."""
    preadv = getattr(os, "preadv", None)

    def fill(view: memoryview, offset: int) -> int:
        if end is not None and offset + len(view) > end:
            view = view[: max(0, end - offset)]
        if preadv is not None:
            return int(preadv(fd, [view], offset))
        part = os.pread(fd, len(view), offset)
        view[: len(part)] = part
        return len(part)

    return fill


def hole_skipper(fd: int) -> Callable[[int], int]:
    """Where data goes on at or after an offset (``SEEK_DATA``), so that a sparse hole is not read byte by byte."""

    def skip(offset: int) -> int:
        if not hasattr(os, "SEEK_DATA"):
            return offset
        try:
            return os.lseek(fd, offset, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:  # nothing but hole up to the end
                return max(offset, os.fstat(fd).st_size)
            return offset

    return skip
