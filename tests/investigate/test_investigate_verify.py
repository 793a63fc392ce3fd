"""Each kind of fabrication falls, and a clean report stays as it is. Reports are changed by hand, as a model might."""

from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from investigate_scenes import DAY, REDACTOR, History, case, incident, record, shop

from logmedic.investigate.figures import share_of
from logmedic.investigate.offline import OfflineInvestigator
from logmedic.investigate.reread import says
from logmedic.investigate.verify import verify
from logmedic.model import NANOSECONDS, Claim, DiagnosisStatus, Evidence, Fixable, Severity, Suspect, Text

AS_QUOTED = Text("As quoted.", "인용한 대로입니다.")


def both(text: str) -> Text:
    return Text(text, text)


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """A case with every kind of evidence, and its clean report."""
    repo = shop(tmp_path_factory.mktemp("verify") / "shop")
    repo.edit("currency", "app/pricing.py", 'RATES["KRW"]', 'RATES[order["currency"]]')
    text, stack = repo.crash("from app.orders import *; charge(load({'sku': 'a', 'amount': '3'}))")
    subject = record("charge failed for mail kim@example.com", time=repo.time + 600, stack_text=text,
                     exception_type="KeyError", exception_message="'currency'", request_id="r-1")  # fmt: skip
    lines = [record(f"step {n}", time=repo.time + n, offset=n, level=9, request_id="r-1") for n in range(5)]
    earlier = incident(record("charge failed before", time=repo.time - DAY), id=7, fingerprint="v1:ffee00112233aabb")
    shown = REDACTOR.record(subject)  # the store holds samples redacted; the log does not
    made = case(shown, repo=repo, stack=stack, logs=[*lines, subject], history=History([earlier]), count=40)
    return repo, made, OfflineInvestigator(REDACTOR).investigate(made)


def changed(report, **more):
    return msgspec.structs.replace(report, **more)


def item(report, letter: str) -> Evidence:
    cited = {identity for claim in report.claims for identity in claim.citations}
    return next(e for e in report.evidence if e.id.startswith(letter) and (e.id in cited or letter == "B"))


def with_item(report, new: Evidence):
    evidence = tuple(new if e.id == new.id else e for e in report.evidence)
    return changed(report, evidence=evidence, claims=(*report.claims, Claim(AS_QUOTED, (new.id,))))


def test_a_clean_report_is_left_untouched(scene):
    _, made, report = scene
    assert verify(report, made) == report
    assert report.status is DiagnosisStatus.VERIFIED
    assert {e.id[0] for e in report.evidence} == set("LSCBHM")
    assert not report.dropped


def test_every_kind_of_evidence_stands_when_cited(scene):
    _, made, report = scene
    claims = tuple(Claim(AS_QUOTED, (e.id,)) for e in report.evidence)
    assert verify(changed(report, claims=claims), made).dropped == ()


@pytest.mark.parametrize("letter", list("LSCBHM"))
def test_an_altered_quotation_falls(scene, letter):
    _, made, report = scene
    was = item(report, letter)
    new = msgspec.structs.replace(was, text=was.text + "\nand the operator said so")
    checked = verify(with_item(report, new), made)
    assert any(f"{was.id}: " in reason.en and f"{was.id}: " in reason.ko for reason in checked.dropped)
    assert was.id not in {e.id for e in checked.evidence}
    assert checked.status is not DiagnosisStatus.VERIFIED
    assert checked.confidence <= 0.6


@pytest.mark.parametrize(
    ("letter", "locator"),
    [
        ("S", {"start": 1, "end": 3}),
        ("S", {"path": "../../etc/passwd"}),
        ("S", {"path": "/etc/passwd"}),
        ("S", {"path": "--help"}),
        ("S", {"commit": "f" * 40}),
        ("S", {"commit": "HEAD"}),
        ("S", {"start": 0}),
        ("S", {"end": 10**9}),
        ("S", {"start": "1"}),
        ("C", {"commit": "deadbeef" * 5}),
        ("C", {"commit": "--output=/tmp/x"}),
        ("C", {"commit": None}),
        ("B", {"start": 2}),
        ("B", {"path": "app/none.py"}),
        ("B", {"author_commit": "a" * 40}),
        ("H", {"fingerprint": "v1:0000000000000000"}),
        ("M", {"value": 41}),
        ("M", {"value": math.nan}),
        ("M", {"value": True}),
        ("M", {"figure": "users"}),
        ("M", {"figure": None}),
        ("L", {"offset": 4}),
        ("L", {"offset": 99_999}),
        ("L", {"stream": "other.log"}),
        ("L", {"source": None}),
    ],
)
def test_a_shifted_or_invented_place_falls(scene, letter, locator):
    _, made, report = scene
    was = item(report, letter)
    new = msgspec.structs.replace(was, locator={**was.locator, **locator})
    checked = verify(with_item(report, new), made)
    assert AS_QUOTED not in [claim.text for claim in checked.claims]
    assert any(f"{was.id}: " in reason.en and f"{was.id}: " in reason.ko for reason in checked.dropped)


