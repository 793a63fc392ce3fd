"""Levers moved in a direction that is known to hurt, and the symptoms that this leads to. Pure; the table is data.

:mod:`.levers` says what a change touches; this says which way. "Fewer connections in a pool" leads
to waiting for one, "more workers" to too many of them; neither leads to a certificate that nobody trusts. The numbers
say how usual it is that the turn is behind a symptom, from 0 to 1: 1 is textbook.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from logmedic.investigate.changes import hunks as h
from logmedic.investigate.changes.changed import Line, changed
from logmedic.investigate.changes.diffs import FileDiff, Hunk
from logmedic.investigate.changes.effort import far
from logmedic.investigate.changes.packages import is_manifest
from logmedic.investigate.changes.settings import numbers_of
from logmedic.investigate.changes.vocabulary import bounded_search, is_idle, search, spaced
from logmedic.investigate.suspects.turns_table import TURNS, Turn
from logmedic.model import Text

_NUMBER = re.compile(r"(?<![\w.])\d[\d_]*(?:\.\d+)?")
_NUMBER_OR_DOT = re.compile(r"[\d.]+")
_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")
_MAKES = re.compile(r"=|\bnew\b|:=")
_ADDS = frozenset({"new", "more", "each"})


class Turned(msgspec.Struct, frozen=True):
    """A turn that a change makes, and the line that shows it."""

    id: str
    said: Text
    leads_to: Mapping[str, float]
    adds: bool  # there is something new; what was there stays
    path: str
    line: str


class _Step(msgspec.Struct, frozen=True):
    path: str
    line: str
    name: str
    risen: bool


def turned(hunks: Sequence[tuple[FileDiff, Hunk]]) -> list[Turned]:
    """Each turn of the table once that the hunks make, in its order."""
    steps = [step for file, hunk in hunks for step in _steps(file, hunk)]
    before, after = changed(hunks)
    found = []
    for turn in TURNS:
        shown = next(_SHOWN[turn.way](turn, steps, before, after), None)
        if shown is not None:
            found.append(Turned(turn.id, _said(turn), turn.leads_to, turn.way in _ADDS, *shown))
    return found


def _said(turn: Turn) -> Text:
    verb = "took away" if turn.way == "gone" else "changed" if turn.way == "other" else "brought"
    return Text(f"it {verb} {turn.said.en}", turn.said.ko)


def _fits(turn: Turn, path: str) -> bool:
    return not turn.paths or search(turn.paths)(path) is not None


def _steps(file: FileDiff, hunk: Hunk) -> Iterator[_Step]:
    """Each number that became greater or smaller, with the words of its line."""
    if is_manifest(file.path):
        return
    before = {_NUMBER.sub("#", line): line for line in hunk.removed}
    for line in hunk.added:
        old = before.get(_NUMBER.sub("#", line))
        pairs = [] if old is None else list(zip(_NUMBER.findall(old), _NUMBER.findall(line), strict=True))
        moved = [(float(a.replace("_", "")), float(b.replace("_", ""))) for a, b in pairs if a != b]
        if moved and far(*moved[0]) and not is_idle(line):
            yield _Step(file.path, line.strip(), spaced(line), moved[0][1] > moved[0][0])
    for name, was, now in numbers_of(hunk):
        if was is not None and now is not None and far(was.amount, now.amount):
            line = next((line for line in hunk.added if h.speaks_of(line, (name.rpartition(".")[2],))), name)
            yield _Step(file.path, line.strip(), spaced(f"{name} {line}"), now.amount > was.amount)


_Shown = Iterator[tuple[str, str]]


def _by_step(turn: Turn, steps: Sequence[_Step], _: Sequence[Line], __: Sequence[Line]) -> _Shown:
    find = bounded_search(turn.lines)
    for step in steps:
        if step.risen is (turn.way == "more") and _fits(turn, step.path) and find(step.name):
            yield step.path, step.line


def _by_loss(turn: Turn, _: Sequence[_Step], before: Sequence[Line], after: Sequence[Line]) -> _Shown:
    yield from _oftener(turn, before, after)


def _by_gain(turn: Turn, _: Sequence[_Step], before: Sequence[Line], after: Sequence[Line]) -> _Shown:
    yield from _oftener(turn, after, before)


def _oftener(turn: Turn, here: Sequence[Line], there: Sequence[Line]) -> _Shown:
    find = bounded_search(turn.lines)
    shown = [entry for entry in here if _fits(turn, entry.path) and find(entry.words)]
    if shown and len(shown) > sum(find(entry.words) is not None for entry in there if _fits(turn, entry.path)):
        yield shown[0].where


def _by_swap(turn: Turn, _: Sequence[_Step], before: Sequence[Line], after: Sequence[Line]) -> _Shown:
    """Something of one kind went and something of another kind came."""
    was, now = bounded_search(turn.lines), bounded_search(turn.then)
    old = [entry for entry in before if _fits(turn, entry.path) and was(entry.words) and not now(entry.words)]
    new = [entry for entry in after if _fits(turn, entry.path) and now(entry.words)]
    if old and new:
        yield new[0].where


def _by_exchange(turn: Turn, _: Sequence[_Step], before: Sequence[Line], after: Sequence[Line]) -> _Shown:
    """What the pattern finds is another text than before."""
    find = bounded_search(turn.lines)
    sides = [
        {text.lower(): entry for entry in side if _fits(turn, entry.path) for text in _all(find, entry.text)}
        for side in (before, after)
    ]
    if sides[0] and sides[1] and sides[0].keys() != sides[1].keys():
        yield next(line for text, line in sides[1].items() if text not in sides[0] or len(sides[0]) > 1).where


def _all(find: Callable[[str], re.Match[str] | None], text: str) -> Iterator[str]:
    """What the pattern finds in a line, from left to right: a name is often beside its value."""
    while found := find(text):
        yield found[0]
        text = text[max(found.end(), 1) :]


def _by_move_inward(turn: Turn, _: Sequence[_Step], before: Sequence[Line], after: Sequence[Line]) -> _Shown:
    """What was made once for all, at the margin of a file, is made further in."""
    find = bounded_search(turn.lines)
    old = [entry for entry in before if _made(entry) and not entry.depth and find(entry.words)]
    new = [entry for entry in after if _made(entry) and entry.depth and find(entry.words)]
    if old and new:
        yield new[0].where


def _made(entry: Line) -> bool:
    return _MAKES.search(entry.text) is not None and not is_manifest(entry.path)


def _by_each(turn: Turn, _: Sequence[_Step], before: Sequence[Line], after: Sequence[Line]) -> _Shown:
    """A loop that came, and behind it, further in, what it does for each."""
    loop, does = bounded_search(turn.lines), bounded_search(turn.then)
    heads = sum(loop(entry.words) is not None for entry in before)
    for at, entry in enumerate(after):
        if loop(entry.words) and heads == 0:
            inner = (line for line in after[at + 1 : at + 6] if line.path == entry.path and line.depth > entry.depth)
            yield from (line.where for line in inner if does(line.words))


def _by_bump(turn: Turn, _: Sequence[_Step], before: Sequence[Line], after: Sequence[Line]) -> _Shown:
    """Another version in a manifest: the first number or the second, or any of a release before 1.0."""
    find = bounded_search(turn.lines)
    old, new = ([line for line in side if is_manifest(line.path) and find(line.text)] for side in (before, after))
    known = {_NUMBER_OR_DOT.sub("", line.text): line for line in old}
    for entry in new:
        was = known.get(_NUMBER_OR_DOT.sub("", entry.text))
        if was is not None and _head(was.text) != _head(entry.text):
            yield entry.where


def _head(line: str) -> tuple[str, ...]:
    found = _VERSION.search(line)
    return () if found is None else found.groups() if found[1] == "0" else found.groups()[:2]


_SHOWN: Mapping[str, Callable[[Turn, Sequence[_Step], Sequence[Line], Sequence[Line]], _Shown]] = {
    "more": _by_step,
    "less": _by_step,
    "gone": _by_loss,
    "new": _by_gain,
    "swap": _by_swap,
    "other": _by_exchange,
    "inward": _by_move_inward,
    "each": _by_each,
    "bump": _by_bump,
}
