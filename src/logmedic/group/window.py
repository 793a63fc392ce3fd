"""Whether people should hear of an incident (again). Pure decisions with named reasons.

Everything is judged by the time the log lines carry, so that a backlog read at once decides as the live log would
have; only a snooze ends by the clock on the wall.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from logmedic.group.release import Order, unknown
from logmedic.model import NANOSECONDS, Reason, Severity, State, Substate
from logmedic.reasons import render

MINUTE = 60 * NANOSECONDS
HOUR_MINUTES = 60
BASELINE_HOURS = 24
CALM_SHARE = 0.5  # of the rate that counts as an escalation
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


_Figures = dict[str, int | float | str]


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored about an incident. Times in ns of the log's own time."""

    state: State
    substate: Substate
    first_seen: int
    last_seen: int
    last_raised: int
    count: int  # 0: it was split off another incident, and nothing of it was seen since
    floor: Severity = Severity.CRITICAL  # the highest that a rule has given it
    recent: Sequence[tuple[int, int]] = ()  # (minute since the epoch, occurrences), of the last 25 hours
    snoozed_until: int | None = None  # ns on the wall clock
    snooze_count: int | None = None  # snoozed until ``count`` reaches this
    resolved_in: str | None = None  # a release: only this one or a later one is a regression …
    resolved_next: bool = False  # … or only a later one


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch brought for one incident."""

    count: int
    first: int  # ns, the earliest occurrence
    last: int  # ns, the latest
    now: int  # ns on the wall clock
    severity: Severity = Severity.INFO  # the highest of the rules that matched
    releases: Sequence[str] = ("",)  # of the occurrences; "": one of them names none


class Decision(msgspec.Struct, frozen=True):
    """``raise_``: a new generation, so that people hear of it."""

    raise_: bool
    substate: Substate
    state: State
    why: Reason
    last_raised: int  # what to store: ns of the log's time

    @property
    def reason(self) -> str:
        """A phrase with figures, fit to be shown."""
        return render(self.why).en


def decide(  # noqa: PLR0911  one return per reason, in the order they are tried
    known: Known | None, arrival: Arrival, config: WindowConfig, order: Order = unknown
) -> Decision:
    """What to do about an arrival. ``order``: of the releases of its service.

    In this order: a new fingerprint is raised. An ignored one never is, not even when it gets worse: whoever ignored
    it said so for good. One that gets worse is raised at once, whoever has seen or snoozed it, so that a harmless
    error cannot hide the critical one that reads alike. One that only late lines speak of (not newer than what was
    seen) is not. A snooze holds until its end or an escalation, then raises. After resolve it is a regression, unless
    it was resolved in a release and all that came is known to be older. Within the window after the last alert it is
    counted. Beyond, it is judged by its rate (:func:`hourly_rates`): escalating, calm again, or ongoing; an
    acknowledged incident is only raised when it escalates or calms down.
    """
    if known is None:
        return Decision(True, Substate.NEW, State.OPEN, Reason("new"), arrival.last)
    if known.count == 0:
        return Decision(True, Substate.NEW, State.OPEN, Reason("new-after-split"), arrival.last)
    known = _not_ahead(known, arrival.now)
    if known.state is State.IGNORED:
        return _count(known, Reason("ignored"))
    if known.state is not State.RESOLVED and arrival.severity.rank > known.floor.rank:
        return _worse(known, arrival)
    if arrival.last <= known.last_seen:
        return _count(known, Reason("late"))
    if known.state is State.SNOOZED:
        return _snoozed(known, arrival, config)
    if known.state is State.RESOLVED:
        return _resolved(known, arrival, order)
    if arrival.last - known.last_raised < config.dedup_seconds * NANOSECONDS:
        return _count(known, Reason("repeat", {"window": int(config.dedup_seconds * NANOSECONDS)}))
    if known.substate is Substate.ESCALATING:
        return _escalated(known, arrival, config)
    rates = _escalation(known, arrival, config)
    if rates is not None:
        return _raise(arrival, Substate.ESCALATING, known.state, Reason("escalating", rates))
    if known.state is State.ACKED:
        return _count(known, Reason("acknowledged"))
    figures: _Figures = {"total": _since(known, arrival), "since": arrival.last - known.last_raised}
    return _raise(arrival, Substate.ONGOING, State.OPEN, Reason("ongoing", figures))


def hourly_rates(known: Known, arrival: Arrival) -> tuple[int, float | None]:
    """Occurrences of the hour that ends with the arrival, and the mean per hour of up to 24 hours before.

    The mean is ``None`` for what was first seen within that hour: nothing is usual yet.
    """
    end = arrival.last // MINUTE
    begin = end - HOUR_MINUTES
    in_hour = arrival.count if arrival.first // MINUTE > begin else _share(arrival)
    rate = in_hour + sum(n for minute, n in known.recent if begin < minute <= end)
    earlier_hours = min(BASELINE_HOURS, (begin * MINUTE - known.first_seen) / (HOUR_MINUTES * MINUTE))
    if earlier_hours <= 0:
        return rate, None
    baseline = begin - BASELINE_HOURS * HOUR_MINUTES
    before = sum(n for minute, n in known.recent if baseline < minute <= begin)
    return rate, before / max(1.0, earlier_hours)


def _escalation(known: Known, arrival: Arrival, config: WindowConfig, share: float = 1.0) -> _Figures | None:
    """The rates, when the hour's is at least ``share`` of what counts as an escalation.

    That is ``escalation_factor`` times the usual rate, and ``escalation_minimum`` occurrences.
    """
    rate, usual = hourly_rates(known, arrival)
    if usual is None or rate < share * max(config.escalation_minimum, config.escalation_factor * usual):
        return None
    return {"rate": rate, "usual": round(usual, 3)}


def _doubled(known: Known, rate: float) -> bool:
    """Whether the rate is twice that of the hour before the last alert."""
    told_at = known.last_raised // MINUTE
    return rate >= 2 * sum(n for minute, n in known.recent if told_at - HOUR_MINUTES < minute <= told_at)


def _escalated(known: Known, arrival: Arrival, config: WindowConfig) -> Decision:
    """While it escalates, people hear of it once an hour, or when the rate has doubled since they last did.

    It is calm below half of what counts as an escalation, so that a rate at the edge does not call people again.
    """
    rates = _escalation(known, arrival, config, CALM_SHARE)
    if rates is None:
        rate, _ = hourly_rates(known, arrival)
        return _raise(arrival, Substate.ONGOING, known.state, Reason("calm", {"rate": rate}))
    why = Reason("still-escalating", rates)
    if arrival.last - known.last_raised < HOUR_MINUTES * MINUTE and not _doubled(known, float(rates["rate"])):
        return _count(known, why)
    return _raise(arrival, Substate.ESCALATING, known.state, why)


def _resolved(known: Known, arrival: Arrival, order: Order) -> Decision:
    """A regression, unless every release that it came from is known to be older. What is not known is told."""
    resolved = known.resolved_in
    if resolved is None:
        figures: _Figures = {"after": arrival.last - known.last_seen}
        return _raise(arrival, Substate.REGRESSED, State.OPEN, Reason("regressed", figures))
    kinds = {release: _against(release, known, order) for release in arrival.releases or ("",)}
    for kind in ("regressed-in-release", "regressed-in-next-release", "regressed-unknown-release"):
        found = next((release or "?" for release, k in kinds.items() if k == kind), None)
        if found is not None:
            why = Reason(kind, {"release": found, "resolved": resolved})
            return _raise(arrival, Substate.REGRESSED, State.OPEN, why)
    code = "older-than-next-release" if known.resolved_next else "older-release"
    return _count(known, Reason(code, {"release": next(iter(kinds)), "resolved": resolved}))


def _against(release: str, known: Known, order: Order) -> str:
    """How one release stands to the one in which it was resolved, as the code of a reason."""
    compared = None if not release or known.resolved_in is None else order(release, known.resolved_in)
    if compared is None:
        return "regressed-unknown-release"
    if known.resolved_next:
        return "regressed-in-next-release" if compared > 0 else "older"
    return "regressed-in-release" if compared >= 0 else "older"


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
    why = Reason("severity-rose", {"severity": arrival.severity.value})
    return Decision(True, Substate.ESCALATING, state, why, max(known.last_raised, arrival.last))


def _snoozed(known: Known, arrival: Arrival, config: WindowConfig) -> Decision:
    if known.snoozed_until is not None and arrival.now >= known.snoozed_until:
        return _raise(arrival, Substate.ONGOING, State.OPEN, Reason("snooze-ended"))
    total = known.count + arrival.count
    if known.snooze_count is not None and total >= known.snooze_count:
        figures: _Figures = {"limit": known.snooze_count, "total": total}
        return _raise(arrival, Substate.ONGOING, State.OPEN, Reason("snooze-counted", figures))
    # Whoever snoozed an escalation knows of it.
    rates = _escalation(known, arrival, config)
    # Whoever snoozed an escalation knew of it, at the rate that it had then.
    if rates is not None and (known.substate is not Substate.ESCALATING or _doubled(known, float(rates["rate"]))):
        return _raise(arrival, Substate.ESCALATING, State.OPEN, Reason("escalating", rates))
    return _count(known, Reason("snoozed"))


def _raise(arrival: Arrival, substate: Substate, state: State, why: Reason) -> Decision:
    return Decision(True, substate, state, why, arrival.last)


def _count(known: Known, why: Reason) -> Decision:
    return Decision(False, known.substate, known.state, why, known.last_raised)


def _since(known: Known, arrival: Arrival) -> int:
    last = known.last_raised // MINUTE
    return arrival.count + sum(n for minute, n in known.recent if minute > last)


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
