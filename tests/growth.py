"""How the work grows with the input, for tests that must not depend on how fast or how busy the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Input = TypeVar("Input")

TOO_LITTLE = 0.01  # seconds of CPU time; below them nothing grows that anybody would notice
TRIES = 8
ENOUGH = 20.0  # seconds, after which more tries would tell nothing new


def assert_in_proportion(
    work: Callable[[Input], object],
    make: Callable[[int], Input],
    size: int,
    *,
    times: int = 4,
    most: float = 10.0,
    clock: Callable[[], float] = time.thread_time,
) -> None:
    """``work(make(times * size))`` takes less than ``most`` times as long as ``work(make(size))``.

    With the usual 4 and 10: linear work takes 4 times as long, quadratic work 16 times. Whatever else the machine does
    only adds to a measurement, so the shortest of several counts, and the first tries that fit are enough. ``work``
    must do all of it anew each time: what it remembers would look like no work at all. ``clock`` measures CPU seconds;
    ``time.process_time`` where ``work`` has threads of its own.
    """

    def seconds(given: Input) -> float:
        began = clock()
        work(given)
        return clock() - began

    little, much = make(size), make(times * size)
    short = long = float("inf")
    spent = 0.0
    for _ in range(TRIES):
        long = min(long, seconds(much))
        if long < TOO_LITTLE:
            return
        short = min(short, seconds(little))
        if long < most * short + TOO_LITTLE:
            return
        spent += long + short
        if spent > ENOUGH:
            break
    raise AssertionError(f"{times} times the input took {long / short:.1f} times as long: {short:.3f} s, {long:.3f} s")
