"""Attempts of one piece of work: what they are called, and when the next one follows. Pure."""

from __future__ import annotations

import enum

from logmedic.engine.interface import ALERTS, DEEPER, FIXES, GIVE_UP_SECONDS, Lane

FIRST_WAIT, LONGEST_WAIT = 60.0, 900.0  # seconds before what failed in an unforeseen way is tried again; doubles

Work = tuple[int, int, str, int]
"""(incident id, generation, the workflow id of the first attempt, attempt)"""

_LANES = {lane.workflow: lane for lane in (ALERTS, DEEPER, FIXES)}


def lane_of(work: Work) -> Lane:
    return _LANES[work[2].partition(":")[0]]


def first_id(fingerprint: str, generation: int, lane: Lane = ALERTS) -> str:
    """The workflow id of the first attempt; later ones add their number."""
    return f"{lane.workflow}:{fingerprint}:{generation}"


class Next(enum.Enum):
    """What to do about work whose last attempt has failed."""

    TRY = "try again"
    WAIT = "wait a little longer"
    GIVE_UP = "give up"


def after_failure(attempt: int, *, failing: float, since: float) -> Next:
    """``attempt``: the number of the one that failed, from 0; ``failing``, ``since``: seconds since the first began and
    since this one ended."""
    if failing >= GIVE_UP_SECONDS:
        return Next.GIVE_UP
    return Next.TRY if since >= min(FIRST_WAIT * 2 ** min(attempt, 10), LONGEST_WAIT) else Next.WAIT


def elapsed(now: int, milliseconds: int | None) -> float:
    """Seconds from a time of DBOS until ``now`` (ns)."""
    return now / 1e9 - (milliseconds or 0) / 1e3


def workflow_id(base: str, attempt: int) -> str:
    return base if attempt == 0 else f"{base}:{attempt}"
