"""One stream that is being followed: what was consumed, and where its file is now."""

from __future__ import annotations

import os
from typing import Any

from logmedic.collect.identity import HEAD_BYTES, Fingerprint, Key, ReadAt, digest, heads_of, log_of, tail_at
from logmedic.collect.interface import Position
from logmedic.collect.survey import Seen
from logmedic.model import NANOSECONDS


class Track:
    """Mutable, owned by one source. Bytes are counted from the start of the stream, uncompressed."""

    __slots__ = (
        "away_since",
        "dialect",
        "done",
        "expires",
        "fd",
        "forgotten",
        "gone",
        "grew_at",
        "gz",
        "handed",
        "head",
        "held",
        "key",
        "known",
        "log",
        "lost",
        "lost_after",
        "lost_at",
        "mismatched",
        "mtime",
        "path",
        "pinned",
        "present",
        "problem",
        "scanned",
        "since",
        "size",
        "stamp",
        "stream",
        "tail",
        "used",
    )  # fmt: skip

    def __init__(self, stream: str, path: str, key: Key | None) -> None:
        self.stream = stream
        self.path = path
        self.log = log_of(path)
        self.key = key  # None: its bytes are no longer in the file that had them
        self.known = Fingerprint(0)
        self.head = b""  # the first consumed bytes, when they were read by this process
        self.tail = b""  # the last ones, which the marker is the digest of; likewise
        self.stamp = (-1, -1)  # (size, mtime) of the file when all of it had been looked at
        self.mtime = 0  # ns, as last seen
        self.size = 0  # bytes in the file as last seen (compressed for gz)
        self.since = 0  # ns; its log has been followed since this modification time
        self.done = False
        self.gone = 0  # ns on the wall clock; no name has led to it since, and it is done
        self.forgotten = False  # see ``Position``
        self.gz = False
        self.present = False  # a name that we look at leads to it
        self.fd: int | None = None
        self.used = 0  # when its descriptor was last needed, on a counter
        self.pinned = False  # the descriptor is in use by other processes
        self.scanned = 0  # see LineReader
        self.dialect = ""
        self.grew_at = 0.0  # monotonic seconds
        self.expires: float | None = None  # monotonic; a displaced stream is given up then
        self.away_since = 0  # ns; nothing has led to its unread bytes since, also for a process before this one
        self.lost_after = 0  # bytes known to be unread when its file was displaced
        self.lost = 0  # bytes that were given up unread
        self.lost_at = 0  # ns; when that was last found
        self.mismatched: set[Key] = set()  # gz files that turned out to be another stream's
        self.problem = ""  # why it cannot be read now
        self.handed: tuple[Any, ...] | None = None  # what the last position said
        self.held = (-1, -1)  # (size, mtime) of the file when its last event was held back, because it may go on

    @property
    def offset(self) -> int:
        return self.known.offset

    def read_fd(self) -> int:
        assert self.fd is not None, "Descriptors.open comes first"
        return self.fd

    def read_at(self, length: int, offset: int) -> bytes:
        return os.pread(self.read_fd(), length, offset)

    def consume(self, end: int, read: ReadAt) -> None:
        """Everything before ``end`` has been handed over."""
        self.tail = tail_at(read, end)
        heads = self.known.heads
        if not heads or heads[-1][0] < HEAD_BYTES:
            self.head = read(min(end, HEAD_BYTES), 0)
            heads = heads_of(self.head)
        self.known = Fingerprint(end, heads, digest(self.tail) if end else "")

    def recall(self) -> bool:
        """After a restart: have at hand what was consumed first and last. ``False``: it is no longer in the file."""
        if self.offset == 0 or self.tail:
            return True
        head, tail = self.read_at(min(self.offset, HEAD_BYTES), 0), tail_at(self.read_at, self.offset)
        length, expected = self.known.heads[-1] if self.known.heads else (0, digest(b""))
        if digest(tail) != self.known.marker or digest(head[:length]) != expected:
            return False
        self.head, self.tail = head, tail
        return True

    def reset_to(self, seen: Seen) -> None:
        """Its bytes are in this file."""
        self.key = seen.key
        if self.path != seen.path:
            self.path = seen.path
            self.log = log_of(seen.path)
        self.present = True
        self.stays()
        self.size, self.mtime = seen.stamp

    def stays(self) -> None:
        """It need not be given up any more."""
        self.expires = None
        self.away_since = 0

    def away(self, now: int) -> float:
        """Nothing leads to its bytes now (ns). Seconds since that was first seen: a scan lasts but a moment."""
        if not 0 < self.away_since <= now:  # a clock that was set back begins anew
            self.away_since = now
            self.lost_after = 0 if self.gz else max(0, self.size - self.offset)
        return (now - self.away_since) / NANOSECONDS

    def give_up(self, now: int) -> None:
        """Nothing more is expected of it (ns)."""
        self.stays()
        self.done = True
        self.problem = ""
        self.lose(self.lost_after, now)

    def lose(self, count: int, now: int) -> None:
        """So many bytes, if any, were there and are gone unread."""
        if count > 0:
            self.lost += count
            self.lost_at = now

    def position(self, source: str) -> Position:
        token: dict[str, Any] = {
            "path": shown(self.path),
            "dev": self.key[0] if self.key else 0,
            "ino": self.key[1] if self.key else 0,
            "size": self.stamp[0],
            "mtime": self.mtime if self.stamp[0] < 0 else self.stamp[1],
            "heads": [list(pair) for pair in self.known.heads],
            "marker": self.known.marker,
            "gz": self.gz,
            "since": self.since,
        }
        if self.gone:
            token["gone"] = self.gone
        if self.away_since:
            token |= {"away": self.away_since, "unread": self.lost_after}
        if self.lost_at:
            token |= {"lost_bytes": self.lost, "lost_at": self.lost_at}
        self.handed = self.summary()
        return Position(source, self.stream, self.offset, token, self.done, self.forgotten)

    def summary(self) -> tuple[Any, ...]:
        """What a new position would say; compared with ``handed`` to see whether one is due."""
        return self.offset, self.stamp, self.path, self.key, self.done, self.gz, self.gone, self.away_since, self.lost

    def end(self) -> None:
        """All of it was handed over. What it begins and ends with is read again should it go on: see ``recall``."""
        self.done = True
        self.close()
        self.head = self.tail = b""

    def close(self) -> None:
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None


