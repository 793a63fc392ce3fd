"""Which service a change belongs to, by what was deployed where and by the folders of its files. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from logmedic.investigate.cascade import core_name
from logmedic.investigate.diffs import Change
from logmedic.investigate.hunks import SETTINGS, can_run, only_logs, only_renames
from logmedic.investigate.scene import Reason, Scene, View
from logmedic.model import Text

ELSEWHERE = 0.3  # of a change that went to services which did not fail
DRAGGED = 0.8  # of a change of a service that failed later than another one
WAITING = 0.2  # of a change of code that no deploy has carried to its service
_READ_BY_OTHERS = (*SETTINGS, ".sql")
_SHARED = frozenset({"shared", "common", "lib", "libs", "pkg", "packages", "core", "platform", "internal"})


def belongs_to(change: Change, services: Iterable[str], sent: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """The services that run a change; none when that cannot be told, or when it is in code that they share.

    Settings, manifests and migrations take effect in what reads them, under whatever name they were sent.
    """
    names = {core_name(name): name for name in services}
    found: set[str] = set()
    for file in change.files:
        if not can_run(file.path):
            continue
        parts = [core_name(part) for part in file.path.lower().split("/")[:-1]]
        own = [names[part] for part in parts if part in names]
        if not own and not _SHARED.isdisjoint(parts):
            return frozenset()
        found.update(own)
    running = [file.path.lower() for file in change.files if can_run(file.path)]
    if not found and running and all(path.endswith(_READ_BY_OTHERS) for path in running):
        return frozenset()
    return frozenset(found or sent.get(change.commit, ()))


def factor(change: Change, hit: tuple[str, ...], services: Iterable[str], sent: Mapping[str, tuple[str, ...]]) -> float:
    """How much a change counts by where it runs. ``hit``: services that failed, first to last."""
    own = belongs_to(change, services, sent)
    if not own or not hit or hit[0] in own:
        return 1.0
    return DRAGGED if own.intersection(hit) else ELSEWHERE


def carried(change: Change, scene: Scene) -> float:
    """What a change counts by whether a deploy brought it to its service before the onset.

    Settings, infrastructure and migrations take effect without one; so does whatever has no deploys in the list.
    """
    if not scene.deployed or all(file.path.lower().endswith(_READ_BY_OTHERS) for file in change.files):
        return 1.0
    own = belongs_to(change, scene.services, scene.sent)
    times = [time for service in own for time in scene.deployed.get(service, ())]
    return WAITING if times and not any(change.time <= time <= scene.first_seen for time in times) else 1.0


def by_waiting(scene: Scene, change: Change) -> Iterator[Reason]:
    """A change of the very service that the error waits for."""
    own = belongs_to(change, scene.services, scene.sent)
    name = next((name for name in scene.called if name in own and name in scene.hit[:1]), "")
    if name:
        yield Reason(
            0.2, Text(f"it is part of {name}, which the error waits for", f"오류가 기다리는 {name}의 변경"), tie=True
        )


def by_shared(scene: Scene, view: View) -> Iterator[Reason]:
    """Code that several services share, where several services fail in the same way: weak, but it fits no other."""
    if len(scene.alike) < 2:
        return
    for file, hunk in view.hunks:
        parts = file.path.lower().split("/")[:-1]
        if not _SHARED.isdisjoint(parts) and not only_renames(hunk, file.path) and not only_logs(hunk):
            names = ", ".join(scene.alike[:4])
            why = Text(f"it changed code that services share ({file.path}), and {names} fail alike",
                       f"여러 서비스가 함께 쓰는 코드 변경 ({file.path}), 같은 오류가 난 서비스: {names}")  # fmt: skip
            yield Reason(0.4, why)
            return
