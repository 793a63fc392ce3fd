"""Changes of what is installed, tied to the fault by the names that stacks, code and messages use. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from logmedic.investigate.changes import packages
from logmedic.investigate.changes.diffs import FileDiff
from logmedic.investigate.changes.packages import Package
from logmedic.investigate.faults.clues import Clues
from logmedic.investigate.faults.kind import Code
from logmedic.investigate.suspects.scene import Reason, Scene, View
from logmedic.model import Text

MOST_NAMED = 1  # of the packages of one change: they are released together
_DEPENDENCY = frozenset({"missing-module"})


def by_package(scene: Scene, view: View) -> Iterator[Reason]:
    """A package whose version changed and whose names the fault speaks of. An untied one is no reason."""
    found = []
    for package in packages.changed(view.change):
        tie = _tie(package, scene)
        if tie is not None:
            weight, where = tie
            weight += 0.08 if package.major else -0.2 if package.patch else -0.02
            found.append((weight if scene.kind.code is Code.BUG else weight * 0.6, package, where))
    for weight, package, where in sorted(found, key=lambda entry: (-entry[0], entry[1].name))[:MOST_NAMED]:
        yield Reason(weight, _told(package, where))
    if not found and scene.kind.id in _DEPENDENCY:
        path = next((file.path for file in view.change.files if _changes_versions(file)), "")
        if path:
            yield Reason(0.25, Text(f"it changed dependencies ({path})", f"의존성 변경 ({path})"))


def _changes_versions(file: FileDiff) -> bool:
    return packages.is_manifest(file.path) and any(hunk.removed for hunk in file.hunks)


def _told(package: Package, where: Text) -> Text:
    name, path = package.name, package.path
    if package.old and package.new:
        english = f"it changed the dependency {name} from {package.old} to {package.new}"
        korean = f"의존성 {name} 변경: {package.old} → {package.new}"
    elif package.old:
        english, korean = f"it removed the dependency {name} {package.old}", f"의존성 {name} {package.old} 제거"
    else:
        english, korean = f"it added the dependency {name} {package.new}", f"의존성 {name} {package.new} 추가"
    return Text(f"{english} ({path}), {where.en}", f"{korean} ({path}), {where.ko}")


_ON_STACK = Text("which the trace goes through", "스택에 나온 라이브러리")
_IN_CODE = Text("which the failing line uses", "오류가 발생한 줄에서 사용")
_IN_WORDS = Text("which the error names", "오류 메시지에 나온 이름")
_MISSED = Text("which the error misses", "오류에서 찾지 못한 이름")


def _tie(package: Package, scene: Scene) -> tuple[float, Text] | None:
    """How much the fault speaks of a package, and where."""
    clues = scene.clues
    names = packages.known_as(package.name)
    roots = {name.lower().replace("_", "-").partition(".")[0] for name in clues.missing}
    if package.old and any(name in roots for name in names):
        return 0.62, _MISSED
    if not package.old and scene.kind.id not in _DEPENDENCY:
        return None  # what was not there before can be called by new code only
    return _by_stack(names, scene) or _by_text(names, clues)


def _by_stack(names: Sequence[str], scene: Scene) -> tuple[float, Text] | None:
    libraries = [library.lower().replace("_", "-") for library in scene.libraries[:2]]
    if any(name in libraries for name in names):
        return 0.58, _ON_STACK
    for at, space in enumerate(scene.clues.namespaces):
        if any(_word_in(space, name) for name in names):
            return 0.55 if at < 4 else 0.45, _ON_STACK
    return None


def _by_text(names: Sequence[str], clues: Clues) -> tuple[float, Text] | None:
    for depth, code in enumerate(clues.codes[:3]):
        flat = code.lower().replace("_", "-")
        if any(_word_in(flat, name) for name in names):
            return (0.5, 0.35, 0.25)[depth], _IN_CODE
    if any(name in clues.words or _parts_in(name, clues.words) for name in names if len(name) >= 4):
        return 0.36, _IN_WORDS
    return None


def _parts_in(name: str, words: frozenset[str]) -> bool:
    pieces = [piece for piece in name.replace(".", "-").split("-") if piece]
    return len(pieces) > 1 and all(piece in words for piece in pieces)


def _word_in(text: str, word: str) -> bool:
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        if not text[at - 1 : at].isalnum() and not text[end : end + 1].isalnum():
            return True
        at = text.find(word, end)
    return False
