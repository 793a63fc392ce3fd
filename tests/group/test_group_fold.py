"""A batch summed up by fingerprint."""

from __future__ import annotations

import random
import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from logmedic.group.fingerprint import Grouper
from logmedic.group.fold import MINUTE, MOST_MINUTES, Delta, Fold, weight
from logmedic.model import Finding, Grouping, LogRecord, Match, Ref, Sample, Severity


def finding(time: int, rule: str = "level", severity: Severity = Severity.WARNING, raw: bytes = b"x") -> Finding:
    record = LogRecord(ref=Ref("s", "t", time), time=time, service="shop", error_code="DB_GONE", raw=raw)
    return Finding(record, (Match(rule, "why", severity),))


def grouping(name: str = "v1:1") -> Grouping:
    return Grouping(name, "title", "culprit")


def summary(delta: Delta) -> tuple:
    return (delta.fingerprint, delta.count, delta.first, delta.last, delta.minutes, delta.rules, delta.severity)


def test_a_delta_sums_up_every_occurrence() -> None:
    fold = Fold()
    for time in (3 * MINUTE, MINUTE, MINUTE + 5, 2 * MINUTE):
        assert fold.add(finding(time), grouping())
    fold.add(finding(2 * MINUTE, "codes", Severity.CRITICAL), grouping())

    [delta] = fold.drain()

    assert summary(delta) == (
        "v1:1", 5, MINUTE, 3 * MINUTE, {1: 2, 2: 2, 3: 1}, ("codes", "level"), Severity.CRITICAL,
    )  # fmt: skip
    assert (delta.service, delta.error_code, delta.title, delta.culprit) == ("shop", "DB_GONE", "title", "culprit")


def test_of_many_samples_the_first_two_and_the_last_three_are_kept() -> None:
    fold = Fold()
    for time in range(10):
        fold.add(finding(time), grouping())

    assert [s.record.time for s in fold.drain()[0].samples] == [0, 1, 7, 8, 9]


@given(
    st.lists(st.tuples(st.sampled_from(["v1:a", "v1:b"]), st.integers(0, 10**12), st.sampled_from(Severity))),
    st.randoms(),
)
def test_the_sums_do_not_depend_on_the_order(arrivals, shuffle: random.Random) -> None:
    def run(order) -> list[tuple]:
        fold = Fold()
        for name, time, severity in order:
            fold.add(finding(time, severity=severity), grouping(name))
        return [summary(d) for d in fold.drain()]

    mixed = list(arrivals)
    shuffle.shuffle(mixed)

    assert run(arrivals) == run(mixed)
    assert sum(s[1] for s in run(arrivals)) == len(arrivals)


def test_the_histogram_is_bounded_and_loses_no_count() -> None:
    fold = Fold()
    minutes = list(range(MOST_MINUTES * 2))
    random.Random(7).shuffle(minutes)
    for minute in minutes:
        fold.add(finding(minute * MINUTE), grouping())

    [delta] = fold.drain()

    assert len(delta.minutes) == MOST_MINUTES
    assert sum(delta.minutes.values()) == len(minutes)
    assert max(delta.minutes) == max(minutes)


def test_when_full_it_takes_what_it_knows_and_refuses_what_is_new() -> None:
    fold = Fold(max_entries=2)

    assert [fold.add(finding(0), grouping(n)) for n in ("v1:b", "v1:a", "v1:c", "v1:a")] == [True, True, False, True]
    assert fold.full
    assert [d.fingerprint for d in fold.drain()] == ["v1:a", "v1:b"]
    assert not fold.full
    assert len(fold) == 0


def test_long_histograms_fill_it_too() -> None:
    fold = Fold(max_bytes=100_000)
    for minute in range(1_000):
        fold.add(finding(minute * MINUTE), grouping())

    assert fold.full


def test_large_samples_fill_it_too() -> None:
    fold = Fold(max_bytes=1 << 20)
    fold.add(finding(0, raw=b"x" * (1 << 20)), grouping())

    assert fold.full


def test_a_storm_of_distinct_errors_stays_below_64_mb() -> None:
    """The first 12,000 of a million: memory does not grow after the first drain, which the fold asks for itself."""
    letters = "abcdefghijklmnop"
    grouper, fold, drains = Grouper(), Fold(), 0
    tracemalloc.start()
    for i in range(12_000):
        word = "".join(letters[(i >> shift) & 15] for shift in range(0, 20, 4))
        record = LogRecord(ref=Ref("s", "t", i), time=i, message=f"no {word} here", raw=b"x" * 300)
        if not fold.add(Finding(record, ()), grouper(record)):
            drains += 1
            fold.drain()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert drains >= 2
    assert peak < 64 << 20


def test_a_sample_weighs_what_its_fields_take_in_memory() -> None:
    fields = {"numbers": [1.5] * 10_000, "text": "x" * 5_000}
    record = LogRecord(ref=Ref("s", "t", 0), time=0, fields=fields)
    sample = Sample(record, Grouping("v1:0", "", ""), ())
    assert weight(sample) > 10_000 * 32 + 5_000
