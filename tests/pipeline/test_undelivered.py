"""A scan that could not tell people says so."""

from __future__ import annotations

from pathlib import Path

from pipeline_scenes import Project, line, minutes_ago

UNWRITABLE = '\n[[channels]]\nkind = "jsonl"\nname = "gone"\npath = "/nonexistent/told.jsonl"\n'
CRITICAL = '\n[[rules]]\nname = "error-level"\nkind = "level"\nseverity = "critical"\n'
UNREACHABLE = """
[[channels]]
kind = "discord"
name = "team"
webhook = { file = "webhook" }

[retry]
tries = 1
"""


def test_an_alert_that_failed_is_named_and_fails_the_scan(tmp_path: Path) -> None:
    project = Project(tmp_path, UNWRITABLE)
    project.write(line(minutes_ago(2), "boom"), line(minutes_ago(2), "crash"))
    done = project.run("scan", "--json")

    assert done.returncode == 1
    (told,) = [text for text in done.stderr.decode().splitlines() if "gone" in text]
    assert told.startswith("logmedic: 2 alerts did not reach gone: ")
    assert "No such file" in told
    assert project.run("scan", "--json").returncode == 0, "it is said once, not by each scan that follows"


def test_an_alert_that_was_put_off_says_when_it_is_tried_again(tmp_path: Path) -> None:
    project = Project(tmp_path, CRITICAL + UNREACHABLE)
    (tmp_path / "webhook").write_text("http://127.0.0.1:9/api/webhooks/1400000000000000000/" + "a" * 60)
    project.write(line(minutes_ago(2), "boom"))
    for _ in range(2):
        done = project.run("scan", "--json")
        told = done.stderr.decode()
        assert done.returncode == 0, told
        assert "1 alert did not reach team yet: " in told
        assert "tried again by the first scan after 20" in told
