"""Measured figures, by name. The verification measures them again with the same functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from logmedic.investigate.interface import Case
from logmedic.investigate.logs import iso
from logmedic.model import NANOSECONDS

RATE_SPAN = 60 * 60 * NANOSECONDS  # before and after the first occurrence


class Figure(msgspec.Struct, frozen=True):
    """A measured value, and the sentence that says it. Times are ns, shares are 0 to 1."""

    name: str
    value: int | float
    text: str


def _count(case: Case) -> Figure:
    n = case.incident.count
    return Figure("count", n, f"occurrences of this incident: {n}")


def _first_seen(case: Case) -> Figure:
    time = case.incident.first_seen
    return Figure("first_seen", time, f"first seen {iso(time)}")


def _last_seen(case: Case) -> Figure:
    time = case.incident.last_seen
    return Figure("last_seen", time, f"last seen {iso(time)}")


def _errors_before(case: Case) -> Figure:
    first = case.incident.first_seen
    n = case.history.error_counts(case.incident.service, first - RATE_SPAN, first - 60 * NANOSECONDS)
    return Figure("errors_before", n, f"errors of the service in the hour before the first occurrence: {n}")


def _errors_after(case: Case) -> Figure:
    first = case.incident.first_seen
    n = case.history.error_counts(case.incident.service, first, first + RATE_SPAN)
    return Figure("errors_after", n, f"errors of the service in the hour from the first occurrence: {n}")


def _share(case: Case) -> Figure | None:
    """Of the service's errors since the first occurrence; ``None`` where the two counts do not measure the same."""
    incident = case.incident
    errors = case.history.error_counts(incident.service, incident.first_seen, incident.last_seen)
    if not 0 < incident.count <= errors:
        return None
    share = round(incident.count / errors, 3)
    return Figure(
        "share", share, f"share of the service's errors since then: {share:.1%} ({incident.count} of {errors})"
    )


def _requests(case: Case) -> Figure | None:
    ids = {sample.record.request_id for sample in case.samples if sample.record.request_id}
    if not ids:
        return None
    return Figure("requests", len(ids), f"distinct requests among the {len(case.samples)} stored samples: {len(ids)}")


def _samples(case: Case) -> Figure:
    return Figure("samples", len(case.samples), f"stored samples: {len(case.samples)}")


def _slowest(case: Case) -> Figure | None:
    slowest = max((s.record.duration_ms or 0.0 for s in case.samples), default=0.0)
    if not 0 < slowest < float("inf"):
        return None
    return Figure("slowest", round(slowest, 1), f"longest duration among the stored samples: {slowest:.0f} ms")


FIGURES: Mapping[str, Callable[[Case], Figure | None]] = {
    "count": _count,
    "first_seen": _first_seen,
    "last_seen": _last_seen,
    "errors_before": _errors_before,
    "errors_after": _errors_after,
    "share": _share,
    "requests": _requests,
    "samples": _samples,
    "slowest": _slowest,
}


def measure(case: Case) -> list[Figure]:
    """All that can be measured for this case."""
    return [figure for make in FIGURES.values() if (figure := make(case)) is not None]
