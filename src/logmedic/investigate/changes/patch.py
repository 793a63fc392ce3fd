"""Patches that somebody hands over: with lines of context, with or without headers, cut short. Pure and forgiving."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from logmedic.investigate.changes.diffs import LONGEST_LINE, LONGEST_PATCH, MOST_LINES, FileDiff, Hunk, heading

MOST_CONTEXT = 4  # unchanged lines above a change that are kept
_HUNK = re.compile(r"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@")
_GIT = re.compile(r"diff --git (?:a/)?(.{1,1000}) (?:b/)?(.{1,1000})\Z")


def parse_patch(text: str, names: Sequence[str] = ()) -> tuple[FileDiff, ...]:
    """The files of a patch. One without any header is taken to be of the first of ``names``.

    Lines of hunks without numbers (``@@`` alone, or none) stand at line 0: they tell what changed, not where.
    """
    reading = _Reading(names[0] if names else "")
    lines = text[:LONGEST_PATCH].replace("\r\n", "\n").split("\n")
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        reading.take(line[: LONGEST_LINE + 1], following)
    reading.end_file()
    return tuple(reading.files)


class _Reading:
    def __init__(self, name: str) -> None:
        self.files: list[FileDiff] = []
        self._old = self._new = name
        self._hunks: list[Hunk] = []
        self._removed: list[str] = []
        self._added: list[str] = []
        self._at = (0, 0)  # the next line of the old and the new file; 0: not known
        self._left = (0, 0)  # lines that the header of the hunk still announces
        self._context: list[str] = []
        self._budget = MOST_LINES

    def take(self, line: str, following: str) -> None:
        inside = self._left != (0, 0)
        if not inside and self._header(line, following):
            return
        sign, text = line[:1], line[1:]
        if sign == "-":
            self._removed.append(text)
            self._left = (max(self._left[0] - 1, 0), self._left[1])
        elif sign == "+":
            self._added.append(text)
            self._left = (self._left[0], max(self._left[1] - 1, 0))
        elif sign != "\\":  # context, or prose between the parts
            self._end_hunk()
            self._context = [*self._context[1 - MOST_CONTEXT :], text]
            self._at = tuple(n + 1 if n else 0 for n in self._at)  # type: ignore[assignment]
            self._left = tuple(max(n - 1, 0) for n in self._left)  # type: ignore[assignment]

    def _header(self, line: str, following: str) -> bool:
        if line.startswith("@@"):
            self._end_hunk()
            self._context = []
            found = _HUNK.match(line)
            if found is not None:
                self._context = [*heading(found)]
                self._left = (int(found[2] or 1), int(found[4] or 1))
                # a side without lines names the line before
                self._at = (int(found[1]) + (not self._left[0]), int(found[3]) + (not self._left[1]))
            else:
                self._at = (0, 0)
            return True
        git = _GIT.match(line)
        if git is not None:
            self.end_file()
            self._old, self._new = git[1], git[2]
            return True
        if line.startswith("--- ") and following.startswith("+++ "):
            if self._hunks or self._removed or self._added:
                self.end_file()
            self._old = _side(line, "a/")
            return True
        if line.startswith("+++ ") and not self._hunks and not self._added:
            self._new = _side(line, "b/")
            return True
        if line.startswith(("new file mode", "deleted file mode")):
            self._old, self._new = ("", self._new) if line.startswith("new") else (self._old, "")
            return True
        return line.startswith(("index ", "rename ", "similarity ", "old mode", "new mode"))

    def _end_hunk(self) -> None:
        removed, added = self._removed, self._added
        if removed or added:
            old, new = self._at
            keep = max(self._budget, 0)
            kept = tuple(removed[:keep]), tuple(added[: max(keep - len(removed), 0)])
            self._budget -= len(removed) + len(added)
            starts = (old - (not removed) if old else 0, new - (not added) if new else 0)
            lengths = (max(starts[0], 0), len(removed), max(starts[1], 0), len(added))
            self._hunks.append(Hunk(*lengths, *kept, tuple(self._context)))
            self._at = (old + len(removed) if old else 0, new + len(added) if new else 0)
        self._removed, self._added = [], []

    def end_file(self) -> None:
        self._end_hunk()
        if (self._old or self._new) and (self._hunks or self._old != self._new):
            path = self._new or self._old
            self.files.append(
                FileDiff(path, self._old or path, tuple(self._hunks), created=not self._old, deleted=not self._new)
            )
        self._hunks, self._context = [], []
        self._at = self._left = (0, 0)


def _side(line: str, prefix: str) -> str:
    path = line[4:].partition("\t")[0].strip()
    return "" if path == "/dev/null" else path.removeprefix(prefix)


def paths(files: Sequence[FileDiff]) -> Iterator[str]:
    """Every name that the files have or had."""
    for file in files:
        yield from dict.fromkeys((file.path, file.old_path))
