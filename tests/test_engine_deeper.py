"""The second lane: it begins after the first has told people, and whatever waits in it holds nobody up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from logmedic.engine import DurableEngine, InlineEngine, Step
from logmedic.store.database import open_database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_database(f"sqlite:///{tmp_path / 'state.db'}")
    yield engine
    engine.dispose()


def wait_for(condition: Callable[[], object], seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)


def hand_over(engine: DurableEngine, database: sa.Engine, numbers: range) -> None:
    with database.begin() as connection:
        for n in numbers:
            engine.enqueue(connection, n, f"v1:{n:016x}", 1)


def test_the_deeper_lane_runs_once_after_the_first_and_holds_nobody_up(database: sa.Engine) -> None:
    done: list[tuple[str, int]] = []
    release = threading.Event()

    def first(incident_id: int, generation: int, step: Step) -> float | None:
        step("tell", lambda: done.append(("told", incident_id)))
        return None

    def deeper(incident_id: int, generation: int, step: Step) -> float | None:
        release.wait(60.0)
        step("ask", lambda: done.append(("asked", incident_id)))
        return None

    engine = DurableEngine(database, poll_seconds=0.05)
    engine.open(first, deeper)
    try:
        hand_over(engine, database, range(8))
        wait_for(lambda: len(done) == 8)
        assert {word for word, _ in done} == {"told"}, "all were told while the deeper lane held on to its workers"
        assert engine.busy(time.time_ns())
        release.set()
        wait_for(lambda: len(done) == 16)
        wait_for(lambda: not engine.busy(time.time_ns()))
    finally:
        release.set()
        engine.close(5.0)
    assert sorted(n for word, n in done if word == "asked") == list(range(8))


def test_what_was_left_in_a_lane_that_is_not_used_any_more_does_not_keep_the_engine_busy(database: sa.Engine) -> None:
    begun = threading.Event()

    def patient(incident_id: int, generation: int, step: Step) -> float | None:
        begun.set()
        return None

    def hang(incident_id: int, generation: int, step: Step) -> float | None:
        time.sleep(0.2)
        return None

    engine = DurableEngine(database, poll_seconds=0.05)
    engine.open(patient, hang)
    hand_over(engine, database, range(5))
    assert begun.wait(60.0)
    engine.close(0.0)
    later = DurableEngine(database, poll_seconds=0.05)
    later.open(patient)
    try:
        wait_for(lambda: not later.busy(time.time_ns()))
    finally:
        later.close(5.0)


def test_the_inline_engine_runs_both_at_once_in_order(database: sa.Engine) -> None:
    seen: list[str] = []

    def handler(word: str) -> Callable[[int, int, Step], None]:
        return lambda incident_id, generation, step: seen.append(word)

    engine = InlineEngine()
    engine.open(handler("first"), handler("deeper"))
    with database.begin() as connection:
        engine.enqueue(connection, 1, "v1:1", 1)
    engine.committed()
    assert seen == ["first", "deeper"]
