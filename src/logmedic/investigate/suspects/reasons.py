"""Why a commit may have produced a fault: one function per kind of reason, each a pure look at one commit.

The weights are explained in :mod:`.ranking`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from logmedic.investigate.changes import hunks as h
from logmedic.investigate.changes.diffs import Hunk, Touch
from logmedic.investigate.changes.packages import is_manifest
from logmedic.investigate.suspects.scene import Place, Reason, Scene, View
from logmedic.model import CauseKind, Text

_DROPS = ("drop", "rename", "remove")
_ADDRESSED = frozenset(
    {"dns", "certificate", "connection", "missing-setting", "missing-file", "credentials", "permission"}
)
_ADDRESS = re.compile(r"[./:]|^[A-Z][A-Z0-9_]+$")  # a host, a path, a URL, a variable of the environment

_DEMAND = re.compile(r"requir|valid|must|not_?null|presence|mandatory|schema|assert|non_?empty|@Not", re.IGNORECASE)

_BETWEEN = re.compile(r"[,;]")
_FAILED_LINE = Text("the line that failed", "오류가 발생한 줄")
_STACK_LINE = Text("a line of the stack", "스택에 있는 줄")


def by_stack(scene: Scene, view: View) -> Iterator[Reason]:
    """The lines that ran: the one that failed most, its callers less. One reason per place."""
    blamed = scene.blamed.get(view.change.commit, 0)
    best: dict[int, Reason] = {}
    for place, touch in view.touched:
        fade = _fade(place, deliberate=scene.places[0].deliberate)
        where = f"{place.path}:{place.span.line}"
        if touch.distance == 0 and not h.only_logs(touch.hunk):
            overwritten = place.depth == 0 and scene.blamed and not blamed and touch.hunk.length > 0
            weight = 0.15 if overwritten else 0.58
            if scene.clues.missing and all(_beside(touch.hunk, name) for name in scene.clues.missing):
                weight = 0.15  # what misses the name stands there as before
            if place.depth > 0 and touch.hunk.old_start == 0:
                weight = 0.25  # who created a file wrote every line of it
            what = _FAILED_LINE if place.depth == 0 and place.exact else _STACK_LINE
            reason = Reason(weight * fade, Text(f"it changed {what.en} ({where})", f"{what.ko} 변경 ({where})"))
        else:
            idle = h.only_logs(touch.hunk) or h.only_imports(touch.hunk) or _later(place, touch)
            weight = 0.1 if idle else 0.38 if touch.distance <= 3 else 0.3
            name = place.span.name
            why = Text(f"it changed {name or 'code'} around {where}", f"{where} 부근의 {name or '코드'} 변경")
            reason = Reason(weight * fade, why)
        if h.only_renames(touch.hunk, place.path):
            reason = Reason(0.1, Text(f"it renamed something here ({where})", f"이 위치에서 이름만 변경 ({where})"))
        if _moved(view, touch):
            reason = Reason(0.1, Text(f"it moved code here ({where})", f"다른 곳의 코드를 이 위치로 이동 ({where})"))
        best[place.depth] = max(best.get(place.depth, reason), reason, key=lambda reason: reason.rank)
        guard = h.removes_guard(touch.hunk)
        if guard is not None and place.depth <= 1:
            check = guard[:80]
            yield Reason(0.35 * fade, Text(f"it removed a check there: {check}", f"해당 위치의 검사 제거: {check}"))
    yield from best.values()


def _later(place: Place, touch: Touch) -> bool:
    """Whether the hunk stands behind the statement of a place, where it had not run yet."""
    within = touch.distance <= 1 and place.code.rstrip().endswith(("(", ",", "[", "{", "\\", "+", "."))
    return touch.behind and place.exact and bool(place.code) and not within


def _moved(view: View, touch: Touch) -> bool:
    """Whether all that the hunk added was taken away elsewhere by the same commit."""
    added = {"".join(line.split()) for line in touch.hunk.added if not h.is_comment(line)}
    gone = {"".join(line.split()) for _, hunk in view.hunks if hunk is not touch.hunk for line in hunk.removed}
    return bool(added) and added <= gone


def _fade(place: Place, *, deliberate: bool) -> float:
    """How much a place counts: the culprit most, its callers less. None counts fully when it was raised on purpose."""
    fade = (1.0, 0.55, 0.4)[min(place.depth, 2)]
    return (min(fade, 0.55) if deliberate else fade) * (1.0 if place.exact else 0.6)


def by_missing(scene: Scene, view: View) -> Iterator[Reason]:
    """The name that the error misses: removed here (a strong reason), or first used here."""
    for name in dict.fromkeys(n for whole in scene.clues.missing for n in (whole, whole.rpartition(".")[2]) if n):
        removed = added = 0
        path = changed = ""
        for file, hunk in view.hunks:
            gone = sum(_mentions(line, name) for line in hunk.removed if not h.is_comment(line))
            came = sum(_mentions(line, name) for line in hunk.added if not h.is_comment(line))
            dropped = sum(_mentions(line, name) for line in hunk.added if _drops(file.path, line))
            gone, came = gone + dropped, came - dropped
            path = file.path if gone != came else path
            altered = gone and gone == came and not _beside(hunk, name) and not h.only_renames(hunk, file.path)
            changed = file.path if altered else changed
            removed, added = removed + gone, added + came
        if removed > added:
            yield Reason(0.6, _about_missing(name, f"it removed {name!r} ({path})", f"제거 ({path})"))
        elif changed and removed == added:
            why = _about_missing(name, f"it changed what gives {name!r} ({changed})", f"값 변경 ({changed})")
            yield Reason(0.4, why)
        elif added > removed and not is_manifest(path):
            weight = 0.5 if scene.kind.cause is CauseKind.CONFIG or _demands(view, name) else 0.35
            why = _about_missing(name, f"it added a use of {name!r} ({path})", f"사용 추가 ({path})")
            yield Reason(weight, why)
        if any(
            _mentions(file.old_path, name) and (file.deleted or file.old_path != file.path)
            for file in view.change.files
        ):
            yield Reason(0.6, _about_missing(name, f"it moved or deleted {name!r}", "이동 또는 삭제"))


def _beside(hunk: Hunk, name: str) -> bool:
    """Whether the hunk leaves alone the argument or statement in which a name stands, and changes one beside it."""
    before, after = (
        [part.strip() for line in side for part in _BETWEEN.split(line) if _mentions(part, name)]
        for side in (hunk.removed, hunk.added)
    )
    return bool(before) and before == after


def _demands(view: View, name: str) -> bool:
    """Whether a line that came demands the name of those who call."""
    return any(_mentions(line, name) and _DEMAND.search(line) for _, hunk in view.hunks for line in hunk.added)


def by_unwanted(scene: Scene, view: View) -> Iterator[Reason]:
    """A name that one side began to send, or the other ceased to know."""
    for name in scene.clues.unwanted:
        for file, hunk in view.hunks:
            gone = sum(_mentions(line, name) for line in hunk.removed if not h.is_comment(line))
            came = sum(_mentions(line, name) for line in hunk.added if not h.is_comment(line))
            if gone != came:
                verb, korean = ("added", "추가") if came > gone else ("removed", "제거")
                why = Text(f"it {verb} {name!r} ({file.path}), which the error does not know",
                           f"오류에서 알 수 없다고 한 {name!r} {korean} ({file.path})")  # fmt: skip
                yield Reason(0.58, why)
                return


def _about_missing(name: str, english: str, korean: str) -> Text:
    return Text(f"{english}, which the error misses", f"오류에서 찾지 못한 {name!r} {korean}")


def _drops(path: str, line: str) -> bool:
    """Whether a line of a migration takes something away by being there."""
    return ("migrat" in path or "alembic" in path or path.endswith(".sql")) and any(w in line.lower() for w in _DROPS)


def telling_words(scene: Scene, views: Sequence[View]) -> list[str]:
    """Literals of the error, without those that so many commits mention that they tell nothing."""
    limit = max(3, len(views) // 4)
    return [word for word in scene.clues.literals if sum(bool(_mentioned(v, word)) for v in views) <= limit]


def by_literals(scene: Scene, view: View, words: Sequence[str]) -> Iterator[Reason]:
    """Names and addresses that the error quotes. An address explains only that it cannot be reached."""
    found = [(word, path) for word in words if (path := _mentioned(view, word))]
    for word, path in found[:2]:
        strong = scene.kind.id in _ADDRESSED and _ADDRESS.search(word) is not None
        created = any(file.created and file.path == path for file in view.change.files)
        why = Text(f"it changed {word!r} ({path}), which the error names", f"오류 메시지에 나온 {word!r} 변경 ({path})")
        yield Reason(0.5 if strong and not created else 0.2, why)


def by_function(scene: Scene, view: View) -> Iterator[Reason]:
    """A function of the stack whose lines were changed, where no source tells which lines are its own."""
    if view.touched:
        return
    for depth, name in enumerate(scene.functions[:3]):
        code = ((f.path, hunk) for f, hunk in view.hunks if not f.path.lower().endswith(h.SETTINGS))
        path = next((path for path, hunk in code if _defines(hunk, name) and not h.only_renames(hunk, path)), "")
        if path:
            weight = (0.35, 0.25, 0.2)[depth]
            yield Reason(
                weight,
                Text(f"it changed {name} ({path}), which is on the stack", f"스택에 있는 {name} 변경 ({path})"),
            )
            return


def _defines(hunk: Hunk, name: str) -> bool:
    lines = (*hunk.removed, *hunk.added, *hunk.context)
    return not h.only_logs(hunk) and any(_mentions(line, name) and not h.is_comment(line) for line in lines)


def _mentioned(view: View, word: str) -> str:
    """A file that has a word more or less often than before. One that only puts it elsewhere has not."""
    counts: Counter[str] = Counter()
    for file, hunk in view.hunks:
        for side, sign in ((hunk.removed, -1), (hunk.added, 1)):
            counts[file.path] += sign * sum(_mentions(line, word) for line in side if not h.is_comment(line))
    return next((path for path, count in counts.items() if count), "")


def _mentions(line: str, word: str) -> int:
    """How often the word stands in the line as a word of its own."""
    count = 0
    at = line.find(word)
    while at >= 0:
        end = at + len(word)
        before, after = line[at - 1 : at], line[end : end + 1]
        count += not (before.isalnum() or before == "_" or after.isalnum() or after == "_")
        at = line.find(word, end)
    return count
