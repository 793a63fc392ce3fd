"""Why a commit may have produced a fault: one function per kind of reason, each a pure look at one commit.

The weights are explained in :mod:`logmedic.investigate.suspects`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from logmedic.investigate import hunks as h
from logmedic.investigate.diffs import FileDiff, Hunk, Touch
from logmedic.investigate.scene import Place, Reason, Scene, View
from logmedic.model import CauseKind, Text

_MANIFESTS = ("requirements", "constraints", "pyproject.toml", "poetry.lock", "uv.lock", "setup.", "cargo.toml",
              "package.json", "package-lock", "yarn.lock", "pnpm-lock", "go.mod", "go.sum", "pom.xml", "build.gradle",
              "dockerfile", "pipfile", "gemfile", "cargo.lock")  # fmt: skip
_RESOURCES = ("pool", "lock", "acquire", "database", "db", "session", "cache", "redis")
_LEAKS = ("close(", "release(", "dispose(", "finally", "rollback(", "with ", "defer ", "drop(")
_HELD = ("conn", "session", "cursor", "pool", "engine", "client", "transaction", "open(", "file", "sock")
_DROPS = ("drop", "rename", "remove")
_ADDRESSED = frozenset({"dns", "connection", "missing-setting", "missing-file", "credentials", "permission"})
_ADDRESS = re.compile(r"[./:]|^[A-Z][A-Z0-9_]+$")  # a host, a path, a URL, a variable of the environment

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
            if place.depth > 0 and touch.hunk.old_start == 0:
                weight = 0.25  # who created a file wrote every line of it
            what = _FAILED_LINE if place.depth == 0 and place.exact else _STACK_LINE
            reason = Reason(weight * fade, Text(f"it changed {what.en} ({where})", f"{what.ko} 변경 ({where})"))
        else:
            weight = 0.1 if h.only_logs(touch.hunk) else 0.42 if touch.distance <= 3 else 0.3
            name = place.span.name
            why = Text(f"it changed {name or 'code'} around {where}", f"{where} 부근의 {name or '코드'} 변경")
            reason = Reason(weight * fade, why)
        if _moved(view, touch):
            reason = Reason(0.1, Text(f"it moved code here ({where})", f"다른 곳의 코드를 이 위치로 이동 ({where})"))
        best[place.depth] = max(best.get(place.depth, reason), reason, key=lambda reason: reason.rank)
        guard = h.removes_guard(touch.hunk)
        if guard is not None and place.depth <= 1:
            check = guard[:80]
            yield Reason(0.35 * fade, Text(f"it removed a check there: {check}", f"해당 위치의 검사 제거: {check}"))
    yield from best.values()


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
        path = ""
        for file, hunk in view.hunks:
            gone = sum(_mentions(line, name) for line in hunk.removed if not h.is_comment(line))
            came = sum(_mentions(line, name) for line in hunk.added if not h.is_comment(line))
            dropped = sum(_mentions(line, name) for line in hunk.added if _drops(file.path, line))
            gone, came = gone + dropped, came - dropped
            path = file.path if gone != came else path
            removed, added = removed + gone, added + came
        if removed > added:
            yield Reason(0.6, _about_missing(name, f"it removed {name!r} ({path})", f"제거 ({path})"), anywhere=True)
        elif added > removed and not _is_manifest(path):
            weight = 0.5 if scene.kind.cause is CauseKind.CONFIG else 0.35
            why = _about_missing(name, f"it added a use of {name!r} ({path})", f"사용 추가 ({path})")
            yield Reason(weight, why)
        if any(
            _mentions(file.old_path, name) and (file.deleted or file.old_path != file.path)
            for file in view.change.files
        ):
            yield Reason(0.6, _about_missing(name, f"it moved or deleted {name!r}", "이동 또는 삭제"))


def _about_missing(name: str, english: str, korean: str) -> Text:
    return Text(f"{english}, which the error misses", f"오류에서 찾지 못한 {name!r} {korean}")


def _drops(path: str, line: str) -> bool:
    """Whether a line of a migration takes something away by being there."""
    return ("migrat" in path or "alembic" in path or path.endswith(".sql")) and any(w in line.lower() for w in _DROPS)


def by_manifest(scene: Scene, view: View) -> Iterator[Reason]:
    """Who changed what is installed: the missing module, or the library that raised."""
    changed = [f for f in view.change.files if _is_manifest(f.path)]
    gone = [line.lower().replace("_", "-") for f in changed for hunk in f.hunks for line in hunk.removed]
    if not gone:
        return
    dependency = scene.kind.id == "missing-module"
    missing = {name.partition(".")[0] for name in scene.clues.missing} if dependency else set()
    for name in dict.fromkeys((*sorted(missing), *scene.libraries[:2])):
        if any(_mentions(line, name.lower().replace("_", "-")) for line in gone):
            path = changed[0].path
            yield Reason(0.6, Text(f"it changed the dependency {name} ({path})", f"의존성 {name} 변경 ({path})"))
            return
    if dependency:
        path = changed[0].path
        yield Reason(0.25, Text(f"it changed dependencies ({path})", f"의존성 변경 ({path})"))


def _is_manifest(path: str) -> bool:
    return path.lower().rpartition("/")[2].startswith(_MANIFESTS)


def by_knob(scene: Scene, view: View) -> Iterator[Reason]:
    """A limit that was changed in the direction that hurts. One changed the other way is no reason at all."""
    for file, hunk in view.hunks:
        before, after = h.settings(hunk.removed), h.settings(hunk.added)
        for name in {**before, **after}:
            fewer, more = h.speaks_of(name, scene.kind.fewer), h.speaks_of(name, scene.kind.more)
            if not (fewer or more):
                continue
            old, new = before.get(name), after.get(name)
            said = new is not None and _number_said(new, scene.clues.numbers)
            if old is not None and new is not None:
                worse = (fewer and float(new) < float(old)) or (more and not fewer and float(new) > float(old))
                if worse:
                    weight = 0.2 if _foreign(name, scene) else 0.8 if said else 0.62
                    yield Reason(weight, _told_knob(name, old, new, file.path))
            elif new is not None and file.created:
                yield Reason(0.1, _told_knob(name, old, new, file.path))  # a first value ran until now
            elif new is not None and fewer and said:
                told = _told_knob(name, old, new, file.path)
                yield Reason(0.6, Text(f"{told.en}, the limit that the error names", f"{told.ko}, 오류에 나온 한도"))
            elif new is not None or (old is not None and fewer):
                yield Reason(0.3, _told_knob(name, old, new, file.path))


def _told_knob(name: str, old: str | None, new: str | None, path: str) -> Text:
    """Arrows and nouns in Korean: which particle follows a number depends on how it is read aloud."""
    if old is not None and new is not None:
        return Text(f"it changed {name} from {old} to {new} ({path})", f"{name} 값 변경: {old} → {new} ({path})")
    if new is not None:
        return Text(f"it set {name} to {new} ({path})", f"{name} 값 지정: {new} ({path})")
    return Text(f"it removed {name} = {old} ({path})", f"{name} = {old} 설정 제거 ({path})")


def _foreign(name: str, scene: Scene) -> bool:
    """Whether a setting is about waiting for something else: ``pool_timeout`` is not what a slow service ran into."""
    if scene.kind.id not in {"upstream-timeout", "connection", "slow", "rate-limited"}:
        return False
    words = [word for word in _RESOURCES if h.speaks_of(name, (word,))]
    return bool(words) and not any(h.speaks_of(place.path, words) for place in scene.places)


def _number_said(value: str, numbers: frozenset[str]) -> bool:
    """Whether the message names this value, also as thousands (3 s are 3000 ms)."""
    scaled = {value, value.rstrip("0").rstrip(".") if "." in value else value}
    scaled |= {f"{float(value) * 1000:.0f}", f"{float(value) / 1000:g}"}
    return not numbers.isdisjoint(scaled)


def by_leak(scene: Scene, view: View) -> Iterator[Reason]:
    """What gave a connection or file back went away."""
    if scene.kind.id not in {"pool-exhausted", "too-many-files", "out-of-memory", "deadlock"}:
        return
    for file, hunk in view.hunks:
        gone = [line for line in hunk.removed if _gives_back(line)]
        if len(gone) > sum(_gives_back(line) for line in hunk.added):
            what = f"{gone[0].strip()[:80]} ({file.path})"
            yield Reason(
                0.6, Text(f"it removed what gives a resource back: {what}", f"자원을 반환하는 코드 제거: {what}")
            )
            return


def _gives_back(line: str) -> bool:
    lower = line.lower()
    return any(word in lower for word in _LEAKS) and any(word in lower for word in _HELD) and not h.is_comment(line)


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
        path = next((f.path for f, hunk in view.hunks if _defines(hunk, name)), "")
        if path:
            weight = (0.4, 0.25, 0.2)[depth]
            yield Reason(
                weight, Text(f"it changed {name} ({path}), which is on the stack", f"스택에 있는 {name} 변경 ({path})")
            )
            return


def _defines(hunk: Hunk, name: str) -> bool:
    lines = (*hunk.removed, *hunk.added)
    return any(_mentions(line, name) and not h.is_comment(line) for line in lines)


def by_subject(scene: Scene, view: View) -> Iterator[Reason]:
    """An endpoint, a table or a class that the error speaks of, and whose code or statement was changed."""
    for name in scene.clues.subjects:
        path = next((f.path for f, hunk in view.hunks if _is_about(f, hunk, name)), "")
        if path:
            yield Reason(0.2, Text(f"it changed what deals with {name} ({path})", f"{name} 처리 코드 변경 ({path})"))
            return


def _is_about(file: FileDiff, hunk: Hunk, name: str) -> bool:
    stem = name.lower().removesuffix("s")
    if stem in {part.removesuffix("s") for part in h.parts_of(file.path)}:
        return True
    return any(stem in {p.removesuffix("s") for p in h.parts_of(line)} for line in (*hunk.removed, *hunk.added))


def _mentioned(view: View, word: str) -> str:
    for file, hunk in view.hunks:
        before = sum(_mentions(line, word) for line in hunk.removed if not h.is_comment(line))
        after = sum(_mentions(line, word) for line in hunk.added if not h.is_comment(line))
        if before != after:
            return file.path
    return ""


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
