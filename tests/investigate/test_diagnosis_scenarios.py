"""The made-up outages that the ranking is scored on are fair: labels, times, diffs and logs hold. None is diagnosed."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import pytest

from logmedic.collect.dialects import decoder, sniff
from logmedic.model import LogRecord, Ref

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks" / "diagnosis"))

from material import lines, repository
from run import Score
from scenario import HALVES, NO_CHANGE, Alert, Answer, Deploy, Scenario, faults, load, moment

READ = 1_830_000_000 * 1_000_000_000  # when the logs are read, ns: after all of them
ALL = [(half, name, scenario) for half in HALVES for name, scenario in load(half).items()]
EACH = pytest.mark.parametrize(("half", "scenario"), [pytest.param(h, s, id=f"{h}-{n}") for h, n, s in ALL])
REPOSITORIES = [pytest.param(s, id=n) for _, n, s in ALL if s.kind == "repository"]


@EACH
def test_a_scenario_is_well_formed(half: str, scenario: Scenario) -> None:
    assert faults(scenario, half) == []


@EACH
def test_each_line_of_its_log_is_read_with_time_level_service_and_message(half: str, scenario: Scenario) -> None:
    log = lines(scenario)
    read = decoder(sniff("\n".join(log).encode()))
    levels = {entry["level"].upper().removesuffix("ING") for entry in scenario.log}
    services = {entry["service"] for entry in scenario.log}
    before = 0
    for line in log:
        record = read.decode(line.encode(), Ref("app", "1", 0, len(line)), READ)
        assert isinstance(record, LogRecord)
        assert record.level.name in levels
        assert record.service in services
        assert record.message
        assert "{n}" not in line
        assert record.time >= before, "oldest first"
        before = record.time
    assert 0 < before < READ


@pytest.mark.parametrize("scenario", REPOSITORIES)
def test_the_repository_of_a_scenario_has_the_commits_that_its_labels_name(scenario: Scenario, tmp_path: Path) -> None:
    assert repository(scenario, tmp_path / "repository") == [change.sha for change in scenario.changes]


def test_the_halves_share_no_outage_and_the_held_out_one_is_varied() -> None:
    held_out, development = load("held-out"), load("development")
    assert not held_out.keys() & development.keys()
    assert len(held_out) >= 24
    assert sum(s.answer.commit is None for s in held_out.values()) >= 8
    assert {s.kind for s in held_out.values()} == {"repository", "changes"}
    causes = {s.cause for s in held_out.values()}
    assert None not in causes
    assert causes & NO_CHANGE
    assert causes - NO_CHANGE


def test_the_varied_outages_are_new_and_a_third_of_them_is_kept_from_whoever_tunes() -> None:
    varied, validation = load("varied"), load("validation")
    known = load("development").keys() | load("held-out").keys()
    assert not (varied.keys() | validation.keys()) & known
    assert not varied.keys() & validation.keys()
    assert abs(len(varied) - 2 * len(validation)) <= 2


def _spoilt(scenario: Scenario) -> dict[str, Scenario]:
    """The scenario with one thing wrong each, by what :func:`faults` says of it."""
    first, *others = scenario.changes
    answer = scenario.answer
    change, label, replace = msgspec.structs.replace, answer.commit, msgspec.structs.replace
    assert label is not None
    fired = moment(scenario.alert.fired_at)
    return {
        "held_out contradicts": replace(scenario, held_out=not scenario.held_out),
        "two changes with one sha": replace(scenario, changes=[first, first, *others]),
        "the answer nobody is no change": replace(scenario, answer=change(answer, commit="nobody")),
        "cause network, but answer": replace(scenario, cause="network"),
        "may be named too": replace(scenario, answer=change(answer, also=["nobody"])),
        "no error at the onset": replace(scenario, onset="2020-01-01T00:00:00Z"),
        "the culprit is deployed after": replace(
            scenario, deploys=[Deploy(scenario.alert.service, label, scenario.alert.fired_at)]
        ),
        "no decoy": replace(scenario, answer=change(answer, decoys=[])),
        f"decoy {label} is no innocent": replace(scenario, answer=change(answer, decoys=[label])),
        "deploy of an unknown": replace(scenario, deploys=[change(scenario.deploys[0], sha="nobody")]),
        "the log does not mention ghost": replace(scenario, alert=Alert("ghost", scenario.alert.fired_at, "")),
        "no error in the log": replace(scenario, log=[e for e in scenario.log if e["level"] == "INFO"]),
        "the alert fires before": replace(scenario, alert=change(scenario.alert, fired_at="2020-01-01T00:00:00Z")),
        "the culprit is younger": replace(
            scenario,
            deploys=[],
            changes=[change(c, timestamp=fired.isoformat()) if c.sha == label else c for c in scenario.changes],
        ),
        "is deployed before": replace(
            scenario, deploys=[change(scenario.deploys[0], timestamp="2020-01-01T00:00:00Z")]
        ),
        "the diff is not of files_changed": replace(scenario, changes=[change(first, files_changed=["x"]), *others]),
        "a hunk is longer": replace(scenario, changes=[change(first, diff=first.diff + "+more\n"), *others]),
        "a hunk is shorter": replace(
            scenario, changes=[change(first, diff=first.diff.rstrip("\n").rpartition("\n")[0]), *others]
        ),
    }


SPOILT = _spoilt(load("development")["address-null-guard"])


@pytest.mark.parametrize("fault", SPOILT)
def test_a_scenario_that_would_mislead_is_told(fault: str) -> None:
    assert any(fault in found for found in faults(SPOILT[fault], "development"))


def test_a_score_counts_hits_innocents_and_silence() -> None:
    score = Score()
    caused, none = Answer("a", ["b"], "web"), Answer(None, ["b"], "web")
    for name, answer, suspect in [
        ("hit", caused, "a"),
        ("decoy", caused, "b"),
        ("too quiet", caused, None),
        ("missed", caused, "c"),
        ("quiet", none, None),
        ("too loud", none, "b"),
    ]:
        score.add(name, answer, suspect)
    score.add_first("hit", caused, "web")
    score.add_first("quiet", none, "edge")
    assert score.figures() == {
        "scenarios": 6,
        "top1": 0.25,
        "decoys": 0.5,
        "none_recall": 0.5,
        "none_precision": 0.5,
        "first_service": 0.5,
    }
    assert len(score.misses) == 5


def test_a_change_that_may_be_named_as_well_is_a_hit_and_no_decoy() -> None:
    score = Score()
    score.add("either", Answer("a", ["b"], "web", also=["c"]), "c")
    assert score.figures() == {"scenarios": 1, "top1": 1.0, "decoys": 0.0}
    assert not score.misses


def test_a_share_of_nothing_is_left_out() -> None:
    score = Score()
    score.add("hit", Answer("a", ["b"], "web"), "a")
    assert score.figures() == {"scenarios": 1, "top1": 1.0, "decoys": 0.0}
