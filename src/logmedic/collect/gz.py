"""Rotated parts that were compressed: read forward only, in bounded memory."""

from __future__ import annotations

import os
import zlib
from collections import deque

from logmedic.collect.identity import HEAD_BYTES, MARKER_BYTES

_CHUNK = 128 * 1024
_GZIP = 16 + zlib.MAX_WBITS


class GzError(Exception):
    """The file is cut (still being written), damaged, or longer than allowed. ``str(error)`` says which."""


class GzStream:
    """Decompresses concatenated gzip members.

    The head and the last ``window`` bytes handed out are kept, so that what was consumed can be recognised.
    """

    def __init__(self, fd: int, max_bytes: int, window: int = MARKER_BYTES) -> None:
        self.offset = 0
        self.head = b""
        self._recent: deque[bytes] = deque()
        self._recent_bytes = 0
        self._window = window
        self._fd = fd
        self._at = 0  # in the compressed file
        self._max_bytes = max_bytes
        self._inflater = zlib.decompressobj(_GZIP)
        self._input = b""
        self._between = True  # at the beginning of a member

    def fill(self, view: memoryview, offset: int) -> int:
        """The next bytes; 0 after the last member.

        Raises:
            GzError: cut inside a member, damaged, or more than ``max_bytes`` come out.
        """
        assert offset == self.offset, "a gz stream is read forward only"
        part = self._next(len(view))
        view[: len(part)] = part
        return len(part)

    def skip_to(self, offset: int) -> bool:
        """Read on to ``offset``; ``False`` when the stream is shorter."""
        while self.offset < offset:
            if not self._next(min(_CHUNK, offset - self.offset)):
                return False
        return True

    def read_head(self) -> bytes:
        """The first ``HEAD_BYTES`` (fewer in a short stream)."""
        while len(self.head) < HEAD_BYTES and self._next(HEAD_BYTES):
            pass
        return self.head

    def read_at(self, length: int, offset: int) -> bytes:
        """Bytes already handed out: of the head, or of the last ``window`` ones."""
        if offset + length <= len(self.head):
            return self.head[offset : offset + length]
        recent = b"".join(self._recent)
        start = offset - (self.offset - len(recent))
        assert start >= 0, "no longer in the window"
        return recent[start : start + length]

    def _next(self, limit: int) -> bytes:
        while True:
            if not self._input and not self._inflater.unconsumed_tail:
                self._input = os.pread(self._fd, _CHUNK, self._at)
                self._at += len(self._input)
                if not self._input and self._between:
                    return b""
            ended = not self._input and not self._inflater.unconsumed_tail
            out = self._inflate(limit)
            if ended and not out and not self._between:
                raise GzError("the gz file ends inside a member; it may still be written")
            if out:
                self._remember(out)
                if self.offset > self._max_bytes:
                    raise GzError(f"the gz file holds more than {self._max_bytes} bytes")
                return out

    def _remember(self, out: bytes) -> None:
        self.offset += len(out)
        if len(self.head) < HEAD_BYTES:
            self.head = (self.head + out)[:HEAD_BYTES]
        self._recent.append(out)
        self._recent_bytes += len(out)
        while self._recent_bytes - len(self._recent[0]) >= self._window:
            self._recent_bytes -= len(self._recent.popleft())

    def _inflate(self, limit: int) -> bytes:
        data = self._inflater.unconsumed_tail + self._input
        self._input = b""
        if self._between:
            data = data.lstrip(b"\0")  # gzip allows padding between members
            if not data:
                return b""
            self._between = False
        try:
            out = self._inflater.decompress(data, limit)
        except zlib.error as error:
            raise GzError(f"the gz file is damaged: {error}") from None
        if self._inflater.eof:
            self._input = self._inflater.unused_data
            self._inflater = zlib.decompressobj(_GZIP)
            self._between = True
        return out


def last_member_size(fd: int) -> int:
    """Uncompressed length of the last member modulo 2³² (RFC 1952, ISIZE), -1 for a file too short to be gzip."""
    size = os.fstat(fd).st_size
    return int.from_bytes(os.pread(fd, 4, size - 4), "little") if size >= 18 else -1
