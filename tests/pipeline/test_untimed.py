"""Lines whose time is not their own are proof like any other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pipeline_scenes import Project, line, minutes_ago


@pytest.mark.parametrize(
    "text", [json.dumps({"level": "ERROR", "message": "boom"}), line(minutes_ago(-600), "boom")], ids=["none", "ahead"]
)
def test_what_a_line_without_a_usable_time_proves_is_not_dropped(tmp_path: Path, text: str) -> None:
    project = Project(tmp_path)
    project.write(text)
    project.scan()
    diagnosis = project.incident("boom").diagnosis

    assert diagnosis is not None
    assert not diagnosis.dropped
    assert "log" in {item.kind for item in diagnosis.evidence}
