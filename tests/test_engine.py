"""Work that is handed over in a transaction is done, once, whatever dies in between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from logmedic.engine import DurableEngine, InlineEngine, Next, Step, after_failure
from logmedic.store.database import open_database

SOURCE = Path(__file__).resolve().parents[1] / "src"
FINGERPRINT = "v1:0123456789abcdef"

# Hands over one incident, then does three steps; "pause" is between two of them.
DRIVER = """
import sys, time
from pathlib import Path
from logmedic.engine import DurableEngine
from logmedic.store.database import open_database

folder, url, enqueue, patient = Path(sys.argv[1]), sys.argv[2], sys.argv[3] == "enqueue", sys.argv[4] == "pause"

def note(word):
    with (folder / "steps").open("a") as file:
        file.write(word + "\\n")

def handler(incident_id, generation, step):
    step("one", lambda: note(f"one {incident_id} {generation}"))
    if patient:
        (folder / "between").touch()
        time.sleep(60)
    step("two", lambda: note("two"))
    step("three", lambda: note("three"))

database = open_database(url)
engine = DurableEngine(database, poll_seconds=0.05)
engine.prepare()
if enqueue:
    with database.begin() as connection:
        engine.enqueue(connection, 7, "v1:0123456789abcdef", 2)
engine.open(handler)
while engine.busy(time.time_ns()):
    time.sleep(0.05)
engine.close(5.0)
"""


def start(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(folder), *arguments], env={**os.environ, "PYTHONPATH": str(SOURCE)}
    )


def wait_for(condition: Callable[[], object], seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture
def database(state_url: str) -> Iterator[sa.Engine]:
    engine = open_database(state_url)
    yield engine
    engine.dispose()


@contextmanager
def opened(database: sa.Engine, handler: Callable[[int, int, Step], float | None]) -> Iterator[DurableEngine]:
    engine = DurableEngine(database, poll_seconds=0.05)
    engine.open(handler)
    try:
        yield engine
    finally:
        engine.close(5.0)


def workflows(database: sa.Engine) -> str:
    """The table of the engine's, which has a schema of its own where there are schemas."""
    return "workflow_status" if database.dialect.name == "sqlite" else "dbos.workflow_status"


def hand_over(engine: DurableEngine, database: sa.Engine, generation: int = 1) -> None:
    with database.begin() as connection:
        engine.enqueue(connection, 1, FINGERPRINT, generation)


def idle(engine: DurableEngine) -> bool:
    return not engine.busy(time.time_ns())


def test_work_that_was_killed_between_two_steps_goes_on_behind_the_last_one(tmp_path: Path, state_url: str) -> None:
    first = start(tmp_path, state_url, "enqueue", "pause")
    wait_for((tmp_path / "between").exists)
    first.kill()
    assert first.wait() == -signal.SIGKILL
    assert (tmp_path / "steps").read_text("utf-8").split("\n") == ["one 7 2", ""]
    assert start(tmp_path, state_url, "again", "through").wait(100) == 0
    assert (tmp_path / "steps").read_text("utf-8").split("\n") == ["one 7 2", "two", "three", ""]
    assert start(tmp_path, state_url, "again", "through").wait(100) == 0
    assert (tmp_path / "steps").read_text("utf-8").count("\n") == 3, "what has ended does not run again"


def test_work_exists_only_if_its_transaction_does_and_runs_once_however_often_it_is_handed_over(
    database: sa.Engine,
) -> None:
    ran = []
    with opened(database, lambda incident, generation, step: ran.append((incident, generation))) as engine:
        with database.connect() as connection:
            engine.enqueue(connection, 9, "v1:ffffffffffffffff", 1)
            connection.rollback()
        hand_over(engine, database)
        hand_over(engine, database)
        hand_over(engine, database, generation=2)
        wait_for(lambda: idle(engine))
    assert sorted(ran) == [(1, 1), (1, 2)]


def test_what_is_put_off_comes_back_and_does_not_count_as_busy_until_it_is_due(database: sa.Engine) -> None:
    waits = [2.5, None]
    ran: list[float] = []

    def handler(incident_id: int, generation: int, step: Step) -> float | None:
        ran.append(time.monotonic())
        return waits[len(ran) - 1]

    with opened(database, handler) as engine:
        hand_over(engine, database)
        wait_for(lambda: idle(engine))
        assert len(ran) == 1
        assert engine.busy(time.time_ns() + 3_000_000_000)
        wait_for(lambda: len(ran) == 2)
        wait_for(lambda: idle(engine))
        assert not engine.busy(time.time_ns() + 3_600_000_000_000), "nothing is left"
    assert ran[1] - ran[0] >= 2.4


