"""The decisions of the offline investigator, each a pure function of the dossier: kind, severity, code, confidence."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from logmedic.investigate import source
from logmedic.investigate.changes.hunks import SETTINGS, can_run
from logmedic.investigate.evidence import Dossier
from logmedic.investigate.faults import kinds
from logmedic.investigate.faults.cascade import speaks_of_service
from logmedic.investigate.faults.clues import clues, with_others
from logmedic.investigate.faults.kind import Code, Kind
from logmedic.investigate.faults.taxonomy import Classified, classify
from logmedic.investigate.suspects.outside import text_of
from logmedic.investigate.suspects.ranking import ranked
from logmedic.investigate.suspects.scene import Scene
from logmedic.model import (
    NANOSECONDS,
    CauseKind,
    Fixable,
    Frame,
    Incident,
    Level,
    Sample,
    Severity,
    Substate,
    Suspect,
    Text,
)

HIGHEST_OFFLINE = 0.9  # nobody has reproduced anything
CLEAR_LEAD = 0.1  # between the scores of two suspects, below which neither stands out
UNDECIDED = 0.15
_SURE_BY = {"type": 0.6, "phrase": 0.65, "status": 0.5, "code": 0.45, "rule": 0.6, "nothing": 0.15}
_NO_CHANGE = Text("no change in the code explains the fault", "이 오류를 설명하는 코드 변경이 없습니다")
_NOT_KNOWN = Text("what went wrong is not known well enough", "무엇이 잘못되었는지 충분히 밝혀지지 않았습니다")
_FOR_A_PERSON = Text(
    "the remedy is a setting or a limit, which a person should choose",
    "설정이나 한도를 조정해야 하므로 사람이 판단해야 합니다",
)
_NOT_TRACKED = Text("no frame of the stack is in the repository", "스택에 나온 코드가 저장소에 없습니다")
_SYNTHETIC = {"storm": kinds.STORM, "surge": kinds.SURGE}


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    classified: Classified
    severity: Severity
    cause: CauseKind
    suspects: tuple[Suspect, ...]
    code_cause: bool
    fixable: Fixable
    confidence: float
    judged: bool  # the history could be asked whether a change explains this
    culprit: Frame | None
    also: Mapping[str, tuple[str, ...]] = {}  # suspect → other commits that its reasons speak of

    @property
    def kind(self) -> Kind:
        return self.classified.kind


def judge(dossier: Dossier, incident: Incident) -> Judgement:
    classified = kind_of(dossier)
    kind = classified.kind
    culprit = dossier.stack.culprit if dossier.stack is not None else None
    found = () if dossier.elsewhere else tuple(ranked(scene_of(dossier, incident, kind)))
    suspects = tuple(entry.suspect for entry in found)
    lookable = bool(dossier.places) or dossier.listed or (kind.code is not Code.BUG and not dossier.elsewhere)
    judged = lookable and any(change.parents for change in dossier.changes)
    unjudged_bug = kind.code is Code.BUG and kind is not kinds.UNKNOWN and culprit is not None and not judged
    code_cause = bool(suspects) or unjudged_bug
    return Judgement(
        classified=classified,
        severity=severity_of(kind, dossier, incident),
        cause=_cause(kind, suspects, dossier, judged=judged),
        suspects=suspects,
        code_cause=code_cause,
        fixable=_fixable(kind, dossier, code_cause=code_cause),
        confidence=_confidence(classified, dossier, suspects, judged=judged),
        judged=judged,
        culprit=culprit,
        also={entry.suspect.commit: entry.also for entry in found if entry.also},
    )


def kind_of(dossier: Dossier) -> Classified:
    """The taxonomy's answer, unless a rule made the incident up (surge, storm) or only slowness was seen."""
    sample = dossier.sample
    record = sample.record
    own_words = record.error_code or record.exception_type or dossier.stack is not None
    for word, kind in _SYNTHETIC.items():
        if _is_synthetic(sample, word):
            return Classified(kind, "rule", word)
    found = classify(record, dossier.stack)
    if record.duration_ms is not None and record.level < Level.ERROR and not own_words:
        slow = next((match.rule for match in sample.matches if "slow" in match.rule or "duration" in match.rule), None)
        if slow is not None:
            return Classified(kinds.SLOW, "rule", slow)
    return found


def sums_up(sample: Sample) -> bool:
    """Whether the incident counts errors that have incidents of their own (a surge, a storm)."""
    return any(_is_synthetic(sample, word) for word in _SYNTHETIC)


def _is_synthetic(sample: Sample, word: str) -> bool:
    """Whether the record stands for many others: such incidents are grouped by the rule alone."""
    return any(component.name == "synthetic" and component.value == word for component in sample.grouping.components)


