"""Which commits could have produced this fault. Pure: diffs, stack and words in, ranked suspects out.

A commit earns a score by what its diff did, never by being the latest. Independent reasons add up as probabilities do:
``1 - (1 - a)(1 - b)…``. The weights are judgements, tuned on made cases (``tests/investigate/test_suspects.py``):
one strong reason (it wrote the line that failed, it removed the name that is missing, it lowered the limit that was
hit) passes the threshold, one weak reason never does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from logmedic.investigate import hunks as h
from logmedic.investigate.clues import Clues
from logmedic.investigate.diffs import Change, Touch, touches
from logmedic.investigate.kind import Code, Kind
from logmedic.investigate.source import Span
from logmedic.model import Suspect

MOST_SUSPECTS = 3
THRESHOLD = {Code.BUG: 0.4, Code.KNOB: 0.5}
HIGHEST = 0.95
BULK = 1_500  # changed lines above which one name in a diff says little
_DAY = 86_400
_AGES = ((7, 1.0), (30, 0.85), (90, 0.7))  # days between the commit and the first occurrence → factor
_OLDER = 0.55
_MANIFESTS = ("requirements", "constraints", "pyproject.toml", "poetry.lock", "uv.lock", "setup.", "cargo.toml",
              "package.json", "package-lock", "yarn.lock", "pnpm-lock", "go.mod", "go.sum", "pom.xml", "build.gradle",
              "dockerfile", "pipfile", "gemfile", "cargo.lock")  # fmt: skip
_RESOURCES = ("pool", "lock", "acquire", "database", "db", "session", "cache", "redis")
_LEAKS = ("close(", "release(", "dispose(", "finally", "rollback(", "with ", "defer ", "drop(")
_HELD = ("conn", "session", "cursor", "pool", "engine", "client", "transaction", "open(", "file", "sock")


class Place(msgspec.Struct, frozen=True):
    """One in-app frame found in the repository. ``depth``: 0 is the culprit, 1 its caller…; ``exact``: it ran here."""

    path: str
    span: Span
    depth: int
    exact: bool = True
    deliberate: bool = False  # the line raises on purpose, so what led there matters more than who wrote it


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """What is known when suspects are sought."""

    kind: Kind
    clues: Clues
    places: tuple[Place, ...]
    changes: tuple[Change, ...]  # up to the first occurrence, newest first
    blamed: dict[str, int]  # commit → lines of the culprit's statement that it wrote
    first_seen: int  # seconds


class Reason(msgspec.Struct, frozen=True, order=True):
    weight: float
    why: str


def rank(scene: Scene) -> list[Suspect]:
    """At most :data:`MOST_SUSPECTS` commits, the likeliest first; none when nothing is above the threshold."""
    if scene.kind.code is Code.NEVER:
        return []
    touched = _touched(scene)
    common = _common_words(scene)
    scored: list[tuple[float, int, Suspect]] = []
    for age, change in enumerate(scene.changes):
        reasons = sorted(_reasons(scene, change, touched.get(change.commit, []), common), reverse=True)
        score = _together(reasons) * _age_factor(scene.first_seen - change.time) * _bulk_factor(change)
        if score >= THRESHOLD[scene.kind.code]:
            why = "; ".join(dict.fromkeys(reason.why for reason in reasons[:3]))
            scored.append((round(score, 2), -age, Suspect(change.commit, round(min(score, HIGHEST), 2), why)))
    scored.sort(key=lambda entry: entry[:2], reverse=True)
    best = scored[0][0] if scored else 0.0
    return [suspect for score, _, suspect in scored[:MOST_SUSPECTS] if score >= best * 0.6]


def _together(reasons: Sequence[Reason]) -> float:
    missed = 1.0
    for reason in reasons:
        missed *= 1 - reason.weight
    return 1 - missed


def _age_factor(seconds: int) -> float:
    """What ran well for long was rarely what broke it: the fault would have come at once."""
    return next((factor for days, factor in _AGES if seconds <= days * _DAY), _OLDER)


def _bulk_factor(change: Change) -> float:
    """The first commit, and imports of whole trees, touch everything."""
    return 0.3 if change.parents == 0 else 0.7 if change.size > BULK else 1.0


def _reasons(
    scene: Scene, change: Change, touched: Sequence[tuple[Place, Touch]], common: frozenset[str]
) -> Iterator[Reason]:
    if scene.kind.code is Code.BUG:
        yield from _by_stack(scene, change, touched)
        yield from _by_missing(scene, change)
        yield from _by_manifest(scene, change)
        yield from _by_literals(scene, change, common, 0.2)
        return
    strong = [*_by_knob(scene, change), *_by_missing(scene, change), *_by_leak(scene, change)]
    strong += _by_literals(scene, change, common, 0.5)
    yield from strong
    if strong and touched:
        yield Reason(0.15, f"it touches {touched[0][0].span.name or touched[0][0].path}, which is on the stack")


def _touched(scene: Scene) -> dict[str, list[tuple[Place, Touch]]]:
    found: dict[str, list[tuple[Place, Touch]]] = {}
    for place in scene.places:
        span = (place.span.start, place.span.end)
        for touch in touches(scene.changes, place.path, span, place.span.line):
            if h.means_something(touch.hunk):
                found.setdefault(touch.commit, []).append((place, touch))
    return found


def _by_stack(scene: Scene, change: Change, touched: Sequence[tuple[Place, Touch]]) -> Iterator[Reason]:
    """The lines that ran: the one that failed most, its callers less. One reason per place."""
    blamed = scene.blamed.get(change.commit, 0)
    best: dict[int, Reason] = {}
    for place, touch in touched:
        fade = _fade(place, deliberate=scene.places[0].deliberate)
        where = f"{place.path}:{place.span.line}"
        if touch.distance == 0 and not h.only_logs(touch.hunk):
            overwritten = place.depth == 0 and scene.blamed and not blamed and touch.hunk.length > 0
            weight = 0.3 if overwritten else 0.58
            what = "the line that failed" if place.depth == 0 and place.exact else "a line of the stack"
            reason = Reason(weight * fade, f"it changed {what} ({where})")
        else:
            weight = 0.1 if h.only_logs(touch.hunk) else 0.42 if touch.distance <= 3 else 0.3
            reason = Reason(weight * fade, f"it changed {place.span.name or 'code'} around {where}")
        best[place.depth] = max(best.get(place.depth, reason), reason)
        guard = h.removes_guard(touch.hunk)
        if guard is not None and place.depth <= 1:
            yield Reason(0.35 * fade, f"it removed a check there: {guard[:80]}")
    yield from best.values()


def _fade(place: Place, *, deliberate: bool) -> float:
    """How much a place counts: the culprit most, its callers less. None counts fully when it was raised on purpose."""
    fade = (1.0, 0.55, 0.4)[min(place.depth, 2)]
    return (min(fade, 0.55) if deliberate else fade) * (1.0 if place.exact else 0.6)


def _by_missing(scene: Scene, change: Change) -> Iterator[Reason]:
    """The name that the error misses: removed here (a strong reason), or first used here."""
    for name in scene.clues.missing:
        removed = added = 0
        path = ""
        for file, hunk in h.telling_hunks(change):
            gone = sum(_mentions(line, name) for line in hunk.removed if not h.is_comment(line))
            came = sum(_mentions(line, name) for line in hunk.added if not h.is_comment(line))
            path = file.path if gone != came else path
            removed, added = removed + gone, added + came
        if removed > added:
            yield Reason(0.6, f"it removed {name!r} ({path}), which the error misses")
        elif added > removed and not _is_manifest(path):
            yield Reason(0.35, f"it added a use of {name!r} ({path}), which the error misses")
        if any(
            _mentions(file.old_path, name) and (file.deleted or file.old_path != file.path) for file in change.files
        ):
            yield Reason(0.6, f"it moved or deleted {name!r}, which the error misses")


def _by_manifest(scene: Scene, change: Change) -> Iterator[Reason]:
    """A module is missing: who changed what is installed?"""
    if scene.kind.id not in {"missing-module", "missing-attribute", "wrong-type"}:
        return
    changed = [f for f in change.files if _is_manifest(f.path)]
    if not changed:
        return
    names = {name.partition(".")[0].lower().replace("_", "-") for name in scene.clues.missing}
    gone = [line.lower().replace("_", "-") for f in changed for hunk in f.hunks for line in hunk.removed]
    if any(name in line for name in names for line in gone):
        yield Reason(0.6, f"it changed the dependency in {changed[0].path}")
    elif gone and scene.kind.id == "missing-module":
        yield Reason(0.25, f"it changed dependencies ({changed[0].path})")


def _is_manifest(path: str) -> bool:
    return path.lower().rpartition("/")[2].startswith(_MANIFESTS)


def _by_knob(scene: Scene, change: Change) -> Iterator[Reason]:
    """A limit that was changed in the direction that hurts. One changed the other way is no reason at all."""
    for file, hunk in h.telling_hunks(change):
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


def _by_leak(scene: Scene, change: Change) -> Iterator[Reason]:
    """What gave a connection or file back went away."""
    if scene.kind.id not in {"pool-exhausted", "too-many-files", "out-of-memory", "deadlock"}:
        return
    for file, hunk in h.telling_hunks(change):
        gone = [line for line in hunk.removed if _gives_back(line)]
        if len(gone) > sum(_gives_back(line) for line in hunk.added):
            yield Reason(0.6, f"it removed what gives a resource back: {gone[0].strip()[:80]} ({file.path})")
            return


def _gives_back(line: str) -> bool:
    lower = line.lower()
    return any(word in lower for word in _LEAKS) and any(word in lower for word in _HELD) and not h.is_comment(line)


def _common_words(scene: Scene) -> frozenset[str]:
    """Literals that so many commits mention that they tell nothing."""
    limit = max(3, len(scene.changes) // 4)
    return frozenset(
        word for word in scene.clues.literals if sum(bool(_mentioned(c, word)) for c in scene.changes) > limit
    )


def _by_literals(scene: Scene, change: Change, common: frozenset[str], weight: float) -> Iterator[Reason]:
    for word in scene.clues.literals:
        if word not in common and (path := _mentioned(change, word)):
            yield Reason(weight, f"it changed {word!r} ({path}), which the error names")


def _mentioned(change: Change, word: str) -> str:
    for file, hunk in h.telling_hunks(change):
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
