"""A file whose stream is not known yet, compared by content with streams that are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from logmedic.collect.gz import GzError, GzStream, last_member_size
from logmedic.collect.identity import HEAD_BYTES, continues, digest, is_gz
from logmedic.collect.survey import Seen
from logmedic.collect.track import Track


class Stranger:
    """The file, open for reading."""

    def __init__(self, seen: Seen, fd: int, max_gz_bytes: int) -> None:
        self.seen = seen
        self.gz = is_gz(seen.path)
        self._fd = fd
        self.unsettled = ""  # why too little of a compressed part is there to tell what it is
        self.empty = os.fstat(fd).st_size == 0
        self._head = self._gz_head(max_gz_bytes) if self.gz and not self.empty else b""

    def copies(self, track: Track) -> bool:
        """Whether it repeats, as far as it goes, what is in the open file of ``track``."""
        if self.gz:
            return self._head != b"" and track.read_at(len(self._head), 0) == self._head
        size = os.fstat(self._fd).st_size
        if not 0 < size <= os.fstat(track.read_fd()).st_size:
            return False
        length = min(HEAD_BYTES, size)
        return all(self._read(length, at) == track.read_at(length, at) for at in (0, size - length))

    def holds(self, track: Track) -> bool:
        """Whether it has everything that was consumed of ``track``. Of compressed parts only the head is compared."""
        if not track.known.heads:
            return False
        if self.gz:
            length, expected = track.known.heads[-1]
            return len(self._head) >= length and digest(self._head[:length]) == expected
        return os.fstat(self._fd).st_size >= track.offset and continues(track.known, self._read)

    def ends_at(self, offset: int) -> bool:
        """Whether nothing stands beyond ``offset``; of a compressed part, as its last length field says."""
        if self.gz:
            return last_member_size(self._fd) == offset & 0xFFFFFFFF
        return os.fstat(self._fd).st_size == offset

    def _gz_head(self, max_gz_bytes: int) -> bytes:
        stream = GzStream(self._fd, max_gz_bytes)
        try:
            return stream.read_head()
        except GzError as error:
            if len(stream.head) == HEAD_BYTES:
                return stream.head
            self.unsettled = str(error)
            return b""

    def _read(self, length: int, offset: int) -> bytes:
        return os.pread(self._fd, length, offset)


@contextmanager
def opened(seen: Seen, max_gz_bytes: int) -> Iterator[Stranger | None]:
    """``None`` when it cannot be opened, or when another file has its name by now."""
    try:
        fd = os.open(seen.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        yield None
        return
    try:
        status = os.fstat(fd)
        same = (status.st_dev, status.st_ino) == seen.key
        yield Stranger(seen, fd, max_gz_bytes) if same else None
    finally:
        os.close(fd)
