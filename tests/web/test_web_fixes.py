"""The pages of fixes, and a fresh diagnosis from a page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import msgspec
import pytest
from web_client import Client

from logmedic import build
from logmedic.errors import UsageError
from logmedic.model import Text
from logmedic.respond.fix.report import Attempt, Baseline, Finding, Proof, Report
from logmedic.store.fixes import Fixes
from logmedic.web.opening import dashboard

HOSTILE = "<script>alert(1)</script>\u202e[x](javascript:alert(1))"


def both(text: str) -> Text:
    return Text(text, text)


REPORT = Report(
    model="claude-sonnet-5-5", sandbox="bubblewrap", cost_usd=0.42,
    baseline=Baseline(failure=both("the tests fail"), summary=HOSTILE),
    attempts=(
        Attempt(number=1, outcome=both("refused"), said=HOSTILE,
                findings=(Finding(rule="sleep", path=HOSTILE, line=7, why=both("waiting is no cure")),)),
        Attempt(number=2, outcome=both("proved"), proof=Proof(failure=None, transcript=HOSTILE)),
    ),
)  # fmt: skip


def stored(client: Client, stem: str = "abc", **changes: object) -> str:
    fixes = Fixes(client.store.database)
    made = fixes.begin(1, "v1:1", 1, stem=stem, dry=False, actor="kim", now=1_795_000_000_000_000_000,
                       decide=lambda _: None)  # fmt: skip
    assert not isinstance(made, Text)
    report = msgspec.json.encode(REPORT).decode()
    fixes.change(made.key, **{"state": "offered", "reason": both("proved"), "ended_at": 2, "report": report, **changes})
    return made.key


def test_a_fix_is_listed_shown_whole_and_linked_from_its_incident(own_shop):
    key = stored(own_shop, pull=7, url="https://github.com/acme/shop/pull/7", fate="merged", before=3.5, after=0.0)
    listed = own_shop.get("/fixes")
    assert f"/fixes/{key}" in listed.text
    assert "offered · merged" in listed.words
    shown = own_shop.get(f"/fixes/{key}")
    assert shown.words.index("Attempt 2: proved") < shown.words.index("Attempt 1: refused")
    assert "waiting is no cure" in shown.words
    assert "3.50 → 0.00" in shown.words
    assert 'href="https://github.com/acme/shop/pull/7"' in shown.text
    assert f"/fixes/{key}" in own_shop.get("/incidents/1").text


def test_what_agents_and_tests_say_is_inert(own_shop):
    key = stored(own_shop, url="javascript:alert(1)", pull=1)
    shown = own_shop.get(f"/fixes/{key}").text
    assert "<script>alert" not in shown
    assert "\u202e" not in shown
    assert 'href="javascript:' not in shown


def test_without_fixes_the_page_says_so(shop):
    assert "No fix has been tried." in shop.get("/fixes").words
    assert shop.get("/fixes/none").status == 404


def test_a_fix_that_may_not_begin_is_refused_with_the_reason(own_shop):
    answer = own_shop.post("/incidents/1/fix", {})
    assert (answer.status, "`[fix] enabled = true` turns them on" in answer.words) == (409, True)
    assert "자동 수정이 꺼져 있음" in own_shop.post("/incidents/1/fix", {}, accept_language="ko").words
    problem = own_shop.ask("POST", "/api/v1/incidents/1/fix")
    assert (problem.status, problem.headers["content-type"]) == (409, "application/problem+json")
    assert "fixes are off" in problem.text
    assert own_shop.post("/incidents/999/fix", {}).status == 404
    assert Fixes(own_shop.store.database).since(0) == []
    assert not [entry for entry in own_shop.store.timeline(1) if "fix" in entry.event]


def test_a_dashboard_alone_offers_no_diagnosis(shop):
    assert "Diagnose again" not in shop.get("/incidents/1").words
    assert shop.post("/incidents/1/diagnosis", {}).status == 404


@pytest.fixture
def asked() -> list[tuple[int, str]]:
    return []


@pytest.fixture
def diagnosing(project, make_error, asked) -> Iterator[Client]:
    """A dashboard within ``serve``."""
    project.write(make_error())
    project.scan()
    loaded = build.load_config(str(project.folder / "logmedic.toml"), project.folder)
    with ExitStack() as stack:
        runtime = stack.enter_context(build.runtime(loaded))

        def again(number: int, actor: str) -> None:
            asked.append((number, actor))
            if actor == "local" and len(asked) > 1:
                raise UsageError("gone meanwhile")
            runtime.diagnose_again(number, actor)

        server = stack.enter_context(dashboard(loaded, runtime.store, again=again))
        assert server is not None
        yield stack.enter_context(Client(server.port, runtime.store))


def test_a_fresh_diagnosis_is_stored_under_the_name_of_who_asked(diagnosing, asked):
    assert "Diagnose again" in diagnosing.get("/incidents/1").words
    before = len(diagnosing.store.timeline(1))
    answer = diagnosing.post("/incidents/1/diagnosis", {})
    assert (answer.status, answer.headers["location"]) == (303, "/incidents/1?done=1")
    added = diagnosing.store.timeline(1)[before:]
    assert [(entry.event, entry.actor) for entry in added] == [("diagnosed", "local")]
    assert diagnosing.post("/incidents/999/diagnosis", {}).status == 404
    assert diagnosing.post("/incidents/1/diagnosis", {}).status == 422, "what goes wrong is said in one line"
    assert asked == [(1, "local"), (1, "local")]
