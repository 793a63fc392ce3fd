"""Draft pull requests through the real gh, on a GitHub that executes GitHub's own schema."""

from __future__ import annotations

import pytest

from logmedic.doors import SystemShell
from logmedic.errors import DeliveryError
from logmedic.respond.github.config import GithubConfig
from logmedic.respond.github.gh import Gh
from logmedic.respond.github.issues import Issues
from logmedic.respond.github.pulls import Pulls
from logmedic.testing.doors import FakeClock
from logmedic.testing.github import Fault

BRANCH = "logmedic/fix-0123456789abcdef"
BASE, HEAD = "1" * 40, "2" * 40


@pytest.fixture
def pulls(github, gh):
    github.repository.branches = lambda: {"main": BASE, BRANCH: HEAD}
    config = GithubConfig(repo="acme/shop", program=gh, config_dir=str(github.config_dir))
    talking = Gh(config, token=github.token, shell=SystemShell(), clock=FakeClock())
    return Pulls(config, talking, Issues(config, talking))


def offer(pulls):
    return pulls.offer(BRANCH, title="A fix", body="It works.", base=None, labels=["logmedic", "automated-fix"])


def test_a_draft_with_labels_is_opened_once_and_found_again(github, pulls):
    assert pulls.find(BRANCH) is None
    made = offer(pulls)
    (pull,) = github.repository.pulls
    assert (pull.draft, pull.base, pull.head, pull.labels) == (True, "main", BRANCH, ["logmedic", "automated-fix"])
    assert (made.number, made.state, made.head, made.draft) == (1, "OPEN", HEAD, True)
    assert made.url == "https://github.com/acme/shop/pull/1"
    assert pulls.find(BRANCH) == made


def test_a_pull_request_of_a_fork_with_the_same_branch_is_not_ours(github, pulls):
    github.repository.offer("x", "y", head=BRANCH, base="main", draft=False).fork = True
    assert pulls.find(BRANCH) is None


def test_one_that_was_opened_though_gh_failed_is_read_back(github, pulls):
    github.faults.append(Fault("createPullRequest", drop_answer=True))
    assert offer(pulls).number == 1
    assert len(github.repository.pulls) == 1


def test_a_refusal_is_told_in_one_line(github, pulls):
    github.repository.branches = lambda: {"main": BASE}
    with pytest.raises(DeliveryError, match=r"^github: gh: .*Head"):
        offer(pulls)


def test_reviewers_whom_github_does_not_take_are_left_out(github, pulls):
    github.repository.people += ["ada"]
    made = offer(pulls)
    assert pulls.ask_reviewers(made.number, ["ada", "nobody", "medic"]) == ["nobody", "medic"]
    assert github.repository.pulls[0].reviewers == ["ada"]


def test_what_became_of_several_is_asked_at_once(github, pulls):
    made = offer(pulls)
    github.repository.end(made.number, "MERGED")
    before = len(github.requests)
    found = pulls.look([made.number, 77])
    assert set(found) == {made.number}
    assert (found[made.number].state, bool(found[made.number].ended)) == ("MERGED", True)
    assert len(github.requests) == before + 1
