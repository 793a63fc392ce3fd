"""Beginning a fix: whether there is to be one, and its row in the store. Whoever does the work takes it up there."""

from __future__ import annotations

from logmedic.model import Incident, Text
from logmedic.respond.fix.config import FixConfig
from logmedic.respond.fix.decide import crowded, refusal
from logmedic.store.fixes import Fix, Fixes


def begin(
    fixes: Fixes, incident: Incident, config: FixConfig, *, asked: bool, dry: bool, actor: str, now: int
) -> Fix | Text:
    """Begin a fix, or go on with the one that is under way; the reason when there is to be none. ``now``: ns.

    Raises:
        StoreError: the database refused.
    """
    why = refusal(incident, config, asked=asked)
    if why is not None:
        return why
    stem = incident.fingerprint.partition(":")[2] or incident.fingerprint
    return fixes.begin(
        incident.id, incident.fingerprint, incident.generation, stem=stem, dry=dry, actor=actor, now=now,
        decide=lambda standing: crowded(standing, config, asked=asked),
    )  # fmt: skip


def in_the_way(fixes: Fixes, incident: Incident, config: FixConfig, *, now: int) -> Text | None:
    """Why a fix that a person asked for would not begin now; ``None``: it would. Raises :class:`StoreError`."""
    why = refusal(incident, config, asked=True)
    return why if why is not None else crowded(fixes.standing(incident.fingerprint, now), config, asked=True)
