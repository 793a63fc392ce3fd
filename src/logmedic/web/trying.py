"""What lines of a log would lead to under this configuration, with a chart of when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from logmedic.build import explaining
from logmedic.model import Incident
from logmedic.pipeline.rehearsal import Alert
from logmedic.web.charts import DAY, MINUTE, bars

if TYPE_CHECKING:
    from logmedic.build import Loaded

PARTS, FEW = 96, 24  # bars of a chart; of one that spans no more minutes than the fewer
MOST_INCIDENTS = 50  # shown


class Drawn(msgspec.Struct, frozen=True):
    """An incident that would have been, beside its occurrences in the same span of time as all others'."""

    incident: Incident
    bars: list[int]
    channels: tuple[str, ...]  # that would have been told


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    lines: int
    rejects: int
    matches: dict[str, int]
    incidents: int
    alerts: int
    drawn: tuple[Drawn, ...]  # the most severe first, then the most frequent
    since: int  # ns; the span of the charts
    until: int


def tried(loaded: Loaded, data: bytes, name: str) -> Tried:
    """Run them through rules, grouping and policy; nothing is stored, nobody is told. ``name``: what to call them.

    Raises:
        UsageError: there is no line.
    """
    replayed = explaining.would(loaded, data, name)
    since, until = window(replayed.incidents)
    worst = sorted(replayed.incidents, key=lambda i: (-i.severity.rank, -i.count, i.id))[:MOST_INCIDENTS]
    return Tried(
        lines=replayed.summary.lines,
        rejects=replayed.summary.rejects,
        matches=replayed.summary.matches,
        incidents=len(replayed.incidents),
        alerts=len(replayed.alerts),
        drawn=tuple(
            Drawn(
                i,
                bars(i.histogram, until, min(PARTS, (until - since) // MINUTE), until - since),
                _told(replayed.alerts, i.fingerprint),
            )
            for i in worst
        ),
        since=since,
        until=until,
    )


def window(incidents: Sequence[Incident]) -> tuple[int, int]:
    """From the first to the last occurrence (ns) in whole parts of a chart; of more than a day only the last."""
    if not incidents:
        return 0, FEW * MINUTE
    first = min(bucket.start for i in incidents for bucket in i.histogram)
    until = max(i.last_seen for i in incidents) // MINUTE * MINUTE + MINUTE
    step = (PARTS if until - first > FEW * MINUTE else FEW) * MINUTE
    return until - min(DAY, -(-(until - first) // step) * step), until


def _told(alerts: Sequence[Alert], fingerprint: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(alert.channel for alert in alerts if alert.fingerprint == fingerprint))
