"""What the failing line reaches without being changed itself: functions that it calls, values they prepare. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from logmedic.investigate.changes import hunks as h
from logmedic.investigate.changes.diffs import FileDiff, Hunk
from logmedic.investigate.faults.kind import Code
from logmedic.investigate.suspects.scene import Reason, Scene, View
from logmedic.model import CauseKind, Text

CALLED, CALLED_BY_CALLER = 0.55, 0.35
ELSEWHERE = 0.5  # of the weight when the qualifier of a call does not name the file
_CALL = re.compile(r"(?:([A-Za-z_]\w{0,60})\s?(?:\.|::|->|\?\.)\s?)?([A-Za-z_]\w{1,60})\s?(?:<[\w, ]{1,40}>)?\(")
_DEFINES = re.compile(
    r"\b(?:def|fn|func|fun|function|sub|defp?)\s{1,3}(?:\([^)]{0,80}\)\s{0,2})?(\w{2,60})\s{0,2}[(<\[]"
    r"|\b(?:const|let|val|var)\s{1,3}(\w{2,60})\s{0,2}=\s{0,2}(?:async\s{1,2})?\("
    r"|^\s{0,12}(?:(?:public|private|protected|static|final|async|override|internal)\s{1,2}){1,4}"
    r"[\w<>\[\], ?.]{0,60}?\b(\w{2,60})\("
    r"|^\s{0,8}(?:async\s)?(\w{2,60})\([^;]{0,200}\)\s{0,3}(?::\s{0,2}[\w<>\[\]| ]{1,60})?\{\s{0,3}$"
)  # fmt: skip
_MEMBER = re.compile(r"[.>]([A-Za-z_]\w{1,60})(?!\w|\()")
_WORDS_OF_CONTROL = frozenset({"if", "for", "while", "switch", "catch", "return", "match", "with", "elif", "await"})
_SELF = frozenset({"self", "this", "cls", "super", "Self"})


def by_callee(scene: Scene, view: View) -> Iterator[Reason]:
    """A function that the failing line, or the line that called it, calls by name: what it gives back has changed."""
    if scene.kind.code is not Code.BUG and scene.kind.cause not in {CauseKind.DATA, CauseKind.CONFIG}:
        return
    if view.touched and view.touched[0][1].distance == 0:
        return  # told by the stack
    for depth, line in enumerate(_lines(scene)[:2]):
        for qualifier, name in _calls(line):
            if name in scene.functions:
                continue  # it is on the stack itself
            for file, hunk in view.hunks:
                if name in inside(hunk) and not h.only_logs(hunk) and not h.only_renames(hunk, file.path):
                    weight = (CALLED, CALLED_BY_CALLER)[depth] * (1.0 if _fits(qualifier, file) else ELSEWHERE)
                    why = Text(
                        f"it changed {name} ({file.path}), which the failing line calls",
                        f"오류가 발생한 줄에서 호출하는 {name} 변경 ({file.path})",
                    )
                    yield Reason(weight, why)
                    return


def by_value(scene: Scene, view: View) -> Iterator[Reason]:
    """A value that the failing line uses, and that the change sets no more."""
    if scene.kind.code is not Code.BUG or not scene.places or not scene.places[0].code:
        return
    names = [name for name in _MEMBER.findall(scene.places[0].code) if len(name) >= 4]
    for file, hunk in view.hunks:
        for name in names:
            lost = next((line.strip() for line in hunk.removed if _sets(line, name)), "")
            if lost and not any(_sets(line, name) for line in hunk.added):
                why = Text(
                    f"it no longer sets {name}, which the failing line uses: {lost[:80]} ({file.path})",
                    f"오류가 발생한 줄에서 쓰는 {name} 설정 제거: {lost[:80]} ({file.path})",
                )
                yield Reason(0.5, why)
                return


def _sets(line: str, name: str) -> bool:
    if h.is_comment(line) or name not in line:
        return False
    return re.search(rf"(?<!\w){re.escape(name)}[\"']?\s?(?::=|=(?![=>])|:\s)", line) is not None


def _lines(scene: Scene) -> list[str]:
    """The lines of the stack as far as they are known, the culprit's first."""
    placed = [place.code for place in scene.places if place.code]
    return placed or list(scene.clues.codes)


def _calls(line: str) -> list[tuple[str, str]]:
    return [(m[1] or "", m[2]) for m in _CALL.finditer(line) if m[2] not in _WORDS_OF_CONTROL]


def inside(hunk: Hunk) -> set[str]:
    """The function that a hunk stands in, and those that its own lines define."""
    found = {name for line in (*hunk.removed, *hunk.added) for name in _defined(line)}
    above = next((names for line in reversed(hunk.context) if (names := _defined(line))), [])
    return found | set(above)


def _defined(line: str) -> list[str]:
    names = (next(group for group in m.groups() if group) for m in _DEFINES.finditer(line))
    return [name for name in names if name not in _WORDS_OF_CONTROL]


def _fits(qualifier: str, file: FileDiff) -> bool:
    return not qualifier or qualifier in _SELF or set(h.parts_of(qualifier)) <= set(h.parts_of(file.path))
