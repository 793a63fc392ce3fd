"""The second look: a cheap model argues against a root cause. It can lower the confidence, never raise anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from logmedic.investigate.claude.mapping import Clean, objection
from logmedic.investigate.claude.material import Material, fenced
from logmedic.investigate.interface import Case
from logmedic.investigate.verify import verify
from logmedic.model import Claim, Diagnosis, DiagnosisStatus

if TYPE_CHECKING:
    from logmedic.investigate.claude.reply import Doubt

CAP_DOUBTFUL, CAP_WRONG = 0.5, 0.3


def question(material: Material, report: Diagnosis) -> str:
    claims = "\n".join(f"- {claim.text.en} [{', '.join(claim.citations)}]" for claim in report.claims)
    told = fenced("diagnosis to refute", f"root cause: {report.root_cause.en}\n{claims}")
    return f"{material.text}\n\n{told}"


def weigh(report: Diagnosis, doubt: Doubt, case: Case, clean: Clean) -> Diagnosis:
    """The report after the second look. An objection that does not hold when read again changes nothing."""
    if doubt.verdict == "stands":
        return report
    against = Claim(objection(doubt.objection, clean), tuple(doubt.citations))
    alone = verify(msgspec.structs.replace(report, claims=(against,), suspects=()), case, instead=report)
    if against not in alone.claims:
        return report
    wrong = doubt.verdict == "wrong"
    status = DiagnosisStatus.INCONCLUSIVE if wrong else DiagnosisStatus.PARTLY_VERIFIED
    return msgspec.structs.replace(
        report,
        claims=(*report.claims, against),
        confidence=min(report.confidence, CAP_WRONG if wrong else CAP_DOUBTFUL),
        status=report.status if report.status is DiagnosisStatus.INCONCLUSIVE else status,
    )
