"""What was merged before people heard of it is told by the incident that took it in, not by its own workflow."""

from __future__ import annotations

from pathlib import Path

from pipeline_scenes import Project, line, minutes_ago

from logmedic import build
from logmedic.pipeline.reading import Tally


def test_a_workflow_of_what_was_merged_meanwhile_tells_nobody(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write(line(minutes_ago(3), "apples are sour"), line(minutes_ago(2), "pears are hard"))
    with build.runtime(project.loaded, poll_seconds=0.05) as runtime:
        (reader,) = runtime.readers
        reader.resume()
        reader.take_in(Tally([]))
        apples, pears = sorted(runtime.store.list_incidents(), key=lambda i: i.title)
        with runtime.store.changing(now=runtime.clock.now(), actor="mina") as changes:
            changes.merge(apples.id, pears.id)
        runtime.scan(deadline=60.0)
        assert runtime.store.unhandled() == []
        assert runtime.store.effects(pears.id) == []
        kept = runtime.store.incident(apples.id)
    assert {told["incident"]["fingerprint"] for told in project.told()} == {apples.fingerprint}
    assert kept is not None
    assert kept.count == 2