HOUR = 3_600_000_000_000


class Burning:
    """A handler that fails, and counts how often."""

    def __init__(self) -> None:
        self.ran = 0

    def __call__(self, incident_id: int, generation: int, step: Step) -> None:
        self.ran += 1
        raise LookupError("the disk is on fire")


def test_work_that_falls_due_between_two_looks_counts_as_busy(
    database: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scan that took it for idle would end, and leave an alert to the next one."""
    engine = DurableEngine(database, poll_seconds=0.05)
    engine.prepare()
    hand_over(engine, database)
    now = time.time_ns()
    status = sa.text(f"UPDATE {workflows(database)} SET status = :status, delay_until_epoch_ms = :due")
    with database.begin() as connection:
        connection.execute(status, {"status": "DELAYED", "due": now // 1_000_000})
    look = engine._client.list_workflows  # type: ignore[union-attr]

    def look_and_move(*args: object, **kwargs: object) -> object:
        found = look(*args, **kwargs)  # type: ignore[arg-type]
        with database.begin() as connection:
            connection.execute(status, {"status": "ENQUEUED", "due": now // 1_000_000})
        return found

    monkeypatch.setattr(engine._client, "list_workflows", look_and_move)
    try:
        assert engine.busy(now)
    finally:
        engine.close(0.0)


def test_work_that_failed_is_tried_again_for_three_days_and_then_handed_back(database: sa.Engine) -> None:
    handler, left, now = Burning(), [(1, FINGERPRINT, 1)], time.time_ns()
    with opened(database, handler) as engine:
        hand_over(engine, database)
        for later in range(3):
            wait_for(lambda: idle(engine))
            assert engine.retry_failed(left, now + later * HOUR) == []
        wait_for(lambda: idle(engine))
        assert handler.ran == 3, "not at once after the first failure, but after an hour each time"
        assert engine.retry_failed(left, now + 71 * HOUR) == []
        wait_for(lambda: idle(engine))
        assert engine.retry_failed(left, now + 73 * HOUR) == [(1, 1)]
        assert engine.retry_failed(left, now + 73 * HOUR, at_once=True) == [(1, 1)]
        wait_for(lambda: idle(engine))
        assert handler.ran == 4
        engine.forget(FINGERPRINT, 1)
        assert engine.retry_failed(left, now + 73 * HOUR) == [], "whoever asks for it gets another round"
        wait_for(lambda: handler.ran == 5 and idle(engine))


def test_the_waits_after_a_failure_grow_and_a_restart_waits_for_nothing(database: sa.Engine) -> None:
    def wait_until_tried(attempt: int) -> float:
        return next(s for s in range(0, 10_000, 10) if after_failure(attempt, failing=s, since=s) is Next.TRY)

    assert [wait_until_tried(attempt) for attempt in (0, 1, 2, 3, 4, 50)] == [60, 120, 240, 480, 900, 900]
    handler = Burning()
    with opened(database, handler) as engine:
        hand_over(engine, database)
        wait_for(lambda: handler.ran == 1 and idle(engine))
        engine.retry_failed([(1, FINGERPRINT, 1)], time.time_ns())
        assert idle(engine)
        engine.retry_failed([(1, FINGERPRINT, 1)], time.time_ns(), at_once=True)
        wait_for(lambda: handler.ran == 2)


def test_what_was_put_off_is_due_at_a_restart(database: sa.Engine) -> None:
    ran: list[int] = []

    def handler(incident_id: int, generation: int, step: Step) -> float | None:
        ran.append(generation)
        return 3600.0 if len(ran) == 1 else None

    with opened(database, handler) as engine:
        hand_over(engine, database)
        wait_for(lambda: ran and idle(engine))
        engine.retry_failed([(1, FINGERPRINT, 1)], time.time_ns())
        time.sleep(0.3)
        assert len(ran) == 1
        engine.retry_failed([(1, FINGERPRINT, 1)], time.time_ns(), at_once=True)
        wait_for(lambda: len(ran) == 2)


def test_a_long_outage_leaves_no_long_trail(database: sa.Engine) -> None:
    ran: list[int] = []

    def handler(incident_id: int, generation: int, step: Step) -> float | None:
        ran.append(generation)
        return 0.01 if len(ran) < 16 else None

    with opened(database, handler) as engine:
        hand_over(engine, database)
        hand_over(engine, database, generation=10)  # its id begins with that of the first generation
        wait_for(lambda: len(ran) >= 16 and idle(engine))
    with database.connect() as connection:
        query = f"SELECT COUNT(*) FROM {workflows(database)} WHERE workflow_uuid LIKE 'incident:%'"
        assert connection.execute(sa.text(query)).scalar_one() <= 6


def test_work_that_is_under_way_is_not_tried_a_second_time(database: sa.Engine) -> None:
    ran = []

    def handler(incident_id: int, generation: int, step: Step) -> None:
        ran.append(generation)
        time.sleep(0.5)

    with opened(database, handler) as engine:
        hand_over(engine, database)
        wait_for(lambda: ran)
        engine.retry_failed([(1, FINGERPRINT, 1)], time.time_ns(), at_once=True)
        wait_for(lambda: idle(engine))
    assert ran == [1]


def test_looking_after_a_storm_takes_as_many_questions_as_looking_after_one(database: sa.Engine) -> None:
    """Thousands of incidents wait their turn; whoever supervises them must not be busy with that for minutes."""
    engine = DurableEngine(database, poll_seconds=0.05)
    engine.prepare()

    def questions(count: int) -> int:
        storm = [(number, f"v1:{number:016x}", 1) for number in range(count)]
        with database.begin() as connection:
            for incident_id, fingerprint, generation in storm:
                engine.enqueue(connection, incident_id, fingerprint, generation)
        asked: list[object] = []

        def ask(*_: object) -> None:
            asked.append(None)

        sa.event.listen(database, "before_cursor_execute", ask)
        assert engine.retry_failed(storm, time.time_ns()) == []
        sa.event.remove(database, "before_cursor_execute", ask)
        return len(asked)

    try:
        assert questions(1) == questions(200) <= 5
    finally:
        engine.close(1.0)


def test_the_inline_engine_runs_what_was_committed_and_nothing_else() -> None:
    ran = []
    engine = InlineEngine()
    engine.open(lambda incident_id, generation, step: ran.append(step("x", lambda: (incident_id, generation))))
    with closing(sa.create_engine("sqlite://").connect()) as connection:
        engine.enqueue(connection, 3, FINGERPRINT, 1)
        assert ran == []
        engine.committed()
        engine.committed()
    assert ran == [(3, 1)]


def test_urgent_work_goes_before_what_was_handed_over_earlier(database: sa.Engine) -> None:
    ran: list[int] = []
    engine = DurableEngine(database, workers=1, poll_seconds=0.02)
    engine.prepare()
    with database.begin() as connection:
        for number in range(6):
            engine.enqueue(connection, number, f"v1:{number:016x}", 1, urgent=number == 5)
    engine.open(lambda incident_id, _generation, _step: ran.append(incident_id))
    try:
        wait_for(lambda: len(ran) == 6)
    finally:
        engine.close(5.0)
    assert ran[0] == 5
    assert sorted(ran) == list(range(6))


def test_urgent_work_that_was_put_off_is_still_urgent_when_it_comes_back(database: sa.Engine) -> None:
    ran: list[int] = []

    def handler(incident_id: int, _generation: int, _step: Step) -> float | None:
        ran.append(incident_id)
        time.sleep(0.05)
        return 0.1 if incident_id == 99 and ran.count(99) == 1 else None

    engine = DurableEngine(database, workers=1, poll_seconds=0.02)
    engine.prepare()
    with database.begin() as connection:
        for number in (*range(30), 99):
            engine.enqueue(connection, number, f"v1:{number:016x}", 1, urgent=number == 99)
    engine.open(handler)
    try:
        wait_for(lambda: len(ran) == 32)
    finally:
        engine.close(5.0)
    assert ran[0] == 99
    assert ran[-1] != 99, "it did not go to the end of the queue"


def test_work_that_succeeded_long_ago_is_forgotten_and_what_failed_or_waits_is_not(database: sa.Engine) -> None:
    def handler(incident_id: int, generation: int, step: Step) -> None:
        if generation == 2:
            raise ValueError("unforeseen")

    with opened(database, handler) as engine:
        for generation in (1, 2):
            hand_over(engine, database, generation)
        wait_for(lambda: idle(engine))
        assert engine.sweep(time.time_ns() - 3_600 * 10**9) == 0
        assert engine.sweep(time.time_ns() + 10**9) == 1
        assert engine.sweep(time.time_ns() + 10**9) == 0
        with database.connect() as connection:
            kept = connection.execute(sa.text(f"SELECT workflow_uuid FROM {workflows(database)}")).scalars().all()
    assert kept
    assert all(name.startswith(f"incident:{FINGERPRINT}:2") for name in kept)
