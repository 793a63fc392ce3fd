"""The measure that other tests rely on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from growth import assert_in_proportion


def measured(cost: Callable[[int], float], noise: Iterator[float]) -> None:
    """Measures a work that costs so many seconds, on a machine that adds some."""
    spent = 0.0

    def work(size: int) -> None:
        nonlocal spent
        spent += cost(size) + next(noise)

    assert_in_proportion(work, lambda size: size, 100, clock=lambda: spent)


def test_four_times_the_work_is_in_proportion_and_sixteen_times_is_not() -> None:
    measured(lambda size: size / 1_000, iter([0.0] * 99))
    with pytest.raises(AssertionError, match=r"took 16\.0 times as long: 0\.100 s, 1\.600 s"):
        measured(lambda size: size**2 / 100_000, iter([0.0] * 99))


def test_what_the_machine_adds_now_and_then_is_no_growth() -> None:
    measured(lambda size: size / 1_000, iter([5.0, 0.0, 3.0, 0.5, 0.0, 0.0]))


def test_work_that_is_hardly_measurable_is_not_judged() -> None:
    measured(lambda size: size**2 / 1e8, iter([0.0] * 99))
