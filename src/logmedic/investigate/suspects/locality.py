"""Which service a change belongs to, by what was deployed where and by the folders of its files. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from logmedic.investigate.changes.diffs import Change
from logmedic.investigate.changes.hunks import SETTINGS, can_run
from logmedic.investigate.faults.cascade import core_name
from logmedic.investigate.suspects.scene import Scene

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


def carried(change: Change, scene: Scene) -> float:
    """What a change counts by whether a deploy brought it to its service before the onset.

    Settings, infrastructure and migrations take effect without one; so does whatever has no deploys in the list.
    """
    if not scene.deployed or all(file.path.lower().endswith(_READ_BY_OTHERS) for file in change.files):
        return 1.0
    own = belongs_to(change, scene.services, scene.sent)
    times = [time for service in own for time in scene.deployed.get(service, ())]
    return WAITING if times and not any(change.time <= time <= scene.first_seen for time in times) else 1.0
