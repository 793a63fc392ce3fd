"""Reads every citation of a report again, whoever wrote the report, and lets stand only what holds.

A claim falls when it cites nothing, cites an id that is not there, cites evidence that no longer reads as quoted, or
says a commit id, a quotation or a figure that what it cites does not contain, in either language: a reader of Korean
relies on the Korean sentence alone. Falling claims cost confidence.
"""

from __future__ import annotations

import math
import re

import msgspec

from logmedic.investigate.interface import Case
from logmedic.investigate.plain import inert
from logmedic.investigate.reread import Rereader, quoting
from logmedic.model import Claim, Diagnosis, DiagnosisStatus, Evidence, Fixable, Severity, Suspect, Text

MOST_CLAIMS = 40
CAP_PARTLY = 0.6
CAP_NOTHING_LEFT = 0.2
_HEX = re.compile(r"(?<![0-9A-Za-z-])(?=[0-9a-f]{0,39}[0-9])(?=[0-9a-f]{0,39}[a-f])[0-9a-f]{7,40}(?![0-9A-Za-z…-])")
_QUOTED = re.compile(r"`([^`\n]{3,300})`")
# Only Latin letters make a name of digits: Korean writes particles and counters right behind them ("73%를", "15회").
_FIGURE = re.compile(
    r"(?<![A-Za-z_\d.:/-])(\d[\d,]{0,15}(?:\.\d{1,6})?)"
    r"(?=([백천만억조])?)(?=(\s{0,2}(?:[%％]|퍼센트|per ?cent))?)(?![A-Za-z_\d…-])"
)
_NO_CITATION = Text("cites nothing", "인용한 증거가 없음")
_NO_EVIDENCE = Text("not among the evidence", "증거에 없음")
_NO_COMMIT = Text("no such commit", "그런 커밋이 없음")
_TOO_MANY = Text(f"more than {MOST_CLAIMS} claims", f"주장이 {MOST_CLAIMS}개를 넘음")
_NOT_UPHELD = Text(
    "the evidence for a fault in the code did not hold", "코드 결함이라는 증거가 검증을 통과하지 못했습니다"
)


def verify(diagnosis: Diagnosis, case: Case) -> Diagnosis:
    """The report without what does not hold; the same report when all of it does.

    Never raises for what a report contains: what cannot be read again (no repository, git fails) does not hold.
    """
    reader = Rereader(case)
    by_id = {item.id: item for item in diagnosis.evidence}
    faults: dict[str, Text | None] = {}
    dropped: list[Text] = []
    claims: list[Claim] = []
    for claim in diagnosis.claims[:MOST_CLAIMS]:
        reason = _claim_fault(claim, by_id, faults, reader)
        if reason is None:
            claims.append(claim)
        else:
            dropped.append(_because(claim.text, reason))
    dropped += [_because(claim.text, _TOO_MANY) for claim in diagnosis.claims[MOST_CLAIMS:]]
    suspects: list[Suspect] = []
    for suspect in diagnosis.suspects:
        reason = _suspect_fault(suspect, diagnosis.evidence, reader)
        if reason is None:
            suspects.append(suspect)
        else:
            short = suspect.commit[:40]
            dropped.append(_because(Text(f"suspect {short}", f"의심 커밋 {short}"), reason))
    for name in reader.invented(_commits_told(diagnosis)):
        told = Text(f"root cause or impact names {name}", f"근본 원인 또는 영향에 나온 {name}")
        dropped.append(_because(told, _NO_COMMIT))
    held = msgspec.structs.replace(
        diagnosis,
        claims=tuple(claims),
        suspects=tuple(suspects),
        evidence=tuple(item for item in diagnosis.evidence if faults.get(item.id) is None),
        severity=Severity.highest(diagnosis.severity, case.incident.floor),
    )
    return _conclude(held, dropped, lost_suspects=bool(diagnosis.suspects) and not suspects)


def _because(what: Text, reason: Text) -> Text:
    return Text(f"{what.en} [{reason.en}]", f"{what.ko} [{reason.ko}]")


def _commits_told(diagnosis: Diagnosis) -> list[str]:
    """What looks like a commit id in the root cause or the impact, in either language."""
    texts = (diagnosis.root_cause.en, diagnosis.root_cause.ko, diagnosis.impact.en, diagnosis.impact.ko)
    return list(dict.fromkeys(name for text in texts for name in _HEX.findall(text)))


def _conclude(held: Diagnosis, dropped: list[Text], *, lost_suspects: bool) -> Diagnosis:
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
        fixable = Fixable(False, _NOT_UPHELD)
    return msgspec.structs.replace(
        held,
        dropped=(*held.dropped, *dropped),
        confidence=confidence,
        status=status,
        code_cause=code_cause,
        fixable=fixable,
    )


def _claim_fault(
    claim: Claim, by_id: dict[str, Evidence], faults: dict[str, Text | None], reader: Rereader
) -> Text | None:
    """Why a claim must go, or ``None``. ``faults`` remembers what was read: ``None`` for evidence that holds."""
    if not claim.citations:
        return _NO_CITATION
    haystack: list[str] = []
    for identity in claim.citations:
        item = by_id.get(identity)
        if item is None:
            return Text(f"cites {identity}, which is not there", f"인용한 {identity} 증거가 없음")
        if identity not in faults:
            faults[identity] = reader.fault(item)
        fault = faults[identity]
        if fault is not None:
            return Text(f"{identity}: {fault.en}", f"{identity}: {fault.ko}")
        haystack.append(reader.words(item))
    cited = "\n".join(haystack)
    cited = f"{cited}\n{inert(cited)}"  # claims are escaped for terminals
    return _unsupported(claim.text.en, cited) or _unsupported(claim.text.ko, cited)


def _unsupported(text: str, cited: str) -> Text | None:
    """What the claim says but the evidence does not: a commit, a quotation, a figure of two digits or more, a share."""
    flat = " ".join(cited.split()).lower()  # the taxonomy's phrases are lower case
    for found in _HEX.finditer(text):
        if found[0] not in cited:
            return quoting("{} is not in what it cites", "인용한 증거에 없는 커밋: {}", found[0])
    for found in _QUOTED.finditer(text):
        if " ".join(found[1].lower().split()) not in flat:
            return quoting(
                "the quotation {} is not in what it cites", "인용한 증거에 없는 인용문: {}", repr(found[1][:60])
            )
    known = {number.replace(",", "") for number in re.findall(r"\d[\d,]*(?:\.\d+)?", cited)}
    for found in _FIGURE.finditer(text):
        number, unit, share = found[1].rstrip(",").replace(",", ""), found[2], found[3]
        if unit and f"{number}{unit}" not in cited:  # 4만 is forty thousand: the 4 alone supports nothing
            return _no_figure(f"{number}{unit}")
        if (len(number) > 1 or share) and number not in known:
            return _no_figure(found[1])
    return None


def _no_figure(figure: str) -> Text:
    return quoting("the figure {} is not in what it cites", "인용한 증거에 없는 수치: {}", figure)


def _suspect_fault(suspect: Suspect, evidence: tuple[Evidence, ...], reader: Rereader) -> Text | None:
    if not any(suspect.commit in (item.locator.get("commit"), item.locator.get("author_commit")) for item in evidence
               if item.kind in {"commit", "blame"}):  # fmt: skip
        return _NO_EVIDENCE
    return reader.suspect_fault(suspect.commit)
