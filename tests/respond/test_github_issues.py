"""Issues through the real gh, on a GitHub that executes GitHub's own schema."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import pytest
from respond_samples import COMMIT, diagnosis, incident, notice

from logmedic.doors import SystemHttp
from logmedic.errors import ConfigError, DeliveryError
from logmedic.model import Evidence, Result, Severity, State, Substate
from logmedic.respond.channels import make
from logmedic.respond.github.config import GithubConfig
from logmedic.respond.github.names import marker
from logmedic.respond.interface import Mode, Ticket, told
from logmedic.respond.retry import Patient, RetryConfig
from logmedic.testing.doors import FakeClock
from logmedic.testing.github import Fault
from logmedic.testing.github_store import LOGIN

MARKER = "<!-- logmedic-fp-0123456789abcdef -->"


def again(outcome, of=None, **changes):
    """The next notice to a channel that was told."""
    return notice(of, receipt=outcome.receipt, **changes)


def test_a_new_incident_gets_one_labelled_issue(github, file_issues):
    outcome = file_issues(github).deliver(notice(incident(diagnosis=diagnosis())))
    (issue,) = github.repository.issues
    assert outcome.result is Result.SENT
    assert outcome.reason == "filed issue 1"
    assert issue.title == "[logmedic] Critical: payments DB_POOL_TIMEOUT (incident 12)"
    assert issue.labels == ["logmedic", "severity:critical", "error-code:DB", "service:payments"]
    assert MARKER in issue.body
    assert f"https://github.com/acme/shop/commit/{COMMIT}" in issue.body
    assert told(incident()).items() <= outcome.receipt.items()
    assert outcome.receipt["issue"] == 1
    assert outcome.receipt["url"] == "https://github.com/acme/shop/issues/1"


def test_labels_that_are_there_in_another_case_are_used(github, file_issues):
    github.repository.label("Logmedic")
    github.repository.label("Severity:Critical")
    file_issues(github).deliver(notice())
    assert len(github.repository.issues) == 1
    assert {label.lower() for label in github.repository.labels} == {
        "logmedic", "severity:critical", "error-code:db", "service:payments",
    }  # fmt: skip


def test_later_news_updates_the_same_issue(github, file_issues):
    responder = file_issues(github)
    first = responder.deliver(notice())
    later = incident(count=57, severity=Severity.WARNING, diagnosis=diagnosis("It was the pool"))
    second = responder.deliver(again(first, later, mode=Mode.EDIT))
    (issue,) = github.repository.issues
    assert second.reason == "updated issue 1"
    assert "It was the pool" in issue.body
    assert "severity:warning" in issue.labels
    assert "severity:critical" not in issue.labels
    assert issue.comments == []


def test_what_people_wrote_into_the_body_stays(github, file_issues):
    responder = file_issues(github)
    first = responder.deliver(notice())
    github.repository.issues[0].body += "\nThe pool is Ann's."
    responder.deliver(again(first, incident(count=57), mode=Mode.EDIT))
    assert "The pool is Ann's." in github.repository.issues[0].body


def test_comments_come_at_powers_of_ten(github, file_issues):
    responder = file_issues(github)
    outcome = responder.deliver(notice(incident(count=1)))
    for count in (5, 9, 10, 11, 99, 150, 999, 20_000):
        outcome = responder.deliver(again(outcome, incident(count=count), mode=Mode.EDIT, key=f"k{count}"))
    said = [re.search(r"\*\*(.*)\*\*", comment.body)[1] for comment in github.repository.issues[0].comments]
    assert said == ["It has occurred 10 times", "It has occurred 150 times", "It has occurred 20,000 times"]


def test_comments_come_daily_when_wanted(github, file_issues, clock):
    responder = file_issues(github, comments="daily")
    outcome = responder.deliver(notice(incident(count=1)))
    for hour in range(1, 50):
        clock.advance(3600)
        if hour % 12 == 1:
            outcome = responder.deliver(again(outcome, incident(count=hour), mode=Mode.EDIT, key=f"k{hour}"))
    assert len(github.repository.issues[0].comments) == 2


def test_a_regression_reopens_and_says_so(github, file_issues):
    responder = file_issues(github)
    first = responder.deliver(notice())
    github.repository.close(1)
    back = incident(substate=Substate.REGRESSED, generation=2, reason="regressed after resolve")
    outcome = responder.deliver(again(first, back))
    (issue,) = github.repository.issues
    assert (issue.state, outcome.reason) == ("OPEN", "reopened issue 1")
    assert "It is back after it was resolved" in issue.comments[0].body


def test_an_issue_that_people_closed_stays_closed_while_nothing_came_back(github, file_issues):
    responder = file_issues(github)
    first = responder.deliver(notice())
    github.repository.close(1)
    outcome = responder.deliver(again(first, incident(count=500, substate=Substate.ONGOING), mode=Mode.EDIT))
    assert (github.repository.issues[0].state, outcome.reason) == ("CLOSED", "issue 1 is closed")
    assert github.repository.issues[0].comments == []


def test_a_lost_ledger_finds_the_issue_again_also_a_closed_one(github, file_issues):
    file_issues(github).deliver(notice())
    github.repository.close(1)
    for number in range(2, 150):
        github.repository.open(f"other {number}")
    outcome = file_issues(github).deliver(notice())  # too old for the list of the newest: by search
    assert outcome.reason == "reopened issue 1"
    assert len(github.repository.issues) == 149


def test_a_copy_of_the_marker_by_a_stranger_is_not_taken_for_ours(github, file_issues):
    github.repository.open("me too", f"same here {MARKER}", author="stranger")
    outcome = file_issues(github).deliver(notice())
    assert outcome.receipt["issue"] == 2


def test_a_deleted_issue_gets_a_successor(github, file_issues):
    first = file_issues(github).deliver(notice())
    github.repository.issues[0].number = 70
    github.repository.issues[0].body = "moved"
    outcome = file_issues(github).deliver(again(first, incident(count=40), mode=Mode.EDIT))
    assert outcome.reason == "filed issue 2"


@pytest.mark.parametrize("lag", [0.0, 3600.0])
def test_a_crash_between_filing_and_noting_it_makes_no_second_issue(github, file_issues, lag):
    github.repository.search_lag = lag
    file_issues(github).deliver(notice())  # the process dies before the outcome is stored
    outcome = file_issues(github).deliver(notice())
    assert outcome.receipt["issue"] == 1
    assert len(github.repository.issues) == 1
    assert github.repository.issues[0].comments == []


@pytest.mark.parametrize("lag", [0.0, 3600.0])
def test_an_answer_that_was_lost_makes_no_second_issue(github, file_issues, clock, lag):
    github.repository.search_lag = lag
    github.faults.append(Fault("createIssue", drop_answer=True))
    with pytest.raises(DeliveryError) as caught:
        file_issues(github).deliver(notice())
    assert caught.value.unclear
    outcome = Patient(file_issues(github), clock, RetryConfig())(notice())
    assert outcome.result is Result.SENT
    assert len(github.repository.issues) == 1


def test_a_comment_whose_answer_was_lost_is_made_once(github, file_issues):
    responder = file_issues(github)
    first = responder.deliver(notice(incident(count=1)))
    github.faults.append(Fault("addComment", drop_answer=True))
    more = again(first, incident(count=10), mode=Mode.EDIT, key="k2")
    with pytest.raises(DeliveryError):
        responder.deliver(more)
    responder.deliver(more)
    assert len(github.repository.issues[0].comments) == 1


def test_twenty_workers_at_once_make_one_issue(github, file_issues):
    github.repository.search_lag = 3600.0
    workers = [Patient(file_issues(github), FakeClock(), RetryConfig(tries=50, deadline_s=1e6)) for _ in range(20)]
    outcomes = []
    threads = [threading.Thread(target=lambda w=worker: outcomes.append(w(notice()))) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(github.repository.issues) == 1
    assert {outcome.receipt.get("issue") for outcome in outcomes} == {1}


def test_processes_with_ledgers_of_their_own_make_one_issue_between_them(github, gh, tmp_path):
    script = (
        "import sys, msgspec; sys.path.insert(0, sys.argv[1]);"
        "from respond_samples import notice;"
        "from logmedic.doors import SystemClock, SystemHttp;"
        "from logmedic.respond.channels import make; from logmedic.respond.github.config import GithubConfig;"
        "from logmedic.respond.retry import Patient, RetryConfig;"
        "config = GithubConfig(repo='acme/shop', program=sys.argv[2], config_dir=sys.argv[3]);"
        "made = make(config, http=SystemHttp(), clock=SystemClock(), secret=sys.argv[4]);"
        "print(Patient(made, SystemClock(), RetryConfig(tries=20))(notice()).receipt['issue'])"
    )
    github.repository.search_lag = 3600.0
    argv = [sys.executable, "-c", script, str(Path(__file__).parent), gh, str(github.config_dir), github.token]
    started = [subprocess.Popen(argv, stdout=subprocess.PIPE) for _ in range(6)]
    assert [process.communicate()[0].strip() for process in started] == [b"1"] * 6
    assert len(github.repository.issues) == 1


def test_milestone_and_people_are_given_and_a_missing_one_does_not_cost_the_issue(github, file_issues):
    github.repository.people += ["ann", "bea"]
    github.repository.milestones.append("Q4")
    github.repository.files[".github/CODEOWNERS"] = "* @nobody\n/src/db/ @bea @acme/team # the pool\n"
    located = Evidence("S1", "source", "x", {"commit": COMMIT, "path": "src/db/pool.py", "start": 3, "end": 9})
    seen = incident(diagnosis=diagnosis(evidence=(located,)))
    file_issues(github, milestone="Q4", assignees=("ann",), codeowners=True).deliver(notice(seen))
    assert (github.repository.issues[0].milestone, github.repository.issues[0].assignees) == ("Q4", ["ann", "bea"])
    assert f"https://github.com/acme/shop/blob/{COMMIT}/src/db/pool.py#L3-L9" in github.repository.issues[0].body

    other = incident(fingerprint="v1:fedcba9876543210")
    outcome = file_issues(github, milestone="Q5", assignees=("zed",)).deliver(notice(other))
    assert outcome.reason == "filed issue 2, without Q5, zed"


def test_issues_can_be_looked_at_many_at_once_and_settled(github, file_issues):
    responder = file_issues(github)
    for number in range(1, 61):
        github.repository.open(f"issue {number}")
    responder.settle(3, resolved=True)
    responder.settle(3, resolved=True)
    github.requests.clear()
    tickets = responder.tickets([*range(1, 61), 99])
    assert len(github.requests) == 2
    assert [number for number, ticket in tickets.items() if not ticket.open] == [3]
    assert 99 not in tickets
    assert tickets[1] == Ticket(open=True, closed="")
    responder.settle(3, resolved=False)
    assert github.repository.issues[2].state == "OPEN"


# What goes wrong


def failure(responder) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        responder.deliver(notice())
    message = f"{caught.value}"
    assert message.startswith("github: ")
    assert "\n" not in message
    assert message.isprintable()
    return caught.value


@pytest.mark.parametrize("status", [403, 429])
def test_a_secondary_limit_says_how_long_to_wait(github, file_issues, status):
    github.faults.append(Fault.secondary_limit(42, "createIssue", status))
    error = failure(file_issues(github))
    assert (error.retry_after, error.throttled, error.unclear) == (42.0, True, False)


def test_a_limit_without_a_time_waits_a_minute(github, file_issues):
    github.faults.append(Fault.secondary_limit(None))
    assert failure(file_issues(github)).retry_after == 60.0


def test_the_primary_limit_waits_until_it_is_reset(github, file_issues, clock):
    github.faults.append(Fault.primary_limit(int(clock.now() / 1e9) + 900))
    assert failure(file_issues(github)).retry_after == pytest.approx(900, abs=1)


def test_a_fault_of_github_is_tried_again_and_is_unclear_only_where_something_was_changed(github, file_issues):
    github.faults.append(Fault("createIssue", 502, "Server Error"))
    error = failure(file_issues(github))
    assert (error.retry_after, error.unclear) == (10.0, True), "GitHub may be at it for so long"
    github.faults.append(Fault("IssueList", 503, "Server Error"))
    error = failure(file_issues(github))
    assert (error.retry_after, error.unclear) == (1.0, False)


def test_a_hanging_github_is_given_up_and_unclear(github, file_issues):
    github.faults.append(Fault("createIssue", wait=3.0))
    error = failure(file_issues(github, timeout_s=1.0))
    assert "did not end within 1 s" in f"{error}"
    assert error.unclear


def test_a_refused_token_is_said_in_one_line_without_it(github, file_issues):
    error = failure(file_issues(github, token="ghp_wrong"))
    assert "the token is missing or refused" in f"{error}"
    assert "ghp_wrong" not in f"{error}"
    assert error.retry_after is None


def test_a_wrong_repository_is_said(github, file_issues):
    error = failure(file_issues(github, repo="acme/other"))
    assert "check `repo`" in f"{error}"
    assert error.retry_after is None


def test_a_token_that_may_not_write_is_said(github, file_issues):
    github.repository.may_write = False
    assert "the token needs the right to write issues" in f"{failure(file_issues(github))}"
    assert github.repository.issues == []


def test_a_repository_without_issues_is_said(github, file_issues):
    github.repository.issues_enabled = False
    assert "the repository has no issues" in f"{failure(file_issues(github))}"


def test_no_gh_is_said(github, file_issues):
    error = failure(file_issues(github, program="/no/such/gh"))
    assert "install gh 2.23 or newer" in f"{error}"
    assert error.retry_after is None


def test_a_server_that_is_away_leaves_nothing_unclear(github, file_issues):
    responder = file_issues(github)
    config = github.config_dir / "config.yml"
    config.write_text("version: 1\nhttp_unix_socket: /nowhere/s\n", encoding="utf-8")
    error = failure(responder)
    assert (error.retry_after, error.unclear) == (1.0, False)


def test_gh_is_given_no_more_than_it_needs(github, clock, tmp_path, monkeypatch):
    for name in ("AWS_SECRET_ACCESS_KEY", "ANTHROPIC_API_KEY", "GITHUB_TOKEN", "GH_REPO", "GH_PAGER", "EDITOR"):
        monkeypatch.setenv(name, "leak")
    spy = tmp_path / "gh"
    spy.write_text(f'#!/bin/sh\nenv > {tmp_path}/env\nprintf "%s\\n" "$@" > {tmp_path}/argv\nexit 1\n')
    spy.chmod(0o755)
    config = GithubConfig(repo="acme/shop", program=str(spy))
    with pytest.raises(DeliveryError):
        make(config, http=SystemHttp(), clock=clock, secret="ghp_x").deliver(notice())
    environment = dict(line.split("=", 1) for line in (tmp_path / "env").read_text().splitlines())
    assert "leak" not in environment.values()
    assert environment["GH_TOKEN"] == "ghp_x"
    assert environment["GH_PROMPT_DISABLED"] == environment["GH_NO_UPDATE_NOTIFIER"] == "1"
    assert environment["GH_CONFIG_DIR"] == environment["HOME"] != ""
    assert (tmp_path / "argv").read_text().split("\n")[:4] == ["issue", "list", "-R", "acme/shop"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, 'set repo = "owner/name"'),
        ({"repo": "acme"}, "not 'acme'"),
        ({"repo": "-R/x"}, "owner/name"),
        ({"repo": "acme/.."}, "owner/name"),
        ({"repo": "acme/shop\n"}, "owner/name"),
        ({"repo": "acme/shop", "host": "-x"}, "host"),
        ({"repo": "acme/shop", "assignees": ("--web",)}, "is no login"),
        ({"repo": "acme/shop", "labels": ("a,b",)}, "no comma"),
        ({"repo": "acme/shop", "labels": ("--web",)}, "hyphen"),
        ({"repo": "acme/shop", "timeout_s": 0.0}, "timeout_s"),
    ],
)
def test_a_setting_that_cannot_work_is_said_before_anything_happens(clock, settings, said):
    with pytest.raises(ConfigError, match=re.escape(said)):
        make(GithubConfig(**settings), http=SystemHttp(), clock=clock, secret="ghp_x")


def test_the_fake_takes_the_clients_word_for_nothing(github, file_issues):
    """It refuses what GitHub refuses; else the tests above would show little."""
    with pytest.raises(DeliveryError, match="65536"):
        file_issues(github)._issues.create("t", "x" * 70_000, ["logmedic"])
    with pytest.raises(DeliveryError, match="title"):
        file_issues(github)._issues.create("t" * 300, "x", ["logmedic"])


def test_a_receipt_can_be_stored_and_a_damaged_one_is_no_obstacle(github, file_issues):
    outcome = file_issues(github).deliver(notice())
    assert msgspec.json.decode(msgspec.json.encode(outcome.receipt)) == outcome.receipt
    damaged = {"issue": "1; rm", "told": None, "generation": "x"}
    assert file_issues(github).deliver(notice(receipt=damaged)).receipt["issue"] == 1


def test_a_resolved_incident_changes_nothing_but_the_words(github, file_issues):
    responder = file_issues(github)
    first = responder.deliver(notice())
    responder.deliver(again(first, incident(state=State.RESOLVED, count=4000), mode=Mode.EDIT))
    assert github.repository.issues[0].state == "OPEN", "closing it is the tracker step's"
    assert github.repository.issues[0].comments == []


def test_ours_is_who_the_token_belongs_to(github, file_issues):
    responder = file_issues(github)
    first = responder.deliver(notice(incident(count=1)))
    responder.deliver(again(first, incident(count=10), key="k"))
    assert [comment.author for comment in github.repository.issues[0].comments] == [LOGIN]
    assert marker("v1:0123456789abcdef") == "logmedic-fp-0123456789abcdef"
    assert ":" not in marker("anything:at all")