def test_an_unknown_kind_of_evidence_falls(scene):
    _, made, report = scene
    forged = Evidence("X1", "dream", "it came to me", {})
    checked = verify(changed(report, evidence=(*report.evidence, forged), claims=(Claim(both("So."), ("X1",)),)), made)
    assert checked.claims == ()
    assert checked.status is DiagnosisStatus.INCONCLUSIVE
    assert checked.confidence <= 0.2


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        (Claim(both("It was the network."), ()), "cites nothing"),
        (Claim(both("It was the network."), ("L999",)), "cites L999, which is not there"),
        (Claim(both("Commit 0badc0ffee12 did it."), ("L1",)), "0badc0ffee12 is not in what it cites"),
        (Claim(both("The log says `drop table users`."), ("L1",)), "the quotation 'drop table users'"),
        (Claim(both("It hits 73 % of the users."), ("M1",)), "the figure 73"),
        (Claim(both("It was seen 4,711 times."), ("M1",)), "the figure 4,711"),
        (Claim(both("It failed in 5% of the cases."), ("M1",)), "the figure 5"),
    ],
)
def test_a_claim_beyond_its_evidence_falls(scene, claim, reason):
    _, made, report = scene
    checked = verify(changed(report, claims=(*report.claims, claim)), made)
    assert claim not in checked.claims
    assert len(checked.dropped) == 1
    assert reason in checked.dropped[0].en
    assert checked.status is DiagnosisStatus.PARTLY_VERIFIED


@pytest.mark.parametrize(
    ("korean", "reason"),
    [
        ("커밋 0badc0ffee12가 원인입니다.", "커밋: 0badc0ffee12"),
        ("로그에 `drop table users`라고 남았습니다.", "인용문: 'drop table users'"),
        ("사용자의 73%가 영향을 받았습니다.", "수치: 73"),
        ("사용자의 5%가 영향을 받았습니다.", "수치: 5"),
        ("사용자의 5 퍼센트가 영향을 받았습니다.", "수치: 5"),
        ("사용자의 5％가 영향을 받았습니다.", "수치: 5"),
        ("약4,711회 발생했습니다.", "수치: 4,711"),
        ("모두 73건입니다.", "수치: 73"),
        ("요청 4만 건이 실패했습니다.", "수치: 4만"),
        ("요청 3천여 건이 실패했습니다.", "수치: 3천"),
    ],
)
def test_what_only_the_korean_text_makes_up_falls_too(scene, korean, reason):
    _, made, report = scene
    claim = Claim(Text("It was seen 40 times.", korean), ("M1",))
    checked = verify(changed(report, claims=(*report.claims, claim)), made)
    assert claim not in checked.claims
    assert [reason in told.ko for told in checked.dropped] == [True]
    assert checked.status is DiagnosisStatus.PARTLY_VERIFIED


@pytest.mark.parametrize("korean", ["40회 발생했습니다.", "총 40건이며 3번째입니다.", "발생 횟수는 40입니다."])
def test_korean_figures_that_the_evidence_has_stand(scene, korean):
    _, made, report = scene
    claim = Claim(Text("It was seen 40 times.", korean), ("M1",))
    assert claim in verify(changed(report, claims=(claim,)), made).claims


@pytest.mark.parametrize("commit", ["deadbeef" * 5, "HEAD", "--all", "", "f" * 40])
def test_an_invented_suspect_falls_and_with_it_the_code_cause(scene, commit):
    _, made, report = scene
    forged = changed(report, suspects=(Suspect(commit, 0.99, both("sure")),), fixable=Fixable(True, both("easy")))
    checked = verify(forged, made)
    assert checked.suspects == ()
    assert not checked.code_cause
    assert not checked.fixable.yes


def test_a_real_commit_that_is_not_among_the_evidence_is_no_suspect(scene):
    repo, made, report = scene
    bare = changed(report, evidence=tuple(e for e in report.evidence if e.kind not in {"commit", "blame"}), claims=())
    assert verify(changed(bare, suspects=(Suspect(repo.ids["currency"], 0.9, both("it")),)), made).suspects == ()


def test_a_suspect_from_after_the_first_occurrence_falls(scene):
    _, made, report = scene
    early = msgspec.structs.replace(made.incident, first_seen=made.incident.first_seen - 90 * 60 * NANOSECONDS)
    checked = verify(report, msgspec.structs.replace(made, incident=early))
    assert checked.suspects == ()
    assert any("after the first occurrence" in reason.en for reason in checked.dropped)


