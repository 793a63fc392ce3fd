"""Measured figures, by name. The verification measures them again with the same functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from logmedic.investigate.episode import episode
from logmedic.investigate.interface import Case
from logmedic.investigate.logs import iso
from logmedic.investigate.plain import line
from logmedic.model import NANOSECONDS, Level, Sample, Text

MOST_SERVICES = 20  # named
RATE_SPAN = 60 * 60 * NANOSECONDS  # before and after the first occurrence
_ERROR_RULE = "error-level"  # what the history counts errors by


class Figure(msgspec.Struct, frozen=True):
    """A measured value, and what says it: evidence quotes the English. Times are ns, shares are 0 to 1."""

    name: str
    value: int | float
    text: Text


def _count(case: Case) -> Figure:
    n = case.incident.count
    return Figure("count", n, Text(f"occurrences of this incident: {n}", f"이 인시던트의 발생 횟수: {n}회"))


def _first_seen(case: Case) -> Figure:
    time = case.incident.first_seen
    return Figure("first_seen", time, Text(f"first seen {iso(time)}", f"첫 발생: {iso(time)}"))


def _last_seen(case: Case) -> Figure:
    time = case.incident.last_seen
    return Figure("last_seen", time, Text(f"last seen {iso(time)}", f"마지막 발생: {iso(time)}"))


def _is_error(sample: Sample) -> bool:
    return sample.record.level >= Level.ERROR or any(match.rule == _ERROR_RULE for match in sample.matches)


def _counts_as_errors(case: Case) -> bool:
    """Whether the occurrences are errors at all: of what was only slow, figures about errors say nothing."""
    return all(map(_is_error, case.samples))


def _errors_before(case: Case) -> Figure | None:
    if not _counts_as_errors(case):
        return None
    first = case.incident.first_seen
    n = case.history.error_counts(case.incident.service, first - RATE_SPAN, first - 60 * NANOSECONDS)
    said = Text(
        f"errors of the service in the hour before the first occurrence: {n}",
        f"첫 발생 전 1시간 동안의 서비스 오류: {n}건",
    )
    return Figure("errors_before", n, said)


def _errors_after(case: Case) -> Figure | None:
    if not _counts_as_errors(case):
        return None
    first = case.incident.first_seen
    n = case.history.error_counts(case.incident.service, first, first + RATE_SPAN)
    said = Text(
        f"errors of the service in the hour from the first occurrence: {n}",
        f"첫 발생 후 1시간 동안의 서비스 오류: {n}건",
    )
    return Figure("errors_after", n, said)


def _share(case: Case) -> Figure | None:
    """Of the service's errors since the first occurrence; ``None`` where the two counts do not measure the same."""
    if not _counts_as_errors(case):
        return None
    incident = case.incident
    errors = case.history.error_counts(incident.service, incident.first_seen, incident.last_seen)
    return share_of(incident.count, errors) if 0 < incident.count <= errors else None


def share_of(count: int, errors: int) -> Figure:
    share = round(count / errors, 3)
    said = Text(
        f"share of the service's errors since then: {share:.1%} ({count} of {errors})",
        f"같은 기간 서비스 오류에서 차지하는 비율: {share:.1%} ({errors}건 중 {count}건)",
    )
    return Figure("share", share, said)


def _requests(case: Case) -> Figure | None:
    ids = {sample.record.request_id for sample in case.samples if sample.record.request_id}
    if not ids:
        return None
    samples, n = len(case.samples), len(ids)
    said = Text(
        f"distinct requests among the {samples} stored samples: {n}", f"저장된 표본 {samples}건의 서로 다른 요청: {n}건"
    )
    return Figure("requests", n, said)


def _samples(case: Case) -> Figure:
    n = len(case.samples)
    return Figure("samples", n, Text(f"stored samples: {n}", f"저장된 표본: {n}건"))


def _slowest(case: Case) -> Figure | None:
    slowest = max((s.record.duration_ms or 0.0 for s in case.samples), default=0.0)
    if not 0 < slowest < float("inf"):
        return None
    said = Text(
        f"longest duration among the stored samples: {slowest:.0f} ms",
        f"저장된 표본 중 가장 긴 소요 시간: {slowest:.0f} ms",
    )
    return Figure("slowest", round(slowest, 1), said)


def _services(case: Case) -> Figure | None:
    cascade = episode(case)[0]
    hit = cascade.hit
    if len(hit) < 2:
        return None
    names = ", ".join(line(name, 60) for name in hit[:MOST_SERVICES])
    said = Text(
        f"services that fail of it, first to last: {names}", f"이 장애로 실패한 서비스(먼저 실패한 순): {names}"
    )
    if cascade.presumed:
        said = Text(f"services that began to fail one after the other: {names}", f"잇달아 실패한 서비스: {names}")
    return Figure("services", len(hit), said)


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
    "services": _services,
}


def measure(case: Case) -> list[Figure]:
    """All that can be measured for this case."""
    return [figure for make in FIGURES.values() if (figure := make(case)) is not None]
