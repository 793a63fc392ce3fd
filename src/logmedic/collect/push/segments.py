"""The files of a spool: ``000001.log`` holds lines, ``000001.intents`` what was about to be written to it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from logmedic.collect.identity import Key

IDENTITY = "id"  # the file that tells one machine's spool from another's


class Segment(msgspec.Struct, frozen=True):
    """One file as it is on the disk."""

    number: int
    size: int  # bytes
    mtime: int  # ns
    key: Key  # device and inode, as the positions of the file source have them


def log_path(folder: Path, number: int) -> Path:
    return folder / f"{number:06d}.log"


def intents_path(folder: Path, number: int) -> Path:
    return folder / f"{number:06d}.intents"


def identity(folder: Path) -> str:
    """Of this spool, among those of all machines that take in what is pushed to one source; empty: it has none yet."""
    try:
        return (folder / IDENTITY).read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def identify(folder: Path) -> None:
    """Give the spool an identity, once and for all. Raises ``OSError``."""
    if identity(folder):
        return
    new = folder / f"{IDENTITY}.new"
    new.write_text(os.urandom(4).hex(), "ascii")
    with new.open("rb") as file:
        os.fsync(file.fileno())
    new.replace(folder / IDENTITY)
    sync_folder(folder)


def is_ours(stream: str, own: str) -> bool:
    """Whether a stream's position is of the spool with this identity; what has none is of before there were any."""
    return stream.partition("@")[2] in ("", own)


def survey(folder: Path) -> list[Segment]:
    """Those that are there, oldest first. Raises ``OSError``."""
    found = []
    for path in folder.glob("*.log"):
        if path.stem.isdigit():
            status = path.stat()
            key = (status.st_dev, status.st_ino)
            found.append(Segment(int(path.stem), status.st_size, status.st_mtime_ns, key))
    return sorted(found, key=lambda segment: segment.number)


def notes(folder: Path) -> list[tuple[int, int]]:
    """Number and modification time (ns) of the files of intents, oldest first. Raises ``OSError``."""
    return sorted((int(p.stem), p.stat().st_mtime_ns) for p in folder.glob("*.intents") if p.stem.isdigit())


def unread(segments: Sequence[Segment], read: Mapping[Key, int]) -> int:
    """Bytes that are not taken in yet. ``read``: how far each file was taken in."""
    return sum(max(0, segment.size - read.get(segment.key, 0)) for segment in segments)


def dispensable(
    segments: Sequence[Segment], read: Mapping[Key, int], *, now: int, keep_bytes: int, keep_ns: int
) -> list[Segment]:
    """Which files may go: read to their end, and too old or too many. Never the one that is written to.

    ``now``: ns; ``keep_ns``: how long a file is kept after its last line.
    """
    total = sum(segment.size for segment in segments)
    found = []
    for segment in segments[:-1]:
        if read.get(segment.key, 0) < segment.size:
            continue
        if total > keep_bytes or now - segment.mtime > keep_ns:
            found.append(segment)
            total -= segment.size
    return found


def sync_folder(folder: Path) -> None:
    """Make names that were added durable. Raises ``OSError``."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
