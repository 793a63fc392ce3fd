"""``git log --patch --unified=0`` as values, and where a span of lines stood before a change. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

MOST_LINES = 4_000  # changed lines kept of one commit: a bulk import says little and costs much
LONGEST_PATCH = 300_000  # characters of one commit's diff that are parsed; the rest is lost
LONGEST_LINE = 400  # characters kept of a changed line (minified code)
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


class Hunk(msgspec.Struct, frozen=True):
    """Lines replaced in one place. A length of 0 means that the lines stand after ``start``."""

    old_start: int
    old_length: int
    start: int
    length: int
    removed: tuple[str, ...]
    added: tuple[str, ...]
    context: tuple[str, ...] = ()  # unchanged lines above it, the nearest last; git's heading of the hunk first


class FileDiff(msgspec.Struct, frozen=True):
    path: str  # after the change; before it when the file was deleted
    old_path: str
    hunks: tuple[Hunk, ...]
    created: bool = False
    deleted: bool = False


class Change(msgspec.Struct, frozen=True):
    """One commit. ``time`` is the committer's, in seconds."""

    commit: str
    time: int
    subject: str
    parents: int
    files: tuple[FileDiff, ...] = ()

    def lines(self) -> Iterator[tuple[FileDiff, str, str]]:
        """Every changed line as (file, "+" or "-", text)."""
        for file in self.files:
            for hunk in file.hunks:
                yield from ((file, "-", text) for text in hunk.removed)
                yield from ((file, "+", text) for text in hunk.added)

    @property
    def size(self) -> int:
        return sum(len(h.removed) + len(h.added) for f in self.files for h in f.hunks)


def parse_log(text: str) -> list[Change]:
    """Commits in the order of the text. The format of each head is ``\\x01id\\0time\\0subject\\0parents``."""
    changes: list[Change] = []
    for block in ("\n" + text).split("\n\x01")[1:]:
        head, _, patch = block.partition("\n")
        fields = head.split("\0")
        if len(fields) != 4 or not fields[1].isdigit():
            continue
        identity, time, subject, parents = fields
        files = _files(patch[:LONGEST_PATCH].split("\n"))
        changes.append(Change(identity, int(time), subject, len(parents.split()), files))
    return changes


def _files(lines: Sequence[str]) -> tuple[FileDiff, ...]:
    files: list[FileDiff] = []
    budget = MOST_LINES
    at = 0
    while at < len(lines):
        if not lines[at].startswith("diff --git "):
            at += 1
            continue
        file, at, used = _file(lines, at + 1, budget)
        budget -= used
        if file is not None:
            files.append(file)
    return tuple(files)


def _file(lines: Sequence[str], at: int, budget: int) -> tuple[FileDiff | None, int, int]:
    """The file whose header follows ``lines[at - 1]``, the next line to read, and how many lines were kept."""
    old = new = ""
    hunks: list[Hunk] = []
    kept = 0
    while at < len(lines) and not lines[at].startswith("diff --git "):
        line = lines[at]
        at += 1
        if line.startswith("--- ") and not hunks:
            old = _path(line[4:], "a/")
        elif line.startswith("+++ ") and not hunks:
            new = _path(line[4:], "b/")
        elif line.startswith("rename from "):
            old = line[12:]
        elif line.startswith("rename to "):
            new = line[10:]
        elif (found := _HUNK.match(line)) is not None:
            hunk, at = _hunk(lines, at, found, budget - kept)
            kept += len(hunk.removed) + len(hunk.added)
            hunks.append(hunk)
    if not old and not new:
        return None, at, kept
    return FileDiff(new or old, old or new, tuple(hunks), created=not old, deleted=not new), at, kept


def _hunk(lines: Sequence[str], at: int, found: re.Match[str], budget: int) -> tuple[Hunk, int]:
    """A hunk by its announced lengths, so that no changed line is taken for a header."""
    old_start, start = int(found[1]), int(found[3])
    old_length = int(found[2]) if found[2] else 1
    length = int(found[4]) if found[4] else 1
    removed: list[str] = []
    added: list[str] = []
    left_old, left_new = old_length, length
    while at < len(lines) and (left_old or left_new or lines[at].startswith("\\")):
        sign, text = lines[at][:1], lines[at][1 : LONGEST_LINE + 1]
        at += 1
        if sign == "-":
            left_old -= 1
            removed.append(text)
        elif sign == "+":
            left_new -= 1
            added.append(text)
        elif sign != "\\":
            break
    half = max(budget, 0)
    removed = removed[:half]
    kept = tuple(added[: half - len(removed)])
    return Hunk(old_start, old_length, start, length, tuple(removed), kept, heading(found)), at


def heading(found: re.Match[str]) -> tuple[str, ...]:
    """What git writes behind the numbers of a hunk: the function or section that it stands in."""
    text = found.string[found.end() :].strip()[:LONGEST_LINE]
    return (text,) if text else ()


def _path(text: str, prefix: str) -> str:
    path = text.rstrip("\t")
    if path == "/dev/null":
        return ""
    return path[2:] if path.startswith(prefix) else ""


class Touch(msgspec.Struct, frozen=True):
    """A change of lines that later stood in the span."""

    commit: str
    hunk: Hunk
    distance: int  # lines from the culprit line to the hunk, 0 when it covers it
    behind: bool = False  # it stands below the culprit line: what had not run yet when the fault came up


def touches(changes: Sequence[Change], path: str, span: tuple[int, int], line: int) -> list[Touch]:
    """Changes of ``span`` of ``path``, newest first; unlike blame, this sees what was deleted.

    The span is followed back through each diff as ``git log -L`` does. Exact for a linear history; where branches ran
    in parallel it may be off by what the other branch moved.
    """
    found: list[Touch] = []
    start, end = span
    for change in changes:
        for file in change.files:
            if file.path != path or file.deleted:
                continue
            found += [
                Touch(change.commit, hunk, _distance(hunk, line), hunk.start > line)
                for hunk in file.hunks
                if _meets(hunk, start, end)
            ]
            start, line, end = (_before(file.hunks, n) for n in (start, line, end))
            path = file.old_path
            break
    return found


def _meets(hunk: Hunk, start: int, end: int) -> bool:
    if hunk.length == 0:  # lines were removed after hunk.start
        return start <= hunk.start + 1 and hunk.start <= end
    return hunk.start <= end and hunk.start + hunk.length - 1 >= start


def _distance(hunk: Hunk, line: int) -> int:
    first, last = hunk.start, hunk.start + max(hunk.length, 1) - 1
    if hunk.length == 0 and line == first + 1:
        return 0
    return 0 if first <= line <= last else min(abs(first - line), abs(last - line))


def _before(hunks: Sequence[Hunk], line: int) -> int:
    """Where a line stood before the hunks were applied; a new line maps to the place it was put."""
    shift = 0
    for hunk in hunks:
        last = hunk.start + hunk.length - 1 if hunk.length else hunk.start
        if last < line:
            shift += hunk.old_length - hunk.length
        elif hunk.start <= line and hunk.length:
            return hunk.old_start + min(line - hunk.start, max(hunk.old_length - 1, 0))
        else:
            break
    return max(1, line + shift)