def scene_of(dossier: Dossier, incident: Incident, kind: Kind) -> Scene:
    record = dossier.sample.record
    line = dossier.places[0].span.line if dossier.places else 0
    blamed: dict[str, int] = {}
    for entry in dossier.blamed:
        if entry.line == line:
            blamed[entry.commit] = blamed.get(entry.commit, 0) + 1
    return Scene(
        kind=kind,
        clues=with_others(clues(record, dossier.stack), dossier.cascade.others),
        places=dossier.places,
        changes=dossier.changes,
        blamed=blamed,
        first_seen=incident.first_seen // NANOSECONDS,
        hit=dossier.cascade.hit or ((incident.service,) if incident.service else ()),
        services=dossier.services,
        sent=dossier.sent,
        listed=dossier.listed,
        alike=dossier.cascade.alike,
        told=dossier.told,
        service=incident.service,
        subject=text_of(record),
        deployed=dossier.deployed,
        called=(*dossier.cascade.linked, *(name for name in dossier.services if speaks_of_service(record, name))),
        sources=tuple(item.text for item in dossier.evidence if item.kind == "source"),
        functions=source.functions(dossier.stack),
        libraries=source.libraries(dossier.stack),
    )


def severity_of(kind: Kind, dossier: Dossier, incident: Incident) -> Severity:
    """Our own judgement, never below the floor that the rules set."""
    record = dossier.sample.record
    own = kind.severity
    if kind.code is Code.BUG and own is Severity.CRITICAL:
        ours = (dossier.stack is not None and dossier.stack.culprit is not None) or bool(record.file)
        own = Severity.CRITICAL if ours and record.level >= Level.ERROR else Severity.WARNING
    if kind.cause is not CauseKind.CLIENT:
        if record.level >= Level.FATAL or "panicked at" in record.message[:2_000]:
            own = Severity.CRITICAL
        if incident.substate is Substate.ESCALATING:
            own = Severity.CRITICAL
    return Severity.highest(own, incident.floor)


def _cause(kind: Kind, suspects: tuple[Suspect, ...], dossier: Dossier, *, judged: bool) -> CauseKind:
    """Where a change explains a fault that mostly has none, the change is the cause; and the other way round."""
    if suspects and (kind.code is Code.KNOB or kind.cause in {CauseKind.CODE, CauseKind.UNKNOWN}):
        changed = next((c for c in dossier.changes if c.commit == suspects[0].commit), None)
        paths = [f.path.lower() for f in changed.files if can_run(f.path)] if changed is not None else []
        return CauseKind.CONFIG if paths and all(p.endswith(SETTINGS) for p in paths) else CauseKind.CODE
    if kind.cause is CauseKind.CODE and judged:
        return CauseKind.DATA  # the code is as it was: what reaches it is new
    return kind.cause


def _fixable(kind: Kind, dossier: Dossier, *, code_cause: bool) -> Fixable:
    if not code_cause:
        return Fixable(False, _NOT_TRACKED if dossier.elsewhere else _NO_CHANGE)
    if kind is kinds.UNKNOWN:
        return Fixable(False, _NOT_KNOWN)
    if kind.code is not Code.BUG:
        return Fixable(False, _FOR_A_PERSON)
    if not dossier.places or not dossier.places[0].exact:
        return Fixable(False, _NOT_TRACKED)
    where = f"{dossier.places[0].path}:{dossier.places[0].span.line}"
    return Fixable(
        True, Text(f"the line that failed is tracked: {where}", f"오류가 발생한 줄이 저장소에 있습니다: {where}")
    )


def _confidence(classified: Classified, dossier: Dossier, suspects: tuple[Suspect, ...], *, judged: bool) -> float:
    """How sure the cause is: by how the kind was told and, where a change is named, by what ties it and it alone."""
    sure = _SURE_BY[classified.by]
    if suspects:
        lead = suspects[0].score - (suspects[1].score if len(suspects) > 1 else 0.0)
        sure = 0.5 * sure + 0.5 * suspects[0].score - (UNDECIDED if lead < CLEAR_LEAD else 0.0)
    elif classified.kind.code is Code.BUG:
        sure *= 0.75 if judged else 0.9
    elif classified.kind.code is Code.KNOB and judged:
        sure *= 0.9  # something may have been changed all the same
    if dossier.places and dossier.places[0].exact:
        sure += 0.1
    if dossier.running is not None and dossier.running.how == "head":
        sure -= 0.1  # the clocks of log and repository disagree
    return round(min(max(sure, 0.05), HIGHEST_OFFLINE), 2)
