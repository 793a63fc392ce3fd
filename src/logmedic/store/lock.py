"""One logmedic per SQLite state. Imports nothing heavy: a refused or idle run must end at once."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

from logmedic.errors import AlreadyRunningError


def sqlite_path(url: str) -> Path | None:
    """The file behind a SQLite URL; ``None`` for other databases and for memory. Imports nothing heavy."""
    prefix = "sqlite:///"
    if not url.startswith(prefix) or url == prefix or ":memory:" in url:
        return None
    return Path(url.removeprefix(prefix).partition("?")[0])


class InstanceLock:
    """One logmedic per SQLite state: an advisory lock on ``<state>.lock``, gone with the process however it ends."""

    def __init__(self, state: Path) -> None:
        self._path = state.with_name(state.name + ".lock")
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Take the lock. Raises :class:`AlreadyRunningError` naming the holder's process id."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = self._path.open("a+", encoding="ascii")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            holder = file.read(20).strip() or "unknown"
            file.close()
            raise AlreadyRunningError(
                f"{self._path}: another logmedic (process {holder}) works on this state; "
                "stop it, or give this one its own [store] url"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._file = file

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
