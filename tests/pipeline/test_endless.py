"""A process that is never restarted holds no more after a year than after a week: entries are counted, not bytes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from pipeline_scenes import Project, line

from logmedic import build
from logmedic.cli.serve import Printer
from logmedic.collect.file import FileSource, FileSourceConfig
from logmedic.model import Incident, Outcome, Result, Severity, State, Substate
from logmedic.pipeline.reading import Tally
from logmedic.testing.doors import FakeClock

DAY = 86_400
DAYS = 40


def test_a_log_that_is_rotated_daily_leaves_a_handful_of_positions(tmp_path: Path) -> None:
    project = Project(tmp_path)
    clock = FakeClock()
    source = FileSource("app", FileSourceConfig(paths=[str(project.log)]), clock)
    with build.runtime(project.loaded, sources=[source]) as runtime:
        (reader,) = runtime.readers
        reader.resume()
        for day in range(DAYS):
            project.write(line(datetime.now(UTC), f"order placed on day {day}", level="INFO"))
            reader.take_in(Tally(()))
            project.log.rename(tmp_path / "app.log.1")
            project.log.touch()
            for _ in range(3):
                clock.advance(DAY / 3)
                reader.take_in(Tally(()))
        assert 0 < len(reader._expected) <= 10
        assert len(runtime.store.positions("app")) <= 10
        assert [total.lines for total in runtime.store.totals()] == [DAYS]


def test_what_was_put_off_and_then_failed_is_not_waited_for(capsys) -> None:
    printer = Printer(as_json=False, language="en")
    for number in range(50):
        incident = Incident(
            id=number, fingerprint=f"v1:{number}", title="boom", culprit="", reason="new", service="shop",
            error_code=None, state=State.OPEN, substate=Substate.NEW, severity=Severity.WARNING,
            floor=Severity.WARNING, first_seen=0, last_seen=0, count=1, generation=1,
        )  # fmt: skip
        printer.delivered(incident, "discord", Outcome(Result.DEFERRED, "busy"), 5.0)
        printer.delivered(incident, "discord", Outcome(Result.FAILED, "gone"), None)
    assert not printer._late
