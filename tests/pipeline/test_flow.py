"""From lines to people, end to end: real log, real SQLite, real engine, a strict Discord on loopback."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from pipeline_scenes import Project, every, line, minutes_ago

from logmedic import build
from logmedic.errors import StalePositionError, StoreError
from logmedic.model import State
from logmedic.pipeline.reading import Tally
from logmedic.pipeline.running import Runtime
from logmedic.respond import retry
from logmedic.store.database import open_database
from logmedic.store.store import Store
from logmedic.testing.discord import FakeDiscord, Fault

CRITICAL = '\n[[rules]]\nname = "error-level"\nkind = "level"\nseverity = "critical"\n'
NO_SURGE = '\n[[rules]]\nname = "surge"\nkind = "surge"\nenabled = false\n'


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@contextmanager
def running(project: Project) -> Iterator[Runtime]:
    with build.runtime(project.loaded, poll_seconds=0.05) as runtime:
        yield runtime


def scan(runtime: Runtime) -> None:
    runtime.scan(deadline=60.0)


def wait_for(condition: Callable[[], object], seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)


def failures(moment: datetime, count: int = 1, message: str = "stock is negative") -> list[str]:
    return [line(moment + timedelta(milliseconds=n), message) for n in range(count)]


def test_an_incident_is_new_then_counted_then_raised_again_then_regressed_then_left_alone(project: Project) -> None:
    seen = []

    def step(minutes: float, count: int, state: State | None = None) -> None:
        if state is not None:
            runtime.store.set_state(1, state, now=time.time_ns(), actor="tester", reason="by hand")
        project.write(*failures(minutes_ago(minutes), count))
        scan(runtime)
        (incident,) = runtime.store.list_incidents()
        seen.append((incident.count, incident.generation, incident.substate.value, incident.state.value))

    with running(project) as runtime:
        step(120, 3)
        step(118, 2)  # within the window of five minutes
        step(110, 1)
        step(50, 1, State.RESOLVED)
        step(20, 4, State.IGNORED)
    assert seen == [
        (3, 1, "new", "open"),
        (5, 1, "new", "open"),
        (6, 2, "ongoing", "open"),
        (7, 3, "regressed", "open"),
        (11, 3, "regressed", "ignored"),
    ]
    incident = project.incident("stock")
    assert [m["incident"]["substate"] for m in project.told()] == ["new", "ongoing", "regressed"]
    assert [m["incident"]["generation"] for m in project.told()] == [1, 2, 3]
    events = [entry.event for entry in project.timeline(incident) if entry.event != "diagnosed"]
    assert events == ["new", "ongoing", "resolved", "regressed", "ignored"]
    assert incident.reason.startswith("regressed after resolve, 60 min")


def test_errors_that_are_logged_late_complete_a_surge_that_began_in_an_earlier_scan(project: Project) -> None:
    begin = minutes_ago(60)
    project.write(*[line(t, f"bad row {n}") for n, t in enumerate(every(20, begin, 8))])
    project.scan()
    project.write(*failures(begin + timedelta(minutes=10), 3, "bad row again"))
    project.scan()
    assert not [i for i in project.incidents().values() if "surge" in i.rules], "neither window holds eleven"
    project.write(*[line(t, "late row") for t in every(20, begin + timedelta(seconds=5), 4)])
    project.scan()
    (surge,) = [i for i in project.incidents().values() if "surge" in i.rules]
    assert surge.count == 2, "the eleventh and the twelfth of the first window"
    assert surge.severity.value == "critical"


def test_a_batch_that_the_database_refused_half_way_is_counted_once_when_it_is_read_again(project: Project) -> None:
    start = minutes_ago(30)
    project.write(*[line(t, "first batch") for t in every(1, start, 9)])
    with running(project) as runtime:
        scan(runtime)
        project.write(*[line(t, "second batch") for t in every(1, start + timedelta(seconds=10), 6)])
        with refusing(project, "rule_counts"), pytest.raises(StoreError, match="read again"):
            scan(runtime)
        assert {i.title: i.count for i in runtime.store.list_incidents()} == {"first batch": 9}
        scan(runtime)
        counts = {i.title: i.count for i in runtime.store.list_incidents() if "surge" not in i.rules}
        (surge,) = [i.count for i in runtime.store.list_incidents() if "surge" in i.rules]
        assert [t.lines for t in runtime.store.totals()] == [15]
    assert counts == {"first batch": 9, "second batch": 6}
    assert surge == 5, "errors 11 to 15; windows that had kept the refused batch would say more"


@contextmanager
def refusing(project: Project, table: str) -> Iterator[None]:
    """The database refuses to write a table near the end of the transaction, as on a full disk."""
    with sqlite3.connect(project.folder / ".logmedic" / "state.db") as database:
        database.execute(f"CREATE TRIGGER no BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    database.close()
    yield
    with sqlite3.connect(project.folder / ".logmedic" / "state.db") as database:
        database.execute("DROP TRIGGER no")
    database.close()


def test_lines_that_another_process_has_read_meanwhile_are_not_counted_again(project: Project) -> None:
    project.write(*failures(minutes_ago(30), 2))
    with running(project) as runtime:
        scan(runtime)
        (reader,) = runtime.readers
        project.write(*failures(minutes_ago(29), 3))
        reader.resume()
        assert project.run("scan").returncode == 0
        with pytest.raises(StalePositionError, match="another process"):
            reader.take_in(Tally([]))
        assert [(i.count, i.generation) for i in runtime.store.list_incidents()] == [(5, 1)]
        scan(runtime)
        assert [t.lines for t in runtime.store.totals()] == [5]


@pytest.mark.parametrize("statement", range(1, 26, 2))
def test_a_state_whose_making_was_interrupted_is_made_at_the_next_start(tmp_path: Path, statement: int) -> None:
    left = [statement]

    def interrupt(*_: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt

    url = f"sqlite:///{tmp_path / 'state.db'}"
    sa.event.listen(sa.Engine, "before_cursor_execute", interrupt)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            open_database(url).dispose()
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", interrupt)
    assert left[0] <= 0, "it came to an end before it was interrupted"
    database = open_database(url)
    assert Store(database).list_incidents() == []
    database.dispose()


class TestDiscord:
    @pytest.fixture
    def discord(self) -> Iterator[FakeDiscord]:
        with FakeDiscord() as discord:
            yield discord

    def project(self, folder: Path, discord: FakeDiscord, extra: str = "") -> Project:
        (folder / "webhook").write_text(discord.url, "utf-8")
        channel = '\n[[channels]]\nkind = "discord"\nname = "discord"\nwebhook = { file = "webhook" }\n'
        return Project(folder, channel + "\n[retry]\ntries = 1\n" + NO_SURGE + extra)

    def test_a_warning_is_recorded_but_interrupts_nobody(self, tmp_path: Path, discord: FakeDiscord) -> None:
        project = self.project(tmp_path, discord)
        project.write(*failures(minutes_ago(10), 3))
        project.scan()
        assert len(project.told()) == 1
        assert discord.requests == []

    def test_a_critical_incident_calls_people_once_and_its_repeat_edits_the_same_message(
        self, tmp_path: Path, discord: FakeDiscord
    ) -> None:
        project = self.project(tmp_path, discord, CRITICAL)
        with running(project) as runtime:
            project.write(*failures(minutes_ago(40), 3))
            scan(runtime)
            (message,) = discord.messages
            assert "stock is negative" in message["embeds"][0]["title"]
            assert discord.pings == [("here", message["id"])]
            before = message["embeds"]
            project.write(*failures(minutes_ago(38), 2))
            scan(runtime)
            assert message["edits"] == 0, "within the window nobody hears of it"
            project.write(*failures(minutes_ago(20), 4))
            scan(runtime)
        assert discord.messages == [message]
        assert message["edits"] == 1
        assert message["embeds"] != before
        assert len(discord.pings) == 1
        with project.store() as store:
            receipt = store.receipt(1, "discord")
        assert receipt is not None
        assert receipt["message_id"] == message["id"]
        assert receipt["generation"] == 2

    def test_an_alert_that_discord_could_not_take_arrives_when_it_is_back(
        self, tmp_path: Path, discord: FakeDiscord, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(retry, "FIRST_PAUSE", 0.2)
        monkeypatch.setattr(retry, "DOWN_SECONDS", 0.1)
        project = self.project(tmp_path, discord, CRITICAL)
        discord.faults.extend([Fault.status(503)] * 1_000)
        project.write(*failures(minutes_ago(10), 3))
        with running(project) as runtime:
            scan(runtime)
            assert [e[:3] for e in runtime.store.effects(1)] == [(1, "discord", "deferred"), (1, "jsonl", "sent")]
            discord.faults.clear()
            wait_for(lambda: not runtime.store.unhandled())
            assert [e[:3] for e in runtime.store.effects(1)] == [(1, "discord", "sent"), (1, "jsonl", "sent")]
        assert len(discord.messages) == len(discord.pings) == 1
        assert len(project.told()) == 1, "the channel that had heard it is not told again"

    def test_an_alert_that_was_put_off_arrives_with_a_later_scan(
        self, tmp_path: Path, discord: FakeDiscord, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(retry, "FIRST_PAUSE", 0.2)
        monkeypatch.setattr(retry, "DOWN_SECONDS", 0.1)
        project = self.project(tmp_path, discord, CRITICAL)
        discord.faults.extend([Fault.status(503)] * 1_000)
        project.write(*failures(minutes_ago(10), 3))
        project.scan()
        assert discord.messages == []
        discord.faults.clear()

        def arrives() -> bool:
            project.scan()
            return bool(discord.messages)

        wait_for(arrives)
        project.scan()
        assert len(discord.messages) == 1
