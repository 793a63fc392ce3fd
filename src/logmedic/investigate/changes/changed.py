"""The lines of a commit that are not on both sides of its diff. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from logmedic.investigate.changes.diffs import FileDiff, Hunk
from logmedic.investigate.changes.effort import inert
from logmedic.investigate.changes.vocabulary import is_idle, spaced

MOST_LINES = 400  # of each side that are looked at


class Line(msgspec.Struct, frozen=True):
    """``words``: the line and, where it has compound names, these taken apart; ``depth``: how far in it stands."""

    path: str
    text: str
    words: str
    depth: int

    @property
    def where(self) -> tuple[str, str]:
        return self.path, self.text


def changed(hunks: Sequence[tuple[FileDiff, Hunk]]) -> tuple[list[Line], list[Line]]:
    """What went and what came, without comments, lines that only log, what was only put elsewhere, and inert files."""
    before, after = (
        [(file, line) for file, hunk in hunks for line in getattr(hunk, side) if not is_idle(line)]
        for side in ("removed", "added")
    )
    gone, come = {line.strip() for _, line in before}, {line.strip() for _, line in after}
    return _lines(before, come), _lines(after, gone)


def _lines(side: Sequence[tuple[FileDiff, str]], other: set[str]) -> list[Line]:
    kept = [(file, line) for file, line in side if line.strip() not in other and not inert(file)][:MOST_LINES]
    return [Line(file.path, line.strip(), spaced(line.strip()), len(line) - len(line.lstrip())) for file, line in kept]
