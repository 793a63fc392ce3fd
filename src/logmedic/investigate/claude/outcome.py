"""What came of asking a model. Declining is a value with a reason."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from logmedic.model import Diagnosis, DiagnosisStatus, Text

_STATUS = {
    DiagnosisStatus.VERIFIED: Text("verified", "검증됨"),
    DiagnosisStatus.PARTLY_VERIFIED: Text("partly verified", "일부 검증됨"),
    DiagnosisStatus.INCONCLUSIVE: Text("inconclusive", "결론 없음"),
}
_NOT_UPHELD = Text(
    "its root cause could not be upheld; the verdict of the rules stands",
    "근본 원인이 검증을 통과하지 못해 규칙의 진단을 유지함",
)
_NO_CONCLUSION = Text(
    "it came to no conclusion; the verdict of the rules stands", "결론을 내리지 못해 규칙의 진단을 유지함"
)


class Enriched(msgspec.Struct, frozen=True):
    """A diagnosis to keep. ``news``: it says more than the offline verdict, so people should see it."""

    diagnosis: Diagnosis
    reason: Text
    news: bool


class Declined(msgspec.Struct, frozen=True):
    """No model's report. ``routine``: by design (nothing to ask, asked before), not through a failure."""

    reason: Text
    routine: bool = False


def better(verdict: Diagnosis, report: Diagnosis) -> bool:
    """Whether a verified report takes the place of the offline verdict: its root cause held, and it concludes more
    than "inconclusive" unless the verdict does not either. Pure."""
    upheld = any(claim.text == report.root_cause for claim in report.claims)
    concludes = report.status is not DiagnosisStatus.INCONCLUSIVE
    return upheld and (concludes or verdict.status is DiagnosisStatus.INCONCLUSIVE)


def choose(verdict: Diagnosis, report: Diagnosis, model: str) -> Enriched:
    """The report, or the verdict with what the report said wrongly shown as dropped; the money is told either way."""
    fell = len(report.dropped)
    if better(verdict, report):
        found = _STATUS[report.status]
        told = Text(f"{model}: {found.en}", f"{model}: {found.ko}")
        if fell:
            told = Text(f"{told.en}; dropped in verification: {fell}", f"{told.ko}; 검증에서 제외됨: {fell}건")
        return Enriched(report, told, news=True)
    kept = msgspec.structs.replace(
        verdict,
        dropped=(*verdict.dropped, *report.dropped),
        model=report.model,
        tokens=report.tokens,
        cost_usd=report.cost_usd,
    )
    what = _NOT_UPHELD if fell else _NO_CONCLUSION
    return Enriched(kept, Text(f"{model}: {what.en}", f"{model}: {what.ko}"), news=False)


def joined(reasons: Sequence[Text]) -> Text:
    """Several reasons in the order in which they came up."""
    return Text("; then ".join(r.en for r in reasons), "; 이어서 ".join(r.ko for r in reasons))
