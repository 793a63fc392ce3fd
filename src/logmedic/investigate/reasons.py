"""Why a commit may have produced a fault: one function per kind of reason, each a pure look at one commit.

The weights are explained in :mod:`logmedic.investigate.suspects`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from logmedic.investigate import hunks as h
from logmedic.investigate.diffs import Touch
from logmedic.investigate.scene import Place, Reason, Scene, View
from logmedic.model import CauseKind

_MANIFESTS = ("requirements", "constraints", "pyproject.toml", "poetry.lock", "uv.lock", "setup.", "cargo.toml",
              "package.json", "package-lock", "yarn.lock", "pnpm-lock", "go.mod", "go.sum", "pom.xml", "build.gradle",
              "dockerfile", "pipfile", "gemfile", "cargo.lock")  # fmt: skip
_RESOURCES = ("pool", "lock", "acquire", "database", "db", "session", "cache", "redis")
_LEAKS = ("close(", "release(", "dispose(", "finally", "rollback(", "with ", "defer ", "drop(")
_HELD = ("conn", "session", "cursor", "pool", "engine", "client", "transaction", "open(", "file", "sock")
_DROPS = ("drop", "rename", "remove")
_ADDRESSED = frozenset({"dns", "connection", "missing-setting", "missing-file", "credentials"})
_ADDRESS = re.compile(r"[./:]|^[A-Z][A-Z0-9_]+$")  # a host, a path, a URL, a variable of the environment


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
            what = "the line that failed" if place.depth == 0 and place.exact else "a line of the stack"
            reason = Reason(weight * fade, f"it changed {what} ({where})")
        else:
            weight = 0.1 if h.only_logs(touch.hunk) else 0.42 if touch.distance <= 3 else 0.3
            reason = Reason(weight * fade, f"it changed {place.span.name or 'code'} around {where}")
        if _moved(view, touch):
            reason = Reason(0.1, f"it moved code here ({where})")
        best[place.depth] = max(best.get(place.depth, reason), reason)
        guard = h.removes_guard(touch.hunk)
        if guard is not None and place.depth <= 1:
            yield Reason(0.35 * fade, f"it removed a check there: {guard[:80]}")
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
            yield Reason(0.6, f"it removed {name!r} ({path}), which the error misses")
        elif added > removed and not _is_manifest(path):
            weight = 0.5 if scene.kind.cause is CauseKind.CONFIG else 0.35
            yield Reason(weight, f"it added a use of {name!r} ({path}), which the error misses")
        if any(
            _mentions(file.old_path, name) and (file.deleted or file.old_path != file.path)
            for file in view.change.files
        ):
            yield Reason(0.6, f"it moved or deleted {name!r}, which the error misses")


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
            yield Reason(0.6, f"it changed the dependency {name} ({changed[0].path})")
            return
    if dependency:
        yield Reason(0.25, f"it changed dependencies ({changed[0].path})")


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
                if worse and _foreign(name, scene):
                    yield Reason(0.2, f"it changed {name} from {old} to {new} ({file.path})")
                elif worse:
                    yield Reason(0.8 if said else 0.62, f"it changed {name} from {old} to {new} ({file.path})")
            elif new is not None and file.created:
                yield Reason(0.1, f"it brought {name} = {new} in ({file.path})")  # a first value ran until now
            elif new is not None and fewer and said:
                yield Reason(0.6, f"it set {name} to {new} ({file.path}), the limit that the error names")
            elif new is not None:
                yield Reason(0.3, f"it set {name} to {new} ({file.path})")
            elif old is not None and fewer:
                yield Reason(0.3, f"it removed {name} = {old} ({file.path})")


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
            yield Reason(0.6, f"it removed what gives a resource back: {gone[0].strip()[:80]} ({file.path})")
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
        yield Reason(0.5 if strong and not created else 0.2, f"it changed {word!r} ({path}), which the error names")


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
