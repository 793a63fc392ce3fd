"""Which file is this? Answered by content; the inode is only a hint.

A stream is one generation of one file. It is recognised by digests of its beginning (the head, at lengths 16, 32, …
4096 bytes of what was consumed) and of the 256 bytes before the offset (the marker). Only consumed bytes count, so
the fingerprint never covers a line that is still being written, and a file that grows keeps its identity.
Digests, not bytes: a state database must not hold text that was never redacted.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from pathlib import PurePath

import msgspec

HEAD_BYTES = 4096
# 32 bytes told a copytruncate that regrew past the offset from the old file 300 times of 300; but JSON lines of one
# logger may share a longer ending than that, so a whole line's worth is taken.
MARKER_BYTES = 256
PROOF_BYTES = 32  # shorter common beginnings are taken for chance

ReadAt = Callable[[int, int], bytes]
"""(length, offset) → bytes; fewer at the end."""
Key = tuple[int, int]  # device, inode


class Fingerprint(msgspec.Struct, frozen=True):
    """What was consumed of a stream, in short."""

    offset: int
    heads: tuple[tuple[int, str], ...] = ()  # (length in bytes, digest), lengths rising
    marker: str = ""


def digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=8).hexdigest()


def heads_of(head: bytes) -> tuple[tuple[int, str], ...]:
    """Digests of the beginnings of ``head``: powers of two from 16 bytes, and all of it."""
    lengths = [n for n in (16 << i for i in range(9)) if n < len(head)]
    return tuple((n, digest(head[:n])) for n in [*lengths, len(head)] if n)


def marker_at(read: ReadAt, offset: int) -> str:
    return digest(tail_at(read, offset)) if offset else ""


def tail_at(read: ReadAt, offset: int) -> bytes:
    """The bytes before ``offset`` that the marker is made of."""
    start = max(0, offset - MARKER_BYTES)
    return read(offset - start, start)


def continues(known: Fingerprint, read: ReadAt) -> bool:
    """Whether the bytes up to the offset are still what was consumed."""
    if known.offset == 0:
        return True
    if marker_at(read, known.offset) != known.marker:
        return False
    length, expected = known.heads[-1] if known.heads else (0, "")
    return length == 0 or digest(read(length, 0)) == expected


def kept_prefix(known: Fingerprint, head: bytes, read: ReadAt) -> int:
    """After a truncation to a length that is not zero: how many leading bytes had been consumed before.

    What the file and the consumed beginning (``head``, when it is at hand, else its digests) have in common, up to
    the last line end: the rest of a line cut by the truncation belongs to what is written next. Fewer than 32 bytes
    in common prove nothing. 0 when the content is another one.
    """
    common = 0
    if head:
        common = _common(head, read(len(head), 0))
    else:
        for length, expected in known.heads:
            part = read(length, 0)
            if len(part) < length or digest(part) != expected:
                break
            common = length
    return read(common, 0).rfind(b"\n") + 1 if common >= PROOF_BYTES else 0


def _common(one: bytes, other: bytes) -> int:
    """Length of the common prefix, by halving: comparing slices is a memcmp."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


_GZ = re.compile(r"\.gz\Z", re.IGNORECASE)
_STAMP = r"\d[\dTZ:_.\-]*"
_SUFFIX = re.compile(rf"(?:[.\-_]{_STAMP}|\.(?:old|bak|prev))\Z")
_INFIX = re.compile(rf"(?P<stem>.+?)[.\-_]{_STAMP}(?P<extension>\.[A-Za-z]\w*)\Z")


def family(path: str) -> str:
    """The name before rotation: ``app.log`` for ``app.log.1``, ``app.log-20260101.gz`` and ``app-2026-01-01.log``."""
    name = _GZ.sub("", os.path.basename(path))  # noqa: PTH119  on text: a Path per name costs more than the rest
    name = _SUFFIX.sub("", name) or name
    infix = _INFIX.fullmatch(name)
    return infix["stem"] + infix["extension"] if infix else name


def log_of(path: str) -> tuple[str, str]:
    """(folder, name before rotation): what the parts of one log have in common."""
    return os.path.dirname(path), family(path)  # noqa: PTH120  as above


def looks_rotated(path: str) -> bool:
    return PurePath(path).name != family(path)


def related(rotated: str, live: str) -> bool:
    """Whether, by their names, one may be a rotated part of the other's log: same log, same folder or one below."""
    if rotated == live:
        return True
    if family(rotated) != family(live):
        return False
    folder, other = PurePath(rotated).parent, PurePath(live).parent
    return folder == other or folder.is_relative_to(other) or other.is_relative_to(folder)


def is_gz(path: str) -> bool:
    return _GZ.search(path) is not None
