"""What is there now: globs to files, by stat alone."""

# Names stay text here: a Path for each one would cost more than the look itself.
# ruff: noqa: PTH100, PTH112, PTH116, PTH118, PTH119, PTH120, PTH207, PTH208

from __future__ import annotations

import fnmatch
import glob
import os
import re
import stat
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from logmedic.collect.identity import Key, family, is_gz, looks_rotated

_NUMBER = re.compile(r"\.(\d{1,4})(?:\.gz)?\Z")


class Seen(NamedTuple):
    """A regular file as ``stat`` shows it (symbolic links followed)."""

    path: str
    key: Key
    size: int
    mtime: int  # ns

    @property
    def stamp(self) -> tuple[int, int]:
        return self.size, self.mtime


def survey(paths: Sequence[str], exclude: Sequence[str], *, gz: bool) -> list[Seen]:
    """Every matching file once, however many names, globs or hard links lead to it; sorted by path."""
    found: dict[Key, Seen] = {}
    for path in sorted(_expand(paths)):
        if (is_gz(path) and not gz) or excluded(path, exclude):
            continue
        seen = look(path)
        if seen is not None:
            found.setdefault(seen.key, seen)
    return list(found.values())


def look(path: str) -> Seen | None:
    """``None`` when it is no regular file, or not there."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return Seen(path, (status.st_dev, status.st_ino), status.st_size, status.st_mtime_ns)


def siblings(paths: Iterable[str], *, gz: bool) -> list[Seen]:
    """Rotated parts beside these logs (``app.log.1`` of ``app.log``), whether or not a glob names them."""
    families: dict[str, set[str]] = {}
    for path in paths:
        families.setdefault(os.path.dirname(path), set()).add(family(path))
    found = []
    for folder, names in families.items():
        for name in _names(folder):
            if family(name) in names and looks_rotated(name) and (gz or not is_gz(name)):
                seen = look(os.path.join(folder, name))
                if seen is not None:
                    found.append(seen)
    return found


def folders(patterns: Sequence[str], paths: Iterable[str]) -> set[str]:
    """Directories whose changes may concern us: those of the files, and the fixed beginning of every glob."""
    wanted = {os.path.dirname(path) for path in paths}
    for pattern in patterns:
        base = os.path.dirname(os.path.abspath(pattern))
        while glob.has_magic(base) or not os.path.isdir(base):
            parent = os.path.dirname(base)
            if parent == base:
                break
            base = parent
        wanted.add(base)
    return wanted


def _expand(paths: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for pattern in paths:
        absolute = os.path.abspath(pattern)
        if not glob.has_magic(absolute) or os.path.lexists(absolute):
            found.add(absolute)  # a name with brackets that exists means itself
        else:
            found.update(glob.iglob(absolute, recursive=True))
    return found


def excluded(path: str, exclude: Sequence[str]) -> bool:
    name = os.path.basename(path)
    return any(fnmatch.fnmatchcase(path, p) or fnmatch.fnmatchcase(name, p) for p in exclude)


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def live_first(seen: Seen) -> tuple[bool, int, int, str]:
    """A log's own file comes before its parts, so that a copy of it that is being made is known for one."""
    number = _NUMBER.search(seen.path)
    return looks_rotated(seen.path), seen.mtime, -int(number[1]) if number else 0, seen.path
