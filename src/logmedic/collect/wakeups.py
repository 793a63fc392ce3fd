"""Sleep until a log may have something new: the kernel's notifications on Linux, polling elsewhere."""

# Names stay text here: a Path for each one would cost more than the look itself.
# ruff: noqa: PTH114, PTH118

from __future__ import annotations

import os
import select
import sys
from collections.abc import Iterable
from typing import Any, Protocol

from logmedic.doors import Clock

POLL_SECONDS = 0.25
_BUSY_WAKES = 500  # a second; above it, waking less often saves more than it delays
_COALESCE_SECONDS = 0.005


class Wakeups(Protocol):
    def watch(self, folders: set[str], paths: set[str]) -> bool:
        """Watch these folders and files. ``True``: something was added, so a change may have slipped by before."""
        ...

    def wait(self, timeout: float) -> set[str] | None:
        """The paths that were written to; ``None``: look at everything; empty: nothing happened in time (seconds)."""
        ...

    def close(self) -> None: ...


def wakeups(clock: Clock) -> Wakeups:
    """The best that this system has."""
    if sys.platform != "linux":
        return Polling(clock)
    try:
        return Inotify(clock)
    except OSError:  # no instances left, see fs.inotify.max_user_instances
        return Polling(clock)


class Polling:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def watch(self, folders: set[str], paths: set[str]) -> bool:
        return False

    def wait(self, timeout: float) -> set[str] | None:
        self._clock.sleep(min(timeout, POLL_SECONDS))
        return None

    def close(self) -> None:
        pass


class Inotify:
    """One watch for each folder, and one for each symbolic link (writes to its target are not seen in its folder)."""

    def __init__(self, clock: Clock) -> None:
        import inotify_simple  # noqa: PLC0415  loads ctypes and looks for libc, which an idle scan must not pay

        flags = inotify_simple.flags
        self._written = int(flags.MODIFY)
        self._mask = int(
            flags.MODIFY | flags.CREATE | flags.MOVED_TO | flags.MOVED_FROM | flags.DELETE | flags.ATTRIB
            | flags.DELETE_SELF | flags.MOVE_SELF
        )  # fmt: skip
        self._inotify: Any = inotify_simple.INotify(nonblocking=True)
        self._poll = select.poll()
        self._poll.register(self._inotify.fileno(), select.POLLIN)
        self._clock = clock
        self._watched: dict[str, int] = {}
        self._names: dict[int, tuple[str, bool]] = {}  # watch → (path, is a folder)
        self._paths: set[str] = set()
        self._second = 0.0
        self._wakes = 0
        self._wakes_before = 0

    def watch(self, folders: set[str], paths: set[str]) -> bool:
        self._paths = paths
        links = {p for p in paths if os.path.islink(p)}
        wanted = folders | links
        for gone in self._watched.keys() - wanted:
            self._forget(gone)
        added = False
        for path in wanted - self._watched.keys():
            try:
                watch = self._inotify.add_watch(path, self._mask)
            except OSError:  # gone, not allowed, or no watches left: the next full look makes up for it
                continue
            self._watched[path] = watch
            self._names[watch] = (path, path in folders)
            added = True
        return added

    def wait(self, timeout: float) -> set[str] | None:
        deadline = self._clock.monotonic() + timeout
        while True:
            left = max(0.0, deadline - self._clock.monotonic())
            if not self._poll.poll(left * 1000):
                return set()
            self._pace()
            touched = self._sort(self._inotify.read(timeout=0))
            if touched is None or touched:
                return touched
            if left == 0.0:
                return set()

    def close(self) -> None:
        self._inotify.close()

    def _sort(self, events: Iterable[Any]) -> set[str] | None:
        touched: set[str] = set()
        everything = False
        for event in events:
            path, is_folder = self._names.get(event.wd, ("", True))
            name = os.path.join(path, event.name) if is_folder else path
            if event.mask & self._written:
                if name in self._paths:
                    touched.add(name)
            elif event.wd == -1 or path:  # -1: the queue overflowed; no path: an answer to a watch we took away
                everything = True
        return None if everything else touched

    def _pace(self) -> None:
        now = self._clock.monotonic()
        if now - self._second >= 1.0:
            self._wakes_before = self._wakes if now - self._second < 2.0 else 0
            self._second, self._wakes = now, 0
        self._wakes += 1
        if max(self._wakes, self._wakes_before) > _BUSY_WAKES:
            self._clock.sleep(_COALESCE_SECONDS)

    def _forget(self, path: str) -> None:
        watch = self._watched.pop(path)
        self._names.pop(watch, None)
        try:
            self._inotify.rm_watch(watch)
        except OSError:  # the kernel has dropped it already, with the file
            pass
