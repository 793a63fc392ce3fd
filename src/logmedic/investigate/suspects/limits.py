"""Limits and what is given back: a number that was changed in the direction that hurts. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from logmedic.investigate.changes import hunks as h
from logmedic.investigate.changes.diffs import FileDiff, Hunk
from logmedic.investigate.changes.packages import is_manifest
from logmedic.investigate.changes.settings import Setting, numbers_of
from logmedic.investigate.suspects.scene import Reason, Scene, View
from logmedic.model import Text

_RESOURCES = ("pool", "lock", "acquire", "database", "db", "session", "cache", "redis")
_LEAKS = ("close(", "release(", "dispose(", "finally", "rollback(", "with ", "defer ", "drop(", ".close", "using ",
          "end()")  # fmt: skip
_HELD = ("conn", "session", "cursor", "pool", "engine", "client", "transaction", "open(", "file", "sock", "body",
         "stream", "reader", "handle", "tx")  # fmt: skip
_WAITS = frozenset({"upstream-timeout", "connection", "slow", "rate-limited"})
# Words of limits that an error may run into whatever it is called.
_BOUNDS = ("max", "limit", "size", "length", "timeout", "deadline", "quota", "budget", "attempts", "depth", "rows",
           "bytes", "threshold", "capacity", "min", "ttl", "precision", "scale", "width", "body",
           "payload", "interval")  # fmt: skip

DIRECT = 0.62  # a limit of this kind of fault, changed the way that hurts
_UNITS = frozenset({"seconds", "second", "millis", "minutes", "bytes", "kib", "mib"})
_RAISED = frozenset({"min", "threshold", "ttl", "delay"})  # of these, more is what hurts


def by_knob(scene: Scene, view: View) -> Iterator[Reason]:
    """A limit that was changed in the direction that hurts. One changed the other way is no reason at all."""
    for file, name, old, new in _amounts(view):
        directed = h.speaks_of(name, (*scene.kind.fewer, *scene.kind.more))
        reason = (_limit if directed else _said)(scene, file, name, old, new)
        if reason is not None:
            yield reason


def _amounts(view: View) -> Iterator[tuple[FileDiff, str, Setting | None, Setting | None]]:
    """Each amount that a change sets, with the one before it; also where that stood in another place."""
    gone: dict[str, list[tuple[FileDiff, str, Setting]]] = {}
    came: dict[str, list[tuple[FileDiff, str, Setting]]] = {}
    for file, hunk in view.hunks:
        if is_manifest(file.path):
            continue
        for name, old, new in numbers_of(hunk):
            if old is not None and new is not None:
                yield file, name, old, new
            elif old is not None and not _kept(hunk, name, old):
                gone.setdefault(_last(name), []).append((file, name, old))
            elif new is not None:
                came.setdefault(_last(name), []).append((file, name, new))
    for key, lost in gone.items():
        there = came.pop(key, [])
        for file, name, old in lost:
            new = there[0][2] if there else None
            if new is None or new.amount != old.amount:
                yield file, name, old, new
    for found in came.values():
        yield from ((file, name, None, new) for file, name, new in found)


def _last(name: str) -> str:
    return "_".join(h.parts_of(name.rpartition(".")[2]))


def _kept(hunk: Hunk, name: str, old: Setting) -> bool:
    """Whether the value is still given to the name, in other words (as the default of a variable, say)."""
    return any(h.speaks_of(line, (name,)) and old.text in line for line in hunk.added)


def _limit(scene: Scene, file: FileDiff, name: str, old: Setting | None, new: Setting | None) -> Reason | None:
    """One of the limits that the taxonomy names for this kind of fault."""
    fewer, more = h.speaks_of(name, scene.kind.fewer), h.speaks_of(name, scene.kind.more)
    why = told(name, old, new, file.path)
    said = new is not None and is_said(new, scene.clues.numbers)
    if old is not None and new is not None:
        worse = (fewer and new.amount < old.amount) or (more and not fewer and new.amount > old.amount)
        return _worse(scene, name, old, new, why, fewer=fewer) if worse else None
    if new is not None and file.created:
        return Reason(0.1, why)  # a first value ran until now
    if new is not None and fewer and said:
        return Reason(0.6, Text(f"{why.en}, the limit that the error names", f"{why.ko}, 오류에 나온 한도"))
    if new is None and fewer and scene.kind.id == "too-large":
        return Reason(0.52, why)  # what took its place is a default, and those are small
    return Reason(0.3, why) if new is not None or fewer else None


def _worse(scene: Scene, name: str, old: Setting, new: Setting, why: Text, *, fewer: bool) -> Reason:
    # Only a size is refused; the numbers of another fault are of something else.
    if fewer and scene.kind.id == "too-large" and _between(new, old, scene.clues.numbers):
        english, korean = f"{why.en}, and what was refused lies between", f"{why.ko}, 거부된 값은 그 사이"
        return Reason(0.85, Text(english, korean))
    said = is_said(new, scene.clues.numbers)
    return Reason(0.2 if foreign(name, scene) else 0.8 if said else _share(old, new), why)


def _share(old: Setting, new: Setting) -> float:
    """Half of a limit, or thrice the load, can bring a fault about; a small step seldom does."""
    small, large = sorted((old.amount, new.amount))
    if new.amount < old.amount:
        return DIRECT if small <= large / 1.9 else 0.4
    return DIRECT if large >= 2.9 * small else 0.35


def _between(new: Setting, old: Setting, numbers: frozenset[str]) -> bool:
    """Whether a large number of the error fits under the old limit and not under the new one."""
    return any(
        new.amount < float(number) <= old.amount for number in numbers if len(number) >= 4 and number.isdecimal()
    )


def _said(scene: Scene, file: FileDiff, name: str, old: Setting | None, new: Setting | None) -> Reason | None:
    """A bound of any name whose new value the error speaks, together with a word of its name."""
    if old is None or new is None:
        return None
    parts = set(h.parts_of(name))
    if _named_in(parts, scene) and (new.amount > old.amount) is bool(parts & _RAISED):
        why = told(name, old, new, file.path)
        return Reason(0.6, Text(f"{why.en}, which the error names", f"{why.ko}, 오류에 나온 설정"))
    if len(new.text.strip("0.")) + new.amount < 6:
        return None
    if parts.isdisjoint(_BOUNDS) or not is_said(new, scene.clues.numbers):
        return None
    if parts.isdisjoint(scene.clues.words) or (new.amount > old.amount) is not bool(parts & _RAISED):
        return None
    why = told(name, old, new, file.path)
    return Reason(0.6, Text(f"{why.en}, the value that the error names", f"{why.ko}, 오류에 나온 값"))


def _named_in(parts: set[str], scene: Scene) -> bool:
    """Whether the error names a bound in full, beyond the words that every limit has."""
    telling = {part for part in parts if len(part) >= 3 and part not in _UNITS}
    return len(telling) >= 3 and not telling.isdisjoint(_BOUNDS) and telling <= scene.clues.words


def told(name: str, old: Setting | None, new: Setting | None, path: str) -> Text:
    """Arrows and nouns in Korean: which particle follows a number depends on how it is read aloud."""
    name = name.rpartition(".")[2] if "." in name else name  # as it stands in the line
    if old is not None and new is not None:
        a, b = old.text, new.text
        return Text(f"it changed {name} from {a} to {b} ({path})", f"{name} 값 변경: {a} → {b} ({path})")
    if new is not None:
        return Text(f"it set {name} to {new.text} ({path})", f"{name} 값 지정: {new.text} ({path})")
    gone = "" if old is None else old.text
    return Text(f"it removed {name} = {gone} ({path})", f"{name} = {gone} 설정 제거 ({path})")


def foreign(name: str, scene: Scene) -> bool:
    """Whether a setting is about waiting for something else: ``pool_timeout`` is not what a slow service ran into."""
    if scene.kind.id not in _WAITS:
        return False
    words = [word for word in _RESOURCES if h.speaks_of(name, (word,))]
    spoken = scene.clues.words.intersection(words)
    return bool(words) and not spoken and not any(h.speaks_of(place.path, words) for place in scene.places)


def is_said(value: Setting, numbers: frozenset[str]) -> bool:
    """Whether the message names this value, also in thousandths or thousands (3 s are 3000 ms), KiB or MiB."""
    amounts = {value.amount * factor for factor in (1, 1_000, 1e-3, 1e-6, 1e-9, 1 / 1024, 1 / 2**20, 1 / 2**30)}
    written = {f"{amount:.10g}" for amount in amounts if amount >= 1}
    written |= {value.text, value.text.rstrip("0").rstrip(".") if "." in value.text else value.text}
    known = {*numbers, *(f"{float(n):.10g}" for n in numbers)}
    return not written.isdisjoint(known)


def by_leak(scene: Scene, view: View) -> Iterator[Reason]:
    """What gave a connection or file back went away."""
    if scene.kind.id not in {"pool-exhausted", "too-many-files", "out-of-memory", "deadlock", "slow"}:
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
