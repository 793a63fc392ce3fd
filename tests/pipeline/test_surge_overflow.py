"""A surge of services that are too many to be watched one by one is one incident."""

from __future__ import annotations

from pathlib import Path

import pytest
from pipeline_scenes import Project, line, minutes_ago

from logmedic.build import wiring
from logmedic.detect.surge import SurgeWindows


def test_a_surge_beyond_the_limit_of_services_is_one_incident(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "SurgeWindows", lambda rule: SurgeWindows(rule, max_services=1))
    project = Project(tmp_path)
    project.write(line(minutes_ago(2), "boom", service="first"))
    project.scan()
    project.write(*[line(minutes_ago(2), "boom", service=f"svc-{'abcdefghijklmnopqrst'[n]}") for n in range(20)])
    project.scan()

    surges = {title: i.count for title, i in project.incidents().items() if title.startswith("Error-rate surge")}
    assert surges == {"Error-rate surge in services beyond the limit": 10}
