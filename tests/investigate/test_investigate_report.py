"""Severity and words of whole reports, in both languages; nothing in them can act on a terminal."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from investigate_scenes import EPOCH, REDACTOR, History, case, incident, record, shop

from logmedic.investigate import report
from logmedic.investigate.offline import OfflineInvestigator
from logmedic.model import (
    CauseKind,
    Claim,
    Component,
    DiagnosisStatus,
    ExceptionPart,
    Frame,
    Level,
    Severity,
    Stack,
    Substate,
    Suspect,
    Text,
)

KEYS = {
    "severity", "cause_kind", "root_cause", "impact", "actions", "suspects", "code_cause", "fixable", "confidence",
    "claims", "evidence", "engine", "model", "cost_usd", "status",
}  # fmt: skip


def diagnose(message: str, stack: Stack | None = None, repo=None, **more):
    of_incident = {key: more.pop(key) for key in ("count", "substate", "floor", "rules", "components") if key in more}
    return OfflineInvestigator(REDACTOR).investigate(
        case(record(message, time=EPOCH + 86_400, **more), stack=stack, repo=repo, **of_incident)
    )


IN_APP = Stack("python", (ExceptionPart("KeyError", "'a'", (Frame("f", "app/x.py", 3, in_app=True),)),))
LIBRARY = Stack("python", (ExceptionPart("KeyError", "'a'", (Frame("f", "lib/x.py", 3),)),))


@pytest.mark.parametrize(
    ("message", "more", "severity"),
    [
        ("boom", {"stack": IN_APP}, Severity.CRITICAL),
        ("boom", {"stack": LIBRARY}, Severity.WARNING),
        ("thread 'main' panicked at src/x.rs:1: no", {}, Severity.CRITICAL),
        ("going down", {"level": Level.FATAL}, Severity.CRITICAL),
        ("529 overloaded_error", {}, Severity.WARNING),
        ("529 overloaded_error", {"substate": Substate.ESCALATING}, Severity.CRITICAL),
        ("read timed out", {}, Severity.WARNING),
        ("validation failed", {"floor": Severity.INFO}, Severity.INFO),
        ("validation failed", {"floor": Severity.WARNING}, Severity.WARNING),
        ("validation failed", {"floor": Severity.INFO, "substate": Substate.ESCALATING}, Severity.INFO),
        ("no space left on device", {}, Severity.CRITICAL),
        ("invalid x-api-key", {}, Severity.CRITICAL),
        ("all is well", {"floor": Severity.CRITICAL}, Severity.CRITICAL),
    ],
)
def test_severity_is_our_judgement_but_never_below_the_floor(message, more, severity):
    assert diagnose(message, **more).severity is severity


@pytest.mark.parametrize("word", ["surge", "storm"])
def test_an_incident_that_a_rule_made_up_is_reported_as_such(word):
    found = diagnose("boom", components=[Component("synthetic", word)], error_code="DB_TIMEOUT")
    assert found.severity is Severity.CRITICAL
    assert found.cause_kind is CauseKind.UNKNOWN
    assert found.suspects == ()
    assert not found.fixable.yes


def test_a_log_that_says_surge_is_no_surge():
    found = diagnose("surge", components=[Component("template", "surge")])
    assert found.status is DiagnosisStatus.INCONCLUSIVE


def test_a_slow_request_is_a_warning_and_no_error():
    found = diagnose("Response sent", level=Level.INFO, duration_ms=6_200.0, rules=("slow",))
    assert found.severity is Severity.WARNING
    assert "6.2 s" in found.impact.en
    assert "6.2초" in found.impact.ko
    assert "Error:" not in found.root_cause.en


def test_a_slow_request_has_no_figures_about_errors_but_its_own():
    found = diagnose("Response sent", level=Level.INFO, duration_ms=6_200.0, rules=("slow",))
    told = " ".join([found.impact.en, *(claim.text.en for claim in found.claims), *(e.text for e in found.evidence)])
    assert "errors" not in told
    assert "오류" not in found.impact.ko
    assert any(claim.text.en == "Longest duration among the stored samples: 6200 ms." for claim in found.claims)
    assert found.dropped == ()


def test_an_error_that_was_also_slow_keeps_its_share_of_the_errors():
    found = diagnose("read timed out", duration_ms=6_200.0, rules=("error-level", "slow"))
    assert "of the service's errors" in found.impact.en


def test_without_evidence_the_report_says_so():
    found = diagnose("it did not work")
    assert found.status is DiagnosisStatus.INCONCLUSIVE
    assert found.confidence < 0.3
    assert found.cause_kind is CauseKind.UNKNOWN
    assert not found.code_cause


def test_a_bug_without_a_repository_is_a_code_cause_that_cannot_be_fixed_from_here():
    found = diagnose("boom", IN_APP)
    assert found.code_cause
    assert found.suspects == ()
    assert not found.fixable.yes
    assert any("repository" in action.en for action in found.actions)


def test_json_has_exactly_the_documented_keys_in_the_asked_language(tmp_path):
    found = diagnose("boom", IN_APP, repo=shop(tmp_path / "shop"), count=3)
    english, korean = report.to_json(found, "en"), report.to_json(found, "ko")
    assert set(english) == KEYS | {"dropped", "tokens", "first_failing_service", "blast_radius", "remediation"}
    assert english["root_cause"] == found.root_cause.en
    assert korean["root_cause"] == found.root_cause.ko
    assert korean["actions"] == [action.ko for action in found.actions]
    assert msgspec.json.decode(msgspec.json.encode(korean)) == korean


def test_text_reads_well_in_english(tmp_path):
    repo = shop(tmp_path / "shop")
    repo.edit("currency", "app/pricing.py", 'RATES["KRW"]', 'RATES[order["currency"]]')
    text, stack = repo.crash("from app.pricing import price; price({'amount': 1})")
    made = case(record("boom", time=repo.time + 60, stack_text=text), repo=repo, stack=stack)
    shown = report.to_text(OfflineInvestigator(REDACTOR).investigate(made), made.incident, "en")
    assert shown.startswith("[Critical] boom\n")
    wanted = ["Root cause\n", "app/pricing.py", "  5>", "Impact\n  Seen 7 times", "Suspect commits\n", "[S1, L1]"]
    for part in (*wanted, repo.ids["currency"][:12], "What this rests on\n", "May be fixed automatically"):
        assert part in shown
    assert all(len(line) <= 110 for line in shown.split("\n"))


def test_text_reads_well_in_korean(tmp_path):
    made = case(record("read timed out", time=EPOCH + 86_400, error_code="AI_TIMEOUT"), repo=shop(tmp_path / "shop"))
    shown = report.to_text(OfflineInvestigator(REDACTOR).investigate(made), made.incident, "ko")
    assert shown.startswith("[경고] read timed out\n  shop · 외부 서비스\n")
    for part in (
        "근본 원인\n",
        "영향\n",
        "7회 발생했습니다.",
        "권장 조치\n  1. ",
        "확신도",
        "이 오류를 설명하는 코드 변경은 없습니다.",
    ):
        assert part in shown


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=120), st.sampled_from(["en", "ko"]))
def test_no_text_of_a_report_can_act_on_a_terminal(hostile, language):
    hostile += "\x1b[2J\x1b]8;;https://evil.example\x07\u202e\r\x9b31m\u2028"
    found = diagnose(hostile)
    odd = msgspec.structs.replace(
        found,
        root_cause=Text(hostile, hostile),
        impact=Text(hostile, hostile),
        actions=(Text(hostile, hostile),),
        claims=(Claim(Text(hostile, hostile), ("L1",)),),
        suspects=(Suspect(hostile, 0.5, Text(hostile, hostile)),),
        dropped=(Text(hostile, hostile),),
        model=hostile,
    )
    subject = incident(record(hostile, time=EPOCH), culprit=hostile, service=hostile)
    for printed in (report.to_text(found, subject, language), report.to_text(odd, subject, language)):
        assert all(c == "\n" or c.isprintable() for c in printed)


def test_history_is_only_claimed_when_there_is_one():
    past = incident(record("boom before", time=EPOCH), id=2, fingerprint="v1:aaaaaaaaaaaaaaaa")
    made = case(record("boom", time=EPOCH + 86_400), history=History([past]))
    found = OfflineInvestigator(REDACTOR).investigate(made)
    assert any("H1" in claim.citations for claim in found.claims)
    assert not any("H1" in claim.citations for claim in diagnose("boom").claims)
