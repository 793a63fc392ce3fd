"""One logmedic per SQLite state. Imports nothing heavy: a refused or idle run must end at once."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from pathlib import Path
from typing import IO

from logmedic.errors import AlreadyRunningError, StoreError

IGNORE = "# Written by logmedic: its state holds what your logs say.\n*\n"


def sqlite_path(url: str) -> Path | None:
    """The file behind a SQLite URL; ``None`` for other databases and for memory. Imports nothing heavy."""
    prefix = "sqlite:///"
    if not url.startswith(prefix) or url == prefix or ":memory:" in url:
        return None
    return Path(url.removeprefix(prefix).partition("?")[0])


def make_folder(state: Path) -> None:
    """Make the folder that a state file is to stand in, one that git ignores. Raises :class:`StoreError`."""
    if state.parent.is_dir():
        return
    try:
        state.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(_private(state.parent / ".gitignore"), "w", encoding="utf-8") as file:
            file.write(IGNORE)
    except (OSError, ValueError) as error:
        raise _unusable(state, error) from None


def make_private(state: Path) -> None:
    """Make an empty state file that only its owner may read: SQLite gives the files beside it the same rights."""
    try:
        os.close(_private(state))
    except OSError as error:
        raise _unusable(state, error) from None


def _private(path: Path, flags: int = 0) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | flags, 0o600)


def _drop(file: IO[str]) -> None:
    """Close it although what was written to it has found no room."""
    with contextlib.suppress(OSError):
        file.close()


def _unusable(path: Path, error: OSError | ValueError) -> StoreError:
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return StoreError(f"{path}: the disk is full; make room, or give [store] url another place")
    reason = getattr(error, "strerror", None) or error
    return StoreError(f"{path}: the state cannot stand there: {reason}; give [store] url another place")


class InstanceLock:
    """One logmedic per SQLite state: an advisory lock on ``<state>.lock``, gone with the process however it ends."""

    def __init__(self, state: Path) -> None:
        self._path = state.with_name(state.name + ".lock")
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            AlreadyRunningError: another process holds it; named by its id.
            StoreError: the folder of the state cannot be made or written.
        """
        make_folder(self._path)
        try:
            file = os.fdopen(_private(self._path, os.O_APPEND), "a+", encoding="ascii", errors="replace")
        except OSError as error:
            raise _unusable(self._path, error) from None
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
        try:
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
        except OSError as error:
            _drop(file)
            raise _unusable(self._path, error) from None
        self._file = file

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
