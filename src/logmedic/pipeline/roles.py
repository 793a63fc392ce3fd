"""What a process of ``serve`` does, where several share one state."""

from __future__ import annotations

import enum
from collections.abc import Collection


class Role(enum.StrEnum):
    ALL = "all"
    COLLECTOR = "collector"  # reads and counts, takes in what is pushed, hands incidents over
    WORKER = "worker"  # investigates and tells people; digests, reminders, fixes
    WEB = "web"  # the dashboard and its API

    @property
    def reads(self) -> bool:
        return self in (Role.ALL, Role.COLLECTOR)

    @property
    def works(self) -> bool:
        return self in (Role.ALL, Role.WORKER)

    @property
    def duties(self) -> tuple[str, ...]:
        """What somebody has to do, named by the roles that do nothing else."""
        return tuple(role.value for role in (Role.COLLECTOR, Role.WORKER) if self in (Role.ALL, role))

    @property
    def shows(self) -> bool:
        return self in (Role.ALL, Role.WEB)


def unattended(living: Collection[str]) -> str:
    """What nobody does and how to change that, in one sentence; empty where all is done. ``living``: duties of the
    processes that live."""
    missing = [
        f"{what}: start `logmedic serve --role {duty}`, or one without --role"
        for duty, what in (
            (Role.COLLECTOR.value, "no process reads the sources"),
            (Role.WORKER.value, "no process investigates and tells people, alerts wait"),
        )
        if duty not in living
    ]
    return "; ".join(missing)
