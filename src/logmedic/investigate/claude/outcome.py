"""What came of asking a model. Declining is a value with a reason."""

from __future__ import annotations

import msgspec

from logmedic.model import Diagnosis, DiagnosisStatus


class Enriched(msgspec.Struct, frozen=True):
    """A diagnosis to keep. ``news``: it says more than the offline verdict, so people should see it."""

    diagnosis: Diagnosis
    reason: str
    news: bool


class Declined(msgspec.Struct, frozen=True):
    """No model's report. ``routine``: by design (nothing to ask, asked before), not through a failure."""

    reason: str
    routine: bool = False


def better(verdict: Diagnosis, report: Diagnosis) -> bool:
    """Whether a verified report takes the place of the offline verdict: its root cause held, and it concludes more
    than "inconclusive" unless the verdict does not either. Pure."""
    upheld = any(claim.text == report.root_cause for claim in report.claims)
    concludes = report.status is not DiagnosisStatus.INCONCLUSIVE
    return upheld and (concludes or verdict.status is DiagnosisStatus.INCONCLUSIVE)


def choose(verdict: Diagnosis, report: Diagnosis, model: str) -> Enriched:
    """The report, or the verdict with what the report said wrongly shown as dropped; the money is told either way."""
    if better(verdict, report):
        fell = f"; dropped in verification: {len(report.dropped)}" if report.dropped else ""
        return Enriched(report, f"{model}: {report.status.value}{fell}", news=True)
    kept = msgspec.structs.replace(
        verdict,
        dropped=(*verdict.dropped, *report.dropped),
        model=report.model,
        tokens=report.tokens,
        cost_usd=report.cost_usd,
    )
    what = "its root cause could not be upheld" if report.dropped else "it came to no conclusion"
    return Enriched(kept, f"{model}: {what}; the verdict of the rules stands", news=False)