@pytest.mark.parametrize("where", ["root_cause", "impact"])
@pytest.mark.parametrize("said", [Text("Commit 0badc0ffee12 did it.", ""), Text("", "0badc0ffee12가 원인입니다.")])
def test_a_commit_invented_in_the_root_cause_or_impact_is_told(scene, where, said):
    _, made, report = scene
    checked = verify(changed(report, **{where: said}), made)
    assert any("0badc0ffee12" in reason.en for reason in checked.dropped)
    assert checked.status is not DiagnosisStatus.VERIFIED


class Busy(History):
    """A service that goes on logging errors while the report is verified."""

    def __init__(self, errors: int) -> None:
        super().__init__(after=errors)

    def error_counts(self, service: str, since: int, until: int) -> int:
        self.after += 1
        return super().error_counts(service, since, until)


def test_figures_of_a_service_that_goes_on_failing_stand(scene):
    _, made, _ = scene
    busy = msgspec.structs.replace(made, history=Busy(100))
    checked = OfflineInvestigator(REDACTOR).investigate(busy)
    assert {e.locator["figure"] for e in checked.evidence if e.kind == "figure"} >= {"share", "errors_after"}
    assert checked.dropped == ()


@pytest.mark.parametrize("errors", [41, 400])
def test_a_share_of_errors_that_were_never_counted_falls(scene, errors):
    _, made, report = scene
    was = next(e for e in report.evidence if e.locator.get("figure") == "share")
    figure = share_of(made.incident.count, errors)
    forged = Evidence(was.id, was.kind, figure.text.en, {"figure": "share", "value": figure.value})
    assert AS_QUOTED not in [claim.text for claim in verify(with_item(report, forged), made).claims]


def test_a_report_cannot_go_below_the_floor_nor_above_certainty(scene):
    _, made, report = scene
    checked = verify(changed(report, severity=Severity.INFO, confidence=7.0), made)
    assert checked.severity is Severity.WARNING
    assert checked.confidence == 1.0
    assert verify(changed(report, confidence=math.nan), made).confidence == 0.0


def test_without_a_repository_nothing_about_code_can_be_upheld(scene):
    _, made, report = scene
    checked = verify(report, msgspec.structs.replace(made, git=None))
    assert checked.suspects == ()
    assert not checked.fixable.yes
    assert not any(
        e.kind in {"source", "commit"} for c in checked.claims for e in checked.evidence if e.id in c.citations
    )


def test_a_log_that_now_says_something_else_contradicts(scene):
    _, made, report = scene
    lines = [msgspec.structs.replace(r, message="all is well") for r in made.logs.lines]
    checked = verify(report, msgspec.structs.replace(made, logs=type(made.logs)(lines)))
    assert any("the log line does not say so" in reason.en for reason in checked.dropped)


def test_a_log_that_is_gone_leaves_the_stored_sample_as_witness(scene):
    _, made, report = scene
    assert verify(report, msgspec.structs.replace(made, logs=type(made.logs)())) == report


def test_too_many_claims_are_cut(scene):
    _, made, report = scene
    checked = verify(changed(report, claims=report.claims * 30), made)
    assert len(checked.claims) == 40
    assert checked.dropped


def test_redacted_and_cut_parts_of_a_quotation_match_anything_and_nothing_else_does():
    assert says("mail <email:1> failed", "mail kim@example.com failed")
    assert says("a … z", "a b c z")
    assert not says("mail <email:1> worked", "mail kim@example.com failed")
    assert not says("z … a", "a b c z")
    assert not says("<email:1>", "kim@example.com")
    assert not says("", "text")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_a_report_holds_verification_does_not_raise(scene, data):
    _, made, report = scene
    text = st.text(max_size=60) | st.sampled_from(
        ["-–option", "--exec=x", "../../etc/passwd", "HEAD", "a" * 40, "\x00"]
    )
    value = st.none() | st.booleans() | st.integers() | st.floats() | text | st.lists(text, max_size=2)
    keys = ("source", "stream", "offset", "commit", "path", "start", "end", "line", "author_commit", "figure", "value")
    locator = st.dictionaries(st.sampled_from(keys), value)
    kind = st.sampled_from(["log", "source", "commit", "blame", "history", "figure"]) | text
    items = data.draw(st.lists(st.builds(Evidence, text, kind, text, locator), max_size=4))
    texts = st.builds(Text, text, text)
    claims = tuple(Claim(data.draw(texts), (e.id,)) for e in items)
    suspects = (Suspect(data.draw(text), data.draw(st.floats()), data.draw(texts)),)
    forged = changed(report, evidence=(*report.evidence, *items), claims=claims, suspects=suspects)
    checked = verify(forged, made)
    assert all(claim.citations for claim in checked.claims)
    assert checked.suspects == ()
