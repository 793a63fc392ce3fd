"""What kinds of behaviour a change alters, from the words and shapes of its changed lines. Pure.

A lever is something by which a change can bring a fault about: a limit, a lock, the type of a field, who may call whom.
A lever says only what was touched; :mod:`.symptoms` knows which faults that can lead to.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import msgspec

from logmedic.investigate.changes.changed import Line, changed
from logmedic.investigate.changes.diffs import FileDiff, Hunk
from logmedic.investigate.changes.packages import is_manifest
from logmedic.investigate.changes.vocabulary import Search, bounded_search, search
from logmedic.investigate.suspects.levers_table import LEVERS
from logmedic.model import Text


class Pulled(msgspec.Struct, frozen=True):
    """A lever that a change moved, and the line that shows it."""

    lever: str
    said: Text
    path: str
    line: str


def pulled(hunks: Sequence[tuple[FileDiff, Hunk]], wanted: Collection[str]) -> Iterator[Pulled]:
    """Each of the wanted levers once that the hunks move, in the order of the table."""
    before, after = changed(hunks)
    paths = dict(line.where for line in (*reversed(before), *reversed(after)))  # path → its first line
    for lever in LEVERS:
        if lever.id not in wanted:
            continue
        found = _shown(bounded_search(lever.lines), before, after, lever.side)
        if found is None and lever.paths:
            by_path = search(lever.paths)
            found = next((entry for entry in paths.items() if by_path(entry[0])), None)
        if found is None and lever.id == "dependency":
            found = next((entry for entry in paths.items() if is_manifest(entry[0])), None)
        if found is not None:
            yield Pulled(lever.id, Text(f"it changed {lever.said.en}", f"{lever.said.ko} 변경"), *found)


def _shown(find: Search, before: Sequence[Line], after: Sequence[Line], side: str) -> tuple[str, str] | None:
    """The line that shows a lever. What stands on both sides as often was only rewritten, unless either counts."""
    old, new = ([line for line in lines if find(line.words)] for lines in (before, after))
    if side == "-":
        shown = old if _times(find, old) > _times(find, new) else []
    elif side == "+":
        shown = new if _times(find, new) > _times(find, old) else []
    else:
        shown = new or old
    return shown[0].where if shown else None


def _times(find: Search, lines: Sequence[Line]) -> int:
    count = 0
    for line in lines:
        at = 0
        while (found := find(line.words, at)) is not None and at <= len(line.text):
            count, at = count + 1, max(found.end(), at + 1)
    return count
