"""Switches: code that lies behind a flag begins to run when the flag is flipped, whenever it was written. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from logmedic.investigate.changes import hunks as h
from logmedic.investigate.changes.diffs import FileDiff
from logmedic.investigate.changes.settings import Replaced, replaced, switched
from logmedic.investigate.suspects.scene import Reason, Scene, View
from logmedic.model import Text

INHERITED = 0.85  # of the suspicion against the code behind a flag that remains with who wrote it
_GENERIC = frozenset({"enabled", "debug", "active", "verbose", "default", "strict", "required", "true", "on", "value",
                      "rollout", "percentage", "percent", "state", "variant"})  # fmt: skip
_VERSION = re.compile(r"v\d+")


class Flip(msgspec.Struct, frozen=True):
    """One switch that a change turned over, and the commits whose code reads it."""

    view: View
    file: FileDiff
    change: Replaced
    readers: tuple[str, ...] = ()


def flips(views: Sequence[View]) -> list[Flip]:
    """Every flip of the changes. Looks for readers in the other changes only when there is one."""
    found = [
        Flip(view, file, change)
        for view in views
        for file, hunk in view.hunks
        for change in replaced(hunk)
        if switched(change) is not None and _telling(change.name)
    ]
    return [msgspec.structs.replace(flip, readers=tuple(_readers(flip, views))) for flip in found]


def _telling(name: str) -> bool:
    parts = h.parts_of(name)
    return len([part for part in parts if part not in _GENERIC]) >= 1 and len(name) >= 4


def _key(name: str) -> str:
    return "_".join(part for part in h.parts_of(name) if part not in _GENERIC)


def _reads(lines: Sequence[str], key: str) -> bool:
    last = key.rpartition("_")[2]
    return any(last in line.lower() and f"_{key}_" in f"_{'_'.join(h.parts_of(line))}_" for line in lines)


def _readers(flip: Flip, views: Sequence[View]) -> Iterator[str]:
    key = _key(flip.change.name)
    for view in views:
        if view is flip.view or view.change.time > flip.view.change.time:
            continue
        if any(_reads((*hunk.added, *hunk.context), key) for file, hunk in view.hunks if file is not flip.file):
            yield view.change.commit


def by_switch(scene: Scene, flip: Flip, scores: Mapping[str, float]) -> Reason:
    """Tied by the code on the stack that reads it, by suspicious code behind it, or by its name."""
    name, path = flip.change.name, flip.file.path
    key, parts = (
        _key(name),
        {part for part in h.parts_of(name) if part not in _GENERIC and (len(part) >= 3 or _VERSION.fullmatch(part))},
    )
    turned = f"from {flip.change.old} to {flip.change.new}"
    english, korean = (
        f"it switched {name} {turned} ({path})",
        f"{name} 전환: {flip.change.old} → {flip.change.new} ({path})",
    )
    behind = max(flip.readers, key=lambda commit: scores.get(commit, 0.0), default="")
    score = scores.get(behind, 0.0)
    if _reads([line for text in (*scene.sources, *scene.clues.codes) for line in text.split("\n")], key):
        return Reason(0.62, Text(f"{english}, which the code on the stack reads", f"{korean}, 스택의 코드가 읽는 값"))
    if score >= 0.25:
        short = behind[:12]
        told = Text(f"{english}; the code of {short} runs behind it", f"{korean}, 커밋 {short}의 코드를 실행하는 조건")
        return Reason(min(0.85, max(0.5, score + 0.08)), told, also=behind)
    spoken = parts & _spoken(scene)
    if parts and (len(spoken) >= 2 or (spoken == parts and max(map(len, parts)) >= 4)):
        return Reason(0.54, Text(f"{english}, which the error speaks of", f"{korean}, 오류에 나온 이름"))
    if spoken and len(max(spoken, key=len)) >= 5:
        return Reason(0.3, Text(english, korean))
    return Reason(0.12, Text(english, korean))


def _spoken(scene: Scene) -> set[str]:
    """Words of the error, of the functions on the stack and of the files there."""
    found = set(scene.clues.words)
    for name in (*scene.functions, *(place.path for place in scene.places)):
        found.update(h.parts_of(name))
    return found
