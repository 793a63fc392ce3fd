"""``logmedic fix`` with the real Claude Code, in the real sandbox, against a scripted model on loopback."""

from __future__ import annotations

from fix_scenes import GOOD, git


def test_a_good_fix_is_proved_and_a_rehearsal_pushes_nothing(shop):
    project = shop(GOOD)
    done = project.json("fix", "1", "--dry-run")
    assert (done["state"], done["reason"]) == ("rehearsed", "proved; nothing was pushed")
    assert done["attempts"][0]["files"] == ["shop/cart.py", "tests/test_empty_cart.py"]
    assert "if prices else 0" in done["diff"]
    assert set(project.branches) == {"main"}
    assert done["cost_usd"] > 0


def test_a_good_fix_becomes_one_draft_pull_request_and_the_issue_hears_of_it(offering, github):
    project = offering(GOOD)
    done = project.json("fix", "1")
    (pull,) = github.repository.pulls
    (issue,) = github.repository.issues
    branch = f"logmedic/fix-{done['fix']}"
    assert (done["state"], done["branch"], done["url"]) == ("offered", branch, "https://github.com/acme/shop/pull/2")
    assert (pull.draft, pull.head, pull.base, pull.labels) == (True, branch, "main", ["logmedic", "automated-fix"])
    assert pull.title == "[logmedic] Fix for incident 1: shop"
    assert f"Issue: #{issue.number}" in pull.body
    assert "test_empty_cart.py" in pull.body
    assert "What was not checked" in pull.body
    assert not any(word in pull.body.lower() for word in ("closes #", "fixes #", "resolves #", "fix #"))
    assert "IGNORE ALL RULES" not in pull.body
    assert [done["url"] in comment.body for comment in issue.comments] == [True]
    shown = git(project.folder / "far.git", "show", "--stat", "--format=%an <%ae> %s%n%b", branch)
    assert shown.startswith("logmedic <logmedic@localhost> Fix the cause of logmedic incident 1")
    again, _ = project.run("fix", "1", code=1)
    assert again == "no fix: pull request 2 is open\n"
