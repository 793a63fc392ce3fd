"""Open files, never more than a limit: the one used longest ago is closed first."""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Mapping

from logmedic.collect.track import Track


class Descriptors:
    """Opens the files of tracks. One that can be opened again by its name may be closed; others are kept."""

    def __init__(self, tracks: Mapping[str, Track], limit: int) -> None:
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._limit = limit if soft == resource.RLIM_INFINITY else max(1, min(limit, soft // 2))
        self._tracks = tracks
        self._tick = 0

    def open(self, track: Track) -> bool:
        """Make ``track.fd`` usable. ``False``: it cannot be read now, and ``track.problem`` says why."""
        self._tick += 1
        track.used = self._tick
        track.problem = ""
        if track.fd is not None:
            return True
        held = sum(t.fd is not None for t in self._tracks.values())
        if held >= self._limit:
            self._close_oldest(held - self._limit + 1)
        try:
            fd = _open(track.path)
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE):
                track.problem = f"{track.path}: {error.strerror}"
                return False
            self._close_oldest(max(1, held // 2))
            try:
                fd = _open(track.path)
            except OSError as again:
                track.problem = f"{track.path}: {again.strerror}"
                return False
        status = os.fstat(fd)
        if (status.st_dev, status.st_ino) != track.key:
            os.close(fd)  # replaced since we looked; the next look sorts it out
            track.problem = f"{track.path}: replaced while it was being opened"
            return False
        track.fd = fd
        return True

    def _close_oldest(self, count: int) -> None:
        spare = [t for t in self._tracks.values() if t.fd is not None and t.present and not t.pinned]
        for track in sorted(spare, key=lambda t: t.used)[:count]:
            track.close()


def _open(path: str) -> int:
    return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
