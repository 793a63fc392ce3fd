"""The file of a spool that is written to: batches are noted, appended and made durable, and after a crash continued."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from logmedic.collect.push import intents
from logmedic.collect.push.intents import Intent, Standing
from logmedic.collect.push.segments import intents_path, log_path, sync_folder

_MOST_VECTORS = 512  # of one ``writev``; Linux allows 1,024 (IOV_MAX)


class Tail:
    """Appends to one file. Nothing that stands in it is ever changed: it may have been read."""

    def __init__(self, folder: Path, number: int) -> None:
        """Begin the file, or go on with it. Raises ``OSError``."""
        self.number = number
        self._log = _open(log_path(folder, number))
        try:
            self._notes = _open(intents_path(folder, number))
        except OSError:
            os.close(self._log)
            raise
        try:
            sync_folder(folder)
            os.fdatasync(self._log)  # what an earlier process wrote and did not get to sync
            self.size = os.fstat(self._log).st_size
            self._half = self.size > 0 and os.pread(self._log, 1, self.size - 1) != b"\n"
            noted = os.fstat(self._notes).st_size
            if noted and os.pread(self._notes, 1, noted - 1) != b"\n":
                _write(self._notes, [b"\n"])
        except OSError:
            self.close()
            raise

    def append(self, batches: Sequence[tuple[str, bytes, Standing | None]], now: int) -> list[Standing]:
        """Whole lines of some batches: digest, bytes, and how much of them an earlier try has left, if it did.

        Afterwards they are on the disk. ``now``: ns. Raises ``OSError``; then some may be there, whole or in part.
        """
        noted: list[Intent] = []
        data: list[bytes] = []
        written: list[Standing] = []
        end = self.size
        half = self._half
        for digest, block, before in batches:
            in_place = half and before is not None and before.segment == self.number
            in_place = in_place and before is not None and before.intent.start + before.present == end
            skip = _already(block, before, in_place=in_place)
            if half and not (in_place and skip):
                noted.append(Intent(now, "", end, 1))
                data.append(b"\n")
                end += 1
            half = False
            rest = block[skip:]
            intent = Intent(now, digest, end, len(rest), skip)
            noted.append(intent)
            data.append(rest)
            end += len(rest)
            written.append(Standing(intent, self.number, len(rest)))
        _write(self._notes, [intents.encode(noted)])
        os.fdatasync(self._notes)
        _write(self._log, data)
        os.fdatasync(self._log)
        self.size, self._half = end, False
        return written

    def close(self) -> None:
        os.close(self._log)
        os.close(self._notes)


def _already(block: bytes, before: Standing | None, *, in_place: bool) -> int:
    """How many bytes of a batch need not be written again: those of whole lines, or all when it goes on in place."""
    if before is None or before.intent.skip + before.intent.length != len(block):
        return 0
    there = before.intent.skip + before.present
    return there if in_place else block.rfind(b"\n", 0, there) + 1


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def _write(fd: int, parts: Sequence[bytes]) -> None:
    for first in range(0, len(parts), _MOST_VECTORS):
        views = [memoryview(part) for part in parts[first : first + _MOST_VECTORS] if part]
        while views:
            done = os.writev(fd, views)
            while views and done >= len(views[0]):
                done -= len(views.pop(0))
            if views:
                views[0] = views[0][done:]
