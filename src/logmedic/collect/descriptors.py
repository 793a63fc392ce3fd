"""Open files, never more than a limit: the one used longest ago is closed first."""

from __future__ import annotations

import errno
import os
import resource

from logmedic.collect.track import Track


class Descriptors:
    """Opens the files of tracks. One that can be opened again by its name may be closed; others are kept."""

    def __init__(self, limit: int) -> None:
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._limit = limit if soft == resource.RLIM_INFINITY else max(1, min(limit, soft // 2))
        self._held: list[Track] = []  # may name some that were closed since
        self._tick = 0

    def open(self, track: Track, path: str | None = None) -> bool:
        """Make ``track.fd`` usable, by its own path or this one. ``False``: ``track.problem`` says why not."""
        path = path or track.path
        self._tick += 1
        track.used = self._tick
        track.problem = ""
        if track.fd is not None:
            return True
        if len(self._held) >= self._limit:
            self._close_oldest(keep=self._limit * 3 // 4)
        try:
            fd = _open(path)
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE):
                track.problem = f"{path}: {error.strerror}"
                return False
            self._close_oldest(keep=len(self._held) // 2)
            try:
                fd = _open(path)
            except OSError as again:
                track.problem = f"{path}: {again.strerror}"
                return False
        status = os.fstat(fd)
        if (status.st_dev, status.st_ino) != track.key:
            os.close(fd)  # replaced since we looked; the next look sorts it out
            track.problem = f"{path}: replaced while it was being opened"
            return False
        track.fd = fd
        self._held.append(track)
        return True

    def _close_oldest(self, keep: int) -> None:
        held = [t for t in self._held if t.fd is not None]
        spare = sorted((t for t in held if t.present and not t.pinned), key=lambda t: t.used)
        for track in spare[: max(0, len(held) - keep)]:
            track.close()
        self._held = [t for t in held if t.fd is not None]


def _open(path: str) -> int:
    return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
