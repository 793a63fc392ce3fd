"""A fix that is killed goes on where it was: one branch, one pull request, one comment, whatever died when."""

from __future__ import annotations

from fix_scenes import GOOD

POINTS = ("tree", "in:attempt", "attempt 1", "in:push", "push", "in:offer", "offer", "in:say", "tell")


def test_killed_at_every_step_it_makes_one_branch_and_one_pull_request(offering, github):
    project = offering(GOOD)
    for point in POINTS:
        project.killed(point, "fix", "1")
        assert len(github.repository.pulls) <= 1
        assert len(project.branches) <= 2
    done = project.json("fix", "1")
    assert done["state"] == "offered"
    assert [pull.head for pull in github.repository.pulls] == [done["branch"]]
    assert set(project.branches) == {"main", done["branch"]}
    assert len(github.repository.issues[0].comments) == 1
    assert len(done["attempts"]) == 1
    assert not any((project.folder / ".logmedic/fix/trees").iterdir())
