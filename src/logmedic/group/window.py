"""Whether people should hear of an incident (again). Pure decisions with named reasons.

Everything is judged by the time the log lines carry, so that a backlog read at once decides as the live log would
have; only a snooze ends by the clock on the wall.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from logmedic.model import NANOSECONDS, Severity, State, Substate

MINUTE = 60 * NANOSECONDS
HOUR_MINUTES = 60
BASELINE_HOURS = 24
MOST_SECONDS = 1_000_000_000  # of a setting: 31 years, so that sums of times stay times


class WindowConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a known incident is raised again."""

    dedup_seconds: float = 300.0
    """The same error within so many seconds of the last alert is counted, not raised."""
    escalation_factor: float = 10.0
    """So many times its usual hourly rate is an escalation …"""
    escalation_minimum: int = 50
    """… if it is also so many occurrences within an hour."""
    new_incidents: int = 1_000
    """So many incidents may be opened per window, and as many critical ones; more go to one "storm" incident."""
    new_incidents_seconds: float = 300.0
    """Length of that window on the wall clock."""

    def __post_init__(self) -> None:
        for name in ("dedup_seconds", "new_incidents_seconds"):
            if not 0 <= getattr(self, name) <= MOST_SECONDS:
                raise ValueError(f"`{name}` must be a number of seconds from 0 to {MOST_SECONDS:,}")
        if not 0 <= self.escalation_factor < math.inf:
            raise ValueError("`escalation_factor` must be a finite number, 0 or more")
        for name in ("escalation_minimum", "new_incidents"):
            if getattr(self, name) < 0:
                raise ValueError(f"`{name}` must be 0 or more")


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored about a fingerprint. Times in ns of the log's own time."""

    state: State
    substate: Substate
    first_seen: int
    last_seen: int
    last_raised: int
    count: int
    floor: Severity = Severity.CRITICAL  # the highest that a rule has given it
    recent: Sequence[tuple[int, int]] = ()  # (minute since the epoch, occurrences), of the last 25 hours
    snoozed_until: int | None = None  # ns on the wall clock
    snooze_count: int | None = None  # snoozed until ``count`` reaches this


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch brought for one fingerprint."""

    count: int
    first: int  # ns, the earliest occurrence
    last: int  # ns, the latest
    now: int  # ns on the wall clock
    severity: Severity = Severity.INFO  # the highest of the rules that matched


class Decision(msgspec.Struct, frozen=True):
    """``raise_``: a new generation, so that people hear of it. ``reason`` is a phrase with figures, fit to be shown."""

    raise_: bool
    substate: Substate
    state: State
    reason: str
    last_raised: int  # what to store: ns of the log's time


def decide(  # noqa: PLR0911  one return per reason, in the order they are tried
    known: Known | None, arrival: Arrival, config: WindowConfig
) -> Decision:
    """What to do about an arrival.

    In this order: a new fingerprint is raised. An ignored one never is, not even when it gets worse: whoever ignored
    it said so for good. One that gets worse is raised at once, whoever has seen or snoozed it, so that a harmless
    error cannot hide the critical one that reads alike. One that only late lines speak of (not newer than what was
    seen) is not. A snooze holds until its end, then raises. After resolve it is a regression. Within the
    window after the last alert it is counted. Beyond, it is raised as escalating at ``escalation_factor`` times its
    usual rate, else as ongoing; an acknowledged incident is only raised when it escalates.
    """
    if known is None:
        return Decision(True, Substate.NEW, State.OPEN, "new", arrival.last)
    known = _not_ahead(known, arrival.now)
    if known.state is State.IGNORED:
        return _count(known, "ignored")
    if known.state is not State.RESOLVED and arrival.severity.rank > known.floor.rank:
        return _worse(known, arrival)
    if arrival.last <= known.last_seen:
        return _count(known, "late lines: nothing newer than what was already seen")
    if known.state is State.SNOOZED:
        return _snoozed(known, arrival)
    if known.state is State.RESOLVED:
        after = _span(arrival.last - known.last_seen)
        return _raise(
            arrival, Substate.REGRESSED, State.OPEN, f"regressed after resolve, {after} after it was last seen"
        )
    if arrival.last - known.last_raised < config.dedup_seconds * NANOSECONDS:
        return _count(known, f"repeat within {_span(int(config.dedup_seconds * NANOSECONDS))} of the last alert")
    rate, usual = hourly_rates(known, arrival)
    if usual is not None and rate >= max(config.escalation_minimum, config.escalation_factor * usual):
        reason = f"escalating: {rate} in the last hour, usually {usual:.1f}"
        return _raise(arrival, Substate.ESCALATING, known.state, reason)
    if known.state is State.ACKED:
        return _count(known, "acknowledged: people know")
    since = _span(arrival.last - known.last_raised)
    total = _since(known, arrival)
    return _raise(arrival, Substate.ONGOING, State.OPEN, f"still happening: {total} since the last alert {since} ago")


def hourly_rates(known: Known, arrival: Arrival) -> tuple[int, float | None]:
    """Occurrences of the hour that ends with the arrival, and the mean per hour of up to 24 hours before.

    The mean is ``None`` for what was first seen within that hour: nothing is usual yet.
    """
    end = arrival.last // MINUTE
    begin = end - HOUR_MINUTES
    earlier_hours = min(BASELINE_HOURS, (begin * MINUTE - known.first_seen) / (HOUR_MINUTES * MINUTE))
    in_hour = arrival.count if arrival.first // MINUTE > begin else _share(arrival)
    rate = in_hour + sum(n for minute, n in known.recent if begin < minute <= end)
    if earlier_hours <= 0:
        return rate, None
    baseline = begin - BASELINE_HOURS * HOUR_MINUTES
    before = sum(n for minute, n in known.recent if baseline < minute <= begin)
    return rate, before / max(1.0, earlier_hours)


def _share(arrival: Arrival) -> int:
    """Of a batch that spans more than an hour, the part of the last one, as if spread evenly."""
    return max(1, round(arrival.count * HOUR_MINUTES * MINUTE / max(1, arrival.last - arrival.first)))


def _not_ahead(known: Known, now: int) -> Known:
    """Times that were stored by a clock that ran ahead, taken for now: else all that follows would be "late"."""
    if max(known.last_seen, known.last_raised) <= now:
        return known
    return msgspec.structs.replace(known, last_seen=min(known.last_seen, now), last_raised=min(known.last_raised, now))


def _worse(known: Known, arrival: Arrival) -> Decision:
    state = known.state if known.state is State.ACKED else State.OPEN
    reason = f"severity rose to {arrival.severity.value}"
    return Decision(True, Substate.ESCALATING, state, reason, max(known.last_raised, arrival.last))


def _snoozed(known: Known, arrival: Arrival) -> Decision:
    if known.snoozed_until is not None and arrival.now >= known.snoozed_until:
        return _raise(arrival, Substate.ONGOING, State.OPEN, "still happening after the snooze ended")
    total = known.count + arrival.count
    if known.snooze_count is not None and total >= known.snooze_count:
        return _raise(
            arrival, Substate.ONGOING, State.OPEN, f"snoozed until {known.snooze_count} occurrences: now {total}"
        )
    return _count(known, "snoozed")


def _raise(arrival: Arrival, substate: Substate, state: State, reason: str) -> Decision:
    return Decision(True, substate, state, reason, arrival.last)


def _count(known: Known, reason: str) -> Decision:
    return Decision(False, known.substate, known.state, reason, known.last_raised)


def _since(known: Known, arrival: Arrival) -> int:
    last = known.last_raised // MINUTE
    return arrival.count + sum(n for minute, n in known.recent if minute > last)


def _span(ns: int) -> str:
    minutes = ns // MINUTE
    if minutes < 1:
        return f"{ns // NANOSECONDS} s"
    if minutes < 2 * HOUR_MINUTES:
        return f"{minutes} min"
    hours = minutes // HOUR_MINUTES
    return f"{hours} h" if hours < 48 else f"{hours // 24} days"


class CapState(msgspec.Struct, frozen=True):
    """How many incidents were opened in the current window. Kept by the caller."""

    start: int = 0  # ns on the wall clock
    opened: int = 0


class NewIncidentCap:
    """Bounds how many incidents a storm of distinct errors can open; known fingerprints are never its business."""

    def __init__(self, config: WindowConfig) -> None:
        self._limit = config.new_incidents
        self._length = int(config.new_incidents_seconds * NANOSECONDS)

    def admit(self, state: CapState, now: int) -> tuple[CapState, bool]:
        """Whether one more fingerprint may open an incident of its own, and the state to pass next time.

        A clock that was set back starts a new window rather than blocking until it has caught up.
        """
        if not 0 <= now - state.start < self._length:
            state = CapState(now, 0)
        if state.opened >= self._limit:
            return state, False
        return CapState(state.start, state.opened + 1), True
