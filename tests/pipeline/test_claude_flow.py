"""The offline verdict goes out first; a model's report follows into the same messages and delays no alert."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pipeline_scenes import Project, line, minutes_ago

from logmedic import build
from logmedic.build import diagnosing
from logmedic.model import State
from logmedic.pipeline.running import Runtime
from logmedic.reasons import render
from logmedic.store.ledger import Entry, Ledger
from logmedic.testing import claude as fakes
from logmedic.testing.claude import FakeClaude, Received, Step
from logmedic.testing.discord import Answer, FakeDiscord, Fault

DIAGNOSE = """
[diagnose]
engine = "claude"
base_url = "{url}"
api_key = {{ file = "key" }}
cheap_model = "claude-haiku-5-5"
{more}
"""
CRITICAL = '\n[[rules]]\nname = "error-level"\nkind = "level"\nseverity = "critical"\n'
CAUSE = "The stock was counted twice and fell below zero."


def report(received: Received) -> Step:
    """What a model would say of any record: one claim that quotes it."""
    text = received.body["messages"][0]["content"][0]["text"]
    first = next(row for row in text.split("--- L1 (log) begins\n| ")[1].split("\n"))
    both = {"en": CAUSE, "ko": "재고를 두 번 차감했습니다."}
    said = {"text": both, "citations": ["L1"], "quotes": [{"id": "L1", "text": first, "line": 0}]}
    return fakes.reply(
        {
            "inconclusive": False, "severity": "warning", "cause_kind": "data", "root_cause": said, "impact": both,
            "actions": [both], "suspects": [], "code_cause": False, "fixable": {"yes": False, "reason": both},
            "confidence": 0.8, "claims": [],
        },
        usage={"input_tokens": 2_000, "output_tokens": 400},
    )  # fmt: skip


@pytest.fixture
def fake() -> Iterator[FakeClaude]:
    with FakeClaude(report) as running:
        yield running


def made(folder: Path, fake: FakeClaude, more: str = "", extra: str = "") -> Project:
    (folder / "key").write_text("sk-ant-test-0123456789", "utf-8")
    return Project(folder, DIAGNOSE.format(url=fake.url, more=more) + extra)


def fail(project: Project, message: str = "stock is negative", minutes: float = 30) -> None:
    project.write(line(minutes_ago(minutes), message))


def spent(project: Project) -> list[Entry]:
    with project.store() as store:
        return Ledger(store.database).entries(0)


def events(project: Project, word: str = "stock") -> list[tuple[str, str]]:
    return [(entry.event, entry.reason) for entry in project.timeline(project.incident(word))]


def test_the_report_follows_the_verdict_into_the_same_incident(tmp_path: Path, fake: FakeClaude) -> None:
    project = made(tmp_path, fake)
    fail(project)
    project.scan()
    first, second = project.told()
    assert first["incident"]["diagnosis"]["engine"] == "offline"
    assert second["incident"]["diagnosis"]["engine"] == "claude"
    assert second["incident"]["diagnosis"]["root_cause"]["en"] == CAUSE
    incident = project.incident("stock")
    assert incident.diagnosis is not None
    assert incident.diagnosis.root_cause.en == CAUSE
    assert incident.diagnosis.cost_usd == pytest.approx(0.008)
    told = events(project)
    assert ("diagnosed", "claude: verified") in told
    assert ("model asked", "claude-sonnet-5-5: verified") in told
    assert [e.state for e in spent(project)] == ["settled"]


def test_a_discord_message_is_edited_in_place(tmp_path: Path, fake: FakeClaude) -> None:
    with FakeDiscord() as discord:
        channel = '\n[[channels]]\nkind = "discord"\nname = "discord"\nwebhook = { file = "hook" }\n'
        (tmp_path / "hook").write_text(discord.url, "utf-8")
        project = made(tmp_path, fake, extra=channel + CRITICAL)
        fail(project)
        project.scan()
        assert [method for method, _, _ in discord.requests] == ["POST", "PATCH"]
        bodies = [json.dumps(body, ensure_ascii=False) for _, _, body in discord.requests]
        assert CAUSE not in bodies[0]
        assert CAUSE in bodies[1]
        assert "@here" in bodies[0]
        assert "@here" not in bodies[1], "an edit calls nobody"


def test_a_report_that_a_channel_refused_is_told_again_when_asked_for_and_not_bought_again(
    tmp_path: Path, fake: FakeClaude
) -> None:
    with Grudging() as discord:
        channel = '\n[[channels]]\nkind = "discord"\nname = "discord"\nwebhook = { file = "hook" }\n'
        (tmp_path / "hook").write_text(discord.url, "utf-8")
        project = made(tmp_path, fake, extra=channel + CRITICAL)
        fail(project)
        project.scan()
        assert CAUSE not in json.dumps(discord.messages)
        discord.edits = True
        again = project.run("notify", "retry", "--json")
        assert [row["channel"] for row in json.loads(again.stdout)] == ["discord"]
        project.scan()
        assert CAUSE in json.dumps(discord.messages)
        assert len(spent(project)) == 1
        assert b"Nothing to tell again" in project.run("notify", "retry").stderr


class Grudging(FakeDiscord):
    """Refuses edits until ``edits``."""

    edits = False

    def handle(self, method: str, target: str, headers: dict[str, str], raw: bytes) -> Answer:
        if method == "PATCH" and not self.edits:
            self.faults.append(Fault.status(403))
        return super().handle(method, target, headers, raw)


@pytest.mark.parametrize(
    ("step", "patience", "why"),
    [
        (fakes.error(500), 60.0, "failed: 500"),
        (fakes.error(429, retry_after=90_000), 60.0, "asks to wait 90,000 s"),
        (fakes.timeout(120.0), 0.4, "did not answer within 0.4 s"),
        (fakes.refused(), 60.0, "refused to answer"),
        (fakes.truncated(), 60.0, "was cut off"),
        (fakes.garbage(), 60.0, "Failed to decode"),
    ],
    ids=["down", "limited", "hanging", "refusing", "truncated", "garbage"],
)
def test_without_a_report_the_alert_is_as_ever_and_the_incident_says_why(
    tmp_path: Path, fake: FakeClaude, step: Step, patience: float, why: str
) -> None:
    fake.default = step
    project = made(tmp_path, fake, f"request_timeout_s = {patience}\ndeadline_s = 60.0\ntries = 1")
    fail(project)
    project.scan()
    (told,) = project.told()
    assert told["incident"]["diagnosis"]["engine"] == "offline"
    ((_, reason),) = [e for e in events(project) if e[0] == "no model's report"]
    assert why in reason
    with project.store() as store:
        (entry,) = [e for e in store.timeline(project.incident("stock").id) if e.event == "no model's report"]
    korean = render(entry.why).ko
    assert re.search("[가-힣]", korean), korean


def test_without_a_key_the_alert_goes_out_and_the_incident_says_why(
    tmp_path: Path, fake: FakeClaude, caplog: pytest.LogCaptureFixture
) -> None:
    project = made(tmp_path, fake)
    (tmp_path / "key").unlink()
    fail(project)
    project.scan()
    assert len(project.told()) == 1
    assert any("no key for Anthropic" in reason for _, reason in events(project))
    assert "diagnose.api_key: cannot read" in caplog.text
    assert fake.requests == []


def test_an_exhausted_budget_says_so_and_nothing_is_sent(tmp_path: Path, fake: FakeClaude) -> None:
    project = made(tmp_path, fake, extra="[diagnose.budget]\nper_day = 0.0001\n")
    fail(project)
    project.scan()
    assert len(project.told()) == 1
    assert any("over budget" in reason for _, reason in events(project))
    assert fake.requests == []


def test_alerts_do_not_queue_up_behind_a_slow_model(tmp_path: Path, fake: FakeClaude) -> None:
    words = ["apples", "bread", "cheese", "dates", "eggs", "figs", "grapes", "honey"]
    told: list[int] = []

    def last(received: Received) -> Step:
        """Answers when every alert is out, or else, far too late."""
        until = time.monotonic() + 45
        while (out := project.told_file.read_bytes().count(b"\n")) < len(words) and time.monotonic() < until:
            time.sleep(0.02)
        told.append(out)
        return fakes.refused()

    fake.default = last
    project = made(
        tmp_path,
        fake,
        "request_timeout_s = 60.0\ndeadline_s = 60.0",
        extra='\n[[rules]]\nname = "surge"\nkind = "surge"\nenabled = false\n',
    )
    for n, word in enumerate(words):
        project.write(line(minutes_ago(30 - n), f"no {word} left"))
    with build.runtime(project.loaded, poll_seconds=0.05) as runtime:
        runtime.scan(deadline=60.0)
    assert told
    assert min(told) == len(words), "each was told although the model held on to some of them"


def test_later_news_carries_the_report_at_once_and_asks_nobody(tmp_path: Path, fake: FakeClaude) -> None:
    project = made(tmp_path, fake)
    fail(project, minutes=120)
    project.scan()
    for minutes in (100, 80, 60):
        fail(project, minutes=minutes)
        project.scan()
    assert project.incident("stock").generation == 4
    later = [m["incident"]["diagnosis"] for m in project.told()[2:]]
    assert len(later) == 3, "one message for each piece of news: the first has the report already"
    assert all(d["engine"] == "claude" and d["cost_usd"] == 0 for d in later)
    assert len(fake.requests) == 1


def test_a_flood_of_one_error_costs_one_request(tmp_path: Path, fake: FakeClaude) -> None:
    project = made(tmp_path, fake)
    text = line(minutes_ago(30), "stock is negative") + "\n"
    with project.log.open("a", encoding="utf-8") as file:
        file.write(text * 20_000)
    project.scan()
    assert project.incident("stock").count == 20_000
    surge = project.incident("surge")  # of the same errors: the model would be paid twice for one bug
    assert surge.count > 19_000
    assert len(fake.requests) == 1


def test_what_was_asked_before_a_crash_is_told_after_it_without_asking_again(tmp_path: Path, fake: FakeClaude) -> None:
    project = made(tmp_path, fake)
    fail(project)
    with build.runtime(project.loaded, poll_seconds=0.05) as runtime:
        runtime.scan(deadline=60.0)
        (incident,) = runtime.store.list_incidents()
        handling = runtime._handling

        def straight(name: str, function: Any) -> Any:
            return function()

        before = len(project.told())
        assert handling.deepen(incident.id, incident.generation, straight) is None
        assert len(project.told()) == before, "every channel has heard of it"
    assert len(fake.requests) == 1


def test_an_ignored_incident_is_not_told_of_again(tmp_path: Path, fake: FakeClaude) -> None:
    def slow(received: Received) -> Step:
        with project.store() as store:
            (incident,) = store.list_incidents()
            store.set_state(incident.id, State.IGNORED, now=time.time_ns(), actor="tester", reason="by hand")
        return report(received)

    fake.default = slow
    project = made(tmp_path, fake)
    fail(project)
    project.scan()
    assert len(project.told()) == 1


def test_a_replay_asks_nobody(tmp_path: Path, fake: FakeClaude) -> None:
    project = made(tmp_path, fake)
    fail(project)
    with build.rehearsal(project.loaded) as (runtime, _notes):
        assert isinstance(runtime, Runtime)
        runtime.scan(deadline=0.0)
    assert fake.requests == []


def test_nobody_is_asked_unless_somebody_named_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test-0123456789")
    monkeypatch.delenv("DIAGNOSTIC_MODEL", raising=False)
    project = Project(tmp_path)
    assert not diagnosing.wanted(project.loaded)
    monkeypatch.setenv("DIAGNOSTIC_MODEL", "claude-haiku-5-5")
    assert diagnosing.wanted(project.loaded)
    assert str(diagnosing.ladder(project.loaded).full) == "claude-haiku-5-5"
    assert not diagnosing.wanted(diagnosing.with_engine(project.loaded, "offline"))
