"""Group what is stored by the code and the configuration of now, and let the store follow."""

from __future__ import annotations

from collections.abc import Callable

from logmedic.group.regroup import Plan, Stored, placed, plan, stored
from logmedic.model import Grouping, LogRecord, Sample
from logmedic.store.store import Store

MOST_SAMPLES = 1_000  # of one incident that are looked at; the store keeps 20 of each fingerprint

Identify = Callable[[LogRecord, tuple[str, ...]], Grouping]
"""The grouping of a record that matched these rules."""


def preview(store: Store, identify: Identify) -> Plan:
    """What would change. Incidents that sum up others (surges, storms) have no samples of their own and stay."""
    found: list[Stored] = []
    for incident in store.by_ids(store.living()):
        samples = [s for s in store.samples(incident.id, MOST_SAMPLES) if not _synthetic(s)]
        if samples:
            now = [placed(s, identify(s.record, tuple(m.rule for m in s.matches)).fingerprint) for s in samples]
            found.append(stored(incident, now))
    return plan(found)


def carry_out(store: Store, planned: Plan, *, now: int, actor: str) -> None:
    """All of it in one transaction. ``now``: ns on the wall clock.

    Raises:
        UsageError: incidents have changed since the plan was made; nothing is changed then.
    """
    if not planned.changes:
        return
    with store.changing(now=now, actor=actor) as changes:
        for merge in planned.merges:
            changes.merge(merge.kept, merge.merged)
        for alias in planned.aliases:
            changes.alias(alias.fingerprint, alias.incident)
        merged = {merge.merged: merge.kept for merge in planned.merges}
        for split in planned.splits:
            incident = merged.get(split.incident, split.incident)
            changes.regroup_split(incident, split.fingerprint, split.samples, split.total)


def _synthetic(sample: Sample) -> bool:
    return any(component.name == "synthetic" for component in sample.grouping.components)