def restored(position: Position) -> Track:
    """The track that a stored position describes. Unknown or damaged tokens give one that content must find again."""
    token = position.token
    key = (_int(token, "dev"), _int(token, "ino"))
    track = Track(position.stream, str(token.get("path", "")), key if key[1] else None)
    heads = token.get("heads")
    pairs = heads if isinstance(heads, list) else []
    track.known = Fingerprint(
        position.offset,
        tuple((int(p[0]), str(p[1])) for p in pairs if isinstance(p, list | tuple) and len(p) == 2),
        str(token.get("marker", "")),
    )
    track.stamp = (_int(token, "size", -1), _int(token, "mtime", -1))
    track.size, track.mtime = track.stamp
    track.done = position.done
    track.gone = _int(token, "gone")
    track.gz = token.get("gz") is True
    track.since = _int(token, "since")
    track.away_since, track.lost_after = _int(token, "away"), _int(token, "unread")
    track.lost, track.lost_at = _int(token, "lost_bytes"), _int(token, "lost_at")
    track.handed = track.summary()
    return track


def shown(path: str) -> str:
    """A path as text for people and JSON: bytes that are not UTF-8 become ``\\xNN``."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _int(token: dict[str, Any], name: str, default: int = 0) -> int:
    value = token.get(name)
    return value if isinstance(value, int) else default
