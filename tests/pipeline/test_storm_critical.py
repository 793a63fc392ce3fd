"""A storm of lesser errors does not swallow what is critical; a storm of critical ones is bounded all the same."""

from __future__ import annotations

from pathlib import Path

from pipeline_scenes import Project, line, minutes_ago

CAP = 5
CAPPED = f"\n[window]\nnew_incidents = {CAP}\nnew_incidents_seconds = 3600\n"
NAMES = ["disk", "queue", "lock", "cache", "socket", "mailer", "printer", "scheduler", "uploader", "exporter"]


def errors(level: str) -> list[str]:
    return [line(minutes_ago(5), f"the {name} gave up ({level})", level=level) for name in NAMES]


def test_a_critical_error_in_a_storm_is_an_incident_of_its_own_and_told(tmp_path: Path) -> None:
    project = Project(tmp_path, CAPPED)
    project.write(*errors("ERROR"), line(minutes_ago(4), "the heart stopped", level="FATAL"))
    project.scan()
    assert project.incident("heart").severity == "critical"
    assert project.incident("Storm").count == len(NAMES) - CAP
    assert "the heart stopped" in {told["incident"]["title"] for told in project.told()}


def test_a_critical_error_after_the_storm_in_the_same_window_is_told_too(tmp_path: Path) -> None:
    project = Project(tmp_path, CAPPED)
    project.write(*errors("ERROR"))
    project.scan()
    project.write(line(minutes_ago(4), "the heart stopped", level="FATAL"))
    project.scan()
    assert project.incident("heart").count == 1


def test_critical_errors_have_a_cap_of_their_own_that_lasts_over_scans(tmp_path: Path) -> None:
    project = Project(tmp_path, CAPPED)
    for fatal in errors("FATAL"):
        project.write(fatal)
        project.scan()
    opened = [title for title in project.incidents() if title.startswith("the ")]
    assert len(opened) == CAP
    assert project.incident("Storm").count == len(NAMES) - CAP
