"""The windows of the surge rule: by event time, in any order, bounded, restorable."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logmedic.detect import RuleConfig, SurgeRule, SurgeWindows
from logmedic.detect.surge import OVERFLOW
from logmedic.errors import StoreError
from logmedic.model import NANOSECONDS as S
from logmedic.model import Severity

T = 1_795_341_600 * S


def windows(more_than: int = 10, within_s: int = 300, late_s: int = 900, **limits) -> SurgeWindows:
    config = RuleConfig(name="surge", kind="surge", more_than=more_than, within_s=within_s, late_s=late_s)
    return SurgeWindows(SurgeRule.build(config), **limits)


def test_the_eleventh_error_in_five_minutes_is_a_surge():
    surge = windows()
    assert [surge.judge("shop", T + i * S) for i in range(10)] == [None] * 10
    match = surge.judge("shop", T + 10 * S)
    assert match is not None
    assert (match.rule, match.severity) == ("surge", Severity.CRITICAL)
    assert match.reason == "11 errors of shop in 5 minutes, more than 10"


def test_eleven_errors_in_more_than_five_minutes_are_none():
    surge = windows()
    assert [surge.judge("shop", T + i * 30 * S) for i in range(11)] == [None] * 11
    assert surge.judge("shop", T + 10 * 30 * S - 1) is not None


def test_services_are_counted_apart():
    surge = windows()
    assert not any(surge.judge(f"s{i % 2}", T + i) for i in range(20))


def test_a_late_error_completes_a_window_in_the_past():
    surge = windows()
    for i in range(10):
        surge.judge("shop", T + i * S)
    surge.judge("shop", T + 800 * S)
    assert surge.judge("shop", T + 5 * S) is not None
    assert surge.judge("shop", T + 801 * S) is None


def test_an_error_of_a_forgotten_window_is_not_counted():
    surge = windows(late_s=0)
    for i in range(5):
        surge.judge("shop", T + i * 300 * S)
    assert not any(surge.judge("shop", T - 3000 * S + i) for i in range(20))


def test_one_clock_that_runs_ahead_does_not_silence_the_others():
    surge = windows()
    surge.judge("shop", T + 86_400 * S)
    found = [surge.judge("shop", T + i * S) for i in range(11)]
    assert found[-1] is not None


def test_a_storm_is_remembered_in_bounded_memory_and_counted_at_least():
    surge = windows()
    for i in range(5_000):
        match = surge.judge("shop", T + i * S // 100)
    assert match is not None
    assert match.reason.startswith("at least 2")
    assert len(surge.state()) < 2_000


def test_invented_services_share_one_window_and_quiet_ones_make_room():
    surge = windows(max_services=3)
    found = [surge.judge(f"s{i}", T + i) for i in range(20)]
    assert found[-1] is not None
    assert found[-1].reason == "17 errors of services beyond the limit in 5 minutes, more than 10"
    assert surge.judge("late", T + 86_400 * S) is None
    assert OVERFLOW.encode() not in surge.state()


@settings(max_examples=200)
@given(
    times=st.lists(st.integers(0, 40), max_size=60),
    more_than=st.integers(1, 4),
    within=st.integers(1, 12),
    cut=st.integers(0, 60),
)
def test_the_bounded_windows_answer_as_if_nothing_were_forgotten(times, more_than, within, cut):
    surge = windows(more_than, within, late_s=60)
    seen = []
    for number, second in enumerate(times):
        time = T + second * S
        seen.append(time)
        densest = max(
            sum(begin <= t < begin + within * S for t in seen) for begin in seen if begin <= time < begin + within * S
        )
        if number == cut:
            stored, surge = surge.state(), windows(more_than, within, late_s=60)
            surge.restore(stored)
        assert (surge.judge("shop", time) is not None) == (densest > more_than)


def test_a_copy_is_judged_without_touching_the_original():
    surge = windows()
    for i in range(10):
        surge.judge("shop", T + i)
    before = surge.state()
    trial = surge.copy()
    assert trial.judge("shop", T) is not None
    assert surge.state() == before
    assert surge.judge("shop", T) is not None


def test_a_changed_window_still_reads_the_stored_times():
    surge = windows(within_s=300)
    for i in range(10):
        surge.judge("shop", T + i)
    other = windows(within_s=60)
    other.restore(surge.state())
    assert other.judge("shop", T) is not None


@pytest.mark.parametrize(
    "state",
    [b"\x00\x00", b"[]", b'{"version":1,"services":{"a":{"1":{"times":["x"]}}}}', b'{"version":9,"services":{}}'],
)
def test_a_state_that_cannot_be_read_is_refused_and_changes_nothing(state):
    surge = windows()
    surge.judge("shop", T)
    before = surge.state()
    with pytest.raises(StoreError, match="the stored windows of rule `surge`"):
        surge.restore(state)
    assert surge.state() == before
    surge.restore(b"")
    assert surge.state() == windows().state()
