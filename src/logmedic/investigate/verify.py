"""Reads every citation of a report again, whoever wrote the report, and lets stand only what holds.

A claim falls when it cites nothing, cites an id that is not there, cites evidence that no longer reads as quoted, or
says a commit id, a quotation or a figure that what it cites does not contain. Falling claims cost confidence.
"""

from __future__ import annotations

import math
import re

import msgspec

from logmedic.investigate.interface import Case
from logmedic.investigate.plain import inert
from logmedic.investigate.reread import Rereader
from logmedic.model import Claim, Diagnosis, DiagnosisStatus, Evidence, Fixable, Severity, Suspect

MOST_CLAIMS = 40
CAP_PARTLY = 0.6
CAP_NOTHING_LEFT = 0.2
_HEX = re.compile(r"(?<![0-9A-Za-z-])(?=[0-9a-f]{0,39}[0-9])(?=[0-9a-f]{0,39}[a-f])[0-9a-f]{7,40}(?![0-9A-Za-z…-])")
_QUOTED = re.compile(r"`([^`\n]{3,300})`")
_FIGURE = re.compile(r"(?<![\w.:/-])(\d[\d,]{0,15}(?:\.\d{1,6})?)(?=(\s{0,2}%)?)(?![\w…-])")


def verify(diagnosis: Diagnosis, case: Case) -> Diagnosis:
    """The report without what does not hold; the same report when all of it does.

    Never raises for what a report contains: what cannot be read again (no repository, git fails) does not hold.
    """
    reader = Rereader(case)
    by_id = {item.id: item for item in diagnosis.evidence}
    faults: dict[str, str] = {}
    dropped: list[str] = []
    claims: list[Claim] = []
    for claim in diagnosis.claims[:MOST_CLAIMS]:
        reason = _claim_fault(claim, by_id, faults, reader)
        if reason is None:
            claims.append(claim)
        else:
            dropped.append(f"{claim.text} [{reason}]")
    dropped += [f"{claim.text} [more than {MOST_CLAIMS} claims]" for claim in diagnosis.claims[MOST_CLAIMS:]]
    suspects: list[Suspect] = []
    for suspect in diagnosis.suspects:
        reason = _suspect_fault(suspect, diagnosis.evidence, reader)
        if reason is None:
            suspects.append(suspect)
        else:
            dropped.append(f"suspect {suspect.commit[:40]} [{reason}]")
    invented = reader.invented(_HEX.findall(" ".join((diagnosis.root_cause.en, diagnosis.impact.en))))
    dropped += [f"root cause or impact names {name} [no such commit]" for name in invented]
    held = msgspec.structs.replace(
        diagnosis,
        claims=tuple(claims),
        suspects=tuple(suspects),
        evidence=tuple(item for item in diagnosis.evidence if not faults.get(item.id)),
        severity=Severity.highest(diagnosis.severity, case.incident.floor),
    )
    return _conclude(held, dropped, lost_suspects=bool(diagnosis.suspects) and not suspects)


def _conclude(held: Diagnosis, dropped: list[str], *, lost_suspects: bool) -> Diagnosis:
    """Status and confidence by what is left; a code cause whose suspects all fell is none."""
    status = held.status
    confidence = 0.0 if math.isnan(held.confidence) else min(max(held.confidence, 0.0), 1.0)
    if not held.claims:
        status, confidence = DiagnosisStatus.INCONCLUSIVE, min(confidence, CAP_NOTHING_LEFT)
    elif dropped:
        kept = len(held.claims) / (len(held.claims) + len(dropped))
        confidence = min(confidence, round(CAP_PARTLY * kept, 2))
        if status is not DiagnosisStatus.INCONCLUSIVE:
            status = DiagnosisStatus.PARTLY_VERIFIED if kept >= 0.5 else DiagnosisStatus.INCONCLUSIVE
    code_cause = held.code_cause and not lost_suspects
    fixable = held.fixable
    if fixable.yes and not (code_cause and any(item.kind == "source" for item in held.evidence)):
        fixable = Fixable(False, "the evidence for a fault in the code did not hold")
    return msgspec.structs.replace(
        held,
        dropped=(*held.dropped, *dropped),
        confidence=confidence,
        status=status,
        code_cause=code_cause,
        fixable=fixable,
    )


def _claim_fault(claim: Claim, by_id: dict[str, Evidence], faults: dict[str, str], reader: Rereader) -> str | None:
    """Why a claim must go, or ``None``. ``faults`` remembers what was read: "" for evidence that holds."""
    if not claim.citations:
        return "cites nothing"
    haystack: list[str] = []
    for identity in claim.citations:
        item = by_id.get(identity)
        if item is None:
            return f"cites {identity}, which is not there"
        if identity not in faults:
            faults[identity] = reader.fault(item) or ""
        if faults[identity]:
            return f"{identity}: {faults[identity]}"
        haystack.append(reader.words(item))
    return _unsupported(claim.text, "\n".join(haystack))


def _unsupported(text: str, cited: str) -> str | None:
    """What the claim says but the evidence does not: a commit, a quotation, a figure of two digits or more, a share."""
    cited = f"{cited}\n{inert(cited)}"  # claims are escaped for terminals
    flat = " ".join(cited.split())
    for found in _HEX.finditer(text):
        if found[0] not in cited:
            return f"{found[0]} is not in what it cites"
    for found in _QUOTED.finditer(text):
        if " ".join(found[1].split()) not in flat:
            return f"the quotation {found[1][:60]!r} is not in what it cites"
    known = {number.replace(",", "") for number in re.findall(r"\d[\d,]*(?:\.\d+)?", cited)}
    for found in _FIGURE.finditer(text):
        number = found[1].rstrip(",").replace(",", "")
        if (len(number) > 1 or found[2]) and number not in known:
            return f"the figure {found[1]} is not in what it cites"
    return None


def _suspect_fault(suspect: Suspect, evidence: tuple[Evidence, ...], reader: Rereader) -> str | None:
    if not any(suspect.commit in (item.locator.get("commit"), item.locator.get("author_commit")) for item in evidence
               if item.kind in {"commit", "blame"}):  # fmt: skip
        return "not among the evidence"
    return reader.suspect_fault(suspect.commit)
