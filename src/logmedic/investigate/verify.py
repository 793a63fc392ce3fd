"""Reads every citation of a report again, whoever wrote the report, and lets stand only what holds.

A claim falls when it cites nothing, cites an id that is not there, cites evidence that no longer reads as quoted, or
says a commit id, a quotation or a figure that what it cites does not contain, in either language: a reader of Korean
relies on the Korean sentence alone. Falling claims cost confidence.

A report that a model wrote is held to more (:func:`verify` with ``instead``): its root cause must be a claim that
stands, its other sentences may say no figure, place, quotation or commit that the standing claims do not cite, and a
name of code must stand somewhere in what the model was given; advice alone may name what is not there yet.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence

import msgspec

from logmedic.investigate.interface import Case
from logmedic.investigate.plain import inert
from logmedic.investigate.reread import Rereader
from logmedic.investigate.saying import HEX, unknown_name, unsupported
from logmedic.model import Claim, Diagnosis, DiagnosisStatus, Evidence, Fixable, Severity, Suspect, Text

MOST_CLAIMS = 40
CAP_PARTLY = 0.6
CAP_NOTHING_LEFT = 0.2
_NO_CITATION = Text("cites nothing", "인용한 증거가 없음")
_NO_EVIDENCE = Text("not among the evidence", "증거에 없음")
_NO_COMMIT = Text("no such commit", "그런 커밋이 없음")
_NO_GROUND = Text("no claim that holds says so", "이를 뒷받침하는 근거가 없음")
_TOO_MANY = Text(f"more than {MOST_CLAIMS} claims", f"주장이 {MOST_CLAIMS}개를 넘음")
_NOT_UPHELD = Text(
    "the evidence for a fault in the code did not hold", "코드 결함이라는 증거가 검증을 통과하지 못했습니다"
)


def verify(
    diagnosis: Diagnosis, case: Case, *, instead: Diagnosis | None = None, dropped: Sequence[Text] = ()
) -> Diagnosis:
    """The report without what does not hold; the same report when all of it does.

    Never raises for what a report contains: what cannot be read again (no repository, git fails) does not hold.
    ``instead``: given for a report that a model wrote, the verdict whose sentences take the place of fallen ones.
    ``dropped``: what has fallen before.
    """
    checker = _Checker(diagnosis, case, instead)
    fallen = [*dropped]
    claims: list[Claim] = []
    for claim in diagnosis.claims[:MOST_CLAIMS]:
        reason = checker.claim(claim)
        if reason is None:
            claims.append(claim)
        else:
            fallen.append(_because(claim.text, reason))
    fallen += [_because(claim.text, _TOO_MANY) for claim in diagnosis.claims[MOST_CLAIMS:]]
    held = msgspec.structs.replace(
        diagnosis,
        claims=tuple(claims),
        severity=Severity.highest(diagnosis.severity, case.incident.floor),
    )
    if instead is not None:
        held = _sentences(held, instead, checker.narrative(claims), fallen)
    suspects: list[Suspect] = []
    for suspect in held.suspects:
        reason = checker.suspect(suspect)
        if reason is None:
            suspects.append(suspect)
        else:
            fallen.append(_because(_suspect_named(suspect), reason))
    for name in checker.reader.invented(_commits_told(held)):
        told = Text(f"root cause or impact names {name}", f"근본 원인 또는 영향에 나온 {name}")
        fallen.append(_because(told, _NO_COMMIT))
    evidence = tuple(item for item in held.evidence if checker.faults.get(item.id) is None)
    held = msgspec.structs.replace(held, suspects=tuple(suspects), evidence=evidence)
    return _conclude(held, fallen, lost_suspects=bool(diagnosis.suspects) and not suspects)


class _Checker:
    """Remembers what was read: ``faults`` has ``None`` for evidence that holds."""

    def __init__(self, diagnosis: Diagnosis, case: Case, instead: Diagnosis | None) -> None:
        self.reader = Rereader(case)
        self.faults: dict[str, Text | None] = {}
        self._evidence = diagnosis.evidence
        self._by_id = {item.id: item for item in diagnosis.evidence}
        self._case = case
        self._instead = instead
        self._strict = instead is not None

    def claim(self, claim: Claim) -> Text | None:
        """Why a claim must go, or ``None``."""
        if not claim.citations:
            return _NO_CITATION
        items: list[Evidence] = []
        for identity in claim.citations:
            item = self._by_id.get(identity)
            if item is None:
                return Text(f"cites {identity}, which is not there", f"인용한 {identity} 증거가 없음")
            fault = self._fault(item)
            if fault is not None:
                return Text(f"{identity}: {fault.en}", f"{identity}: {fault.ko}")
            items.append(item)
        return self.says(claim.text, items) or self.unknown(claim.text)

    def unknown(self, text: Text) -> Text | None:
        """A name of code that a model cannot have from what it was given."""
        return (unknown_name(text.en, self._given) or unknown_name(text.ko, self._given)) if self._strict else None

    @functools.cached_property
    def _given(self) -> str:
        incident, verdict = self._case.incident, self._instead
        told = [self.reader.words(item) for item in self._evidence]
        told += [incident.title, incident.culprit, incident.service]
        if verdict is not None:
            texts = (verdict.root_cause, verdict.impact, *verdict.actions, *(claim.text for claim in verdict.claims))
            told += [words for text in texts for words in (text.en, text.ko)]
        return "\n".join(told)

    def narrative(self, claims: Sequence[Claim]) -> _Narrative:
        """What sentences without citations of their own may rest on: what standing claims cite, and all figures."""
        cited = {identity for claim in claims for identity in claim.citations}
        items = [
            item for item in self._evidence if (item.id in cited or item.kind == "figure") and self._fault(item) is None
        ]
        return _Narrative(self, items)

    def suspect(self, suspect: Suspect) -> Text | None:
        told = {"commit", "blame"}
        places = [(e.locator.get("commit"), e.locator.get("author_commit")) for e in self._evidence if e.kind in told]
        if not any(suspect.commit in place for place in places):
            return _NO_EVIDENCE
        return self.reader.suspect_fault(suspect.commit)

    def about(self, commit: str) -> list[Evidence]:
        """Evidence on a commit that holds."""
        items = (e for e in self._evidence if commit in (e.locator.get("commit"), e.locator.get("author_commit")))
        return [item for item in items if item.kind != "source" and self._fault(item) is None]

    def _fault(self, item: Evidence) -> Text | None:
        if item.id not in self.faults:
            self.faults[item.id] = self.reader.fault(item)
        return self.faults[item.id]

    def says(self, text: Text, items: Sequence[Evidence]) -> Text | None:
        cited = "\n".join(self.reader.words(item) for item in items)
        cited = f"{cited}\n{inert(cited)}"  # claims are escaped for terminals
        return unsupported(text.en, cited, items, strict=self._strict) or unsupported(
            text.ko, cited, items, strict=self._strict
        )


class _Narrative:
    def __init__(self, checker: _Checker, items: Sequence[Evidence]) -> None:
        self._checker = checker
        self._items = items

    def fault(self, text: Text, *more: Evidence) -> Text | None:
        return self._checker.says(text, [*self._items, *more])

    def suspect(self, suspect: Suspect) -> Text | None:
        return self.fault(suspect.why, *self._checker.about(suspect.commit)) or self._checker.unknown(suspect.why)

    def impact(self, text: Text) -> Text | None:
        return self.fault(text) or self._checker.unknown(text)


def _sentences(held: Diagnosis, instead: Diagnosis, rests_on: _Narrative, fallen: list[Text]) -> Diagnosis:
    """The report with its uncited sentences checked; what falls is noted in ``fallen``."""

    def stands(text: Text, look: Callable[[Text], Text | None] = rests_on.fault) -> bool:
        fault = look(text)
        if fault is not None:
            fallen.append(_because(text, fault))
        return fault is None

    root = held.root_cause
    if not any(claim.text == root for claim in held.claims):
        root = instead.root_cause
        if not any(held.root_cause.en in text.en for text in fallen):
            fallen.append(_because(held.root_cause, _NO_GROUND))
    suspects = []
    for suspect in held.suspects:
        fault = rests_on.suspect(suspect)
        if fault is None:
            suspects.append(suspect)
        else:
            fallen.append(_because(_suspect_named(suspect), fault))
    fixable = held.fixable
    if not stands(fixable.reason):
        fixable = Fixable(False, _NOT_UPHELD)
    return msgspec.structs.replace(
        held,
        root_cause=root,
        impact=held.impact if stands(held.impact, rests_on.impact) else instead.impact,
        actions=tuple(action for action in held.actions if stands(action)) or instead.actions,
        suspects=tuple(suspects),
        fixable=fixable,
    )


def _suspect_named(suspect: Suspect) -> Text:
    short = suspect.commit[:40]
    return Text(f"suspect {short}", f"의심 커밋 {short}")


def _because(what: Text, reason: Text) -> Text:
    return Text(f"{what.en} [{reason.en}]", f"{what.ko} [{reason.ko}]")


def _commits_told(diagnosis: Diagnosis) -> list[str]:
    """What looks like a commit id in the root cause or the impact, in either language."""
    texts = (diagnosis.root_cause.en, diagnosis.root_cause.ko, diagnosis.impact.en, diagnosis.impact.ko)
    return list(dict.fromkeys(name for text in texts for name in HEX.findall(text)))


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
