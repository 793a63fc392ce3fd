"""The investigator that needs no model and no key: evidence, taxonomy, suspects, and sentences made of them."""

from __future__ import annotations

from collections.abc import Iterator

from logmedic.investigate import logs
from logmedic.investigate.evidence import Dossier, Redactor, gather, with_commits
from logmedic.investigate.faults import kinds
from logmedic.investigate.faults.cascade import speaks_of_service
from logmedic.investigate.faults.kind import Code
from logmedic.investigate.faults.taxonomy import Classified
from logmedic.investigate.interface import Case
from logmedic.investigate.judge import Judgement, judge
from logmedic.investigate.plain import line
from logmedic.investigate.suspects.scene import Place
from logmedic.investigate.verify import verify
from logmedic.model import Claim, Diagnosis, DiagnosisStatus, Incident, State, Suspect, Text

LEAST_SURE = 0.3  # below, the report says that it is inconclusive
_BY = {"type": "예외 타입", "phrase": "로그 문구", "status": "상태 코드", "code": "오류 코드", "rule": "탐지 규칙"}
_ELSEWHERE = Text(
    "Its source was not found in the repository, so no commit was judged.",
    "오류가 난 소스를 저장소에서 찾지 못해 커밋은 판단하지 않았습니다.",
)
_STATE = {
    State.OPEN: Text("open", "열림"),
    State.ACKED: Text("acked", "확인됨"),
    State.SNOOZED: Text("snoozed", "알림 보류"),
    State.RESOLVED: Text("resolved", "해결됨"),
    State.IGNORED: Text("ignored", "무시됨"),
}


class OfflineInvestigator:
    """Answers in milliseconds, so that the first alert never waits for a model."""

    name = "offline"

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor

    def investigate(self, case: Case) -> Diagnosis:
        """A verified report on the latest sample. Never raises for what a log or a repository contains."""
        return verify(self.draft(case, gather(case, self._redactor)), case)

    def draft(self, case: Case, dossier: Dossier) -> Diagnosis:
        """The report before its citations are read again."""
        judgement = judge(dossier, case.incident)
        named = [*(s.commit for s in judgement.suspects), *(c for also in judgement.also.values() for c in also)]
        dossier = with_commits(dossier, named, self._redactor)
        unknown = judgement.kind is kinds.UNKNOWN and not judgement.suspects
        inconclusive = unknown or judgement.confidence < LEAST_SURE
        suspects = tuple(Suspect(s.commit, s.score, self._clean(s.why)) for s in judgement.suspects)
        return Diagnosis(
            severity=judgement.severity,
            cause_kind=judgement.cause,
            root_cause=self._root_cause(dossier, judgement),
            impact=impact(dossier),
            actions=_actions(dossier, judgement),
            suspects=suspects,
            code_cause=judgement.code_cause,
            fixable=judgement.fixable,
            confidence=judgement.confidence,
            claims=tuple(self._claims(dossier, judgement, suspects)),
            evidence=dossier.evidence,
            first_failing_service=first_failing(dossier),
            blast_radius=dossier.cascade.hit or services_of(dossier),
            remediation=_remediation(dossier, judgement),
            engine=self.name,
            status=DiagnosisStatus.INCONCLUSIVE if inconclusive else DiagnosisStatus.VERIFIED,
        )

    def _clean(self, why: Text) -> Text:
        """Diffs are quoted in it: one inert line without secrets."""
        return Text(*(line(self._redactor.text(text), 400) for text in (why.en, why.ko)))

    def _root_cause(self, dossier: Dossier, judgement: Judgement) -> Text:
        english, korean = [judgement.kind.root.en], [judgement.kind.root.ko]
        failed = judgement.kind.id not in {"slow", "surge", "storm"}
        said = line(self._redactor.text(_error(dossier)), 160) if failed else ""
        where = _where(dossier, judgement)
        if said:
            english.append(f"Error: {said}" + (f", in {where}." if where else "."))
            korean.append(f"오류: {said}" + (f" (위치: {where})." if where else "."))
        if dossier.elsewhere and judgement.kind.code is not Code.NEVER:
            english.append(_ELSEWHERE.en)
            korean.append(_ELSEWHERE.ko)
        if len(dossier.cascade.path) > 1:
            first, own = line(dossier.cascade.first, 60), line(dossier.cascade.path[0], 60)
            if dossier.cascade.presumed:
                english.append(f"{first} began to fail shortly before {own}, which may come from there.")
                korean.append(f"{first}의 오류가 {own}보다 조금 먼저 시작되었으므로, 그 영향일 수 있습니다.")
            else:
                english.append(f"It began in {first}; {own} was dragged down.")
                korean.append(f"장애는 {first}에서 시작되었고, {own}의 오류는 그 영향입니다.")
        if judgement.suspects:
            short, subject = self._named(dossier, judgement.suspects[0])
            english.append(f"Likely brought about by commit {short} “{subject}”.")
            korean.append(f"유력한 원인은 커밋 {short} “{subject}”입니다.")
        return Text(" ".join(english), " ".join(korean))

    def _named(self, dossier: Dossier, suspect: Suspect) -> tuple[str, str]:
        subject = next((c.subject for c in dossier.changes if c.commit == suspect.commit), "")
        return suspect.commit[:12], line(self._redactor.text(subject), 100)

    def _claims(self, dossier: Dossier, judgement: Judgement, suspects: tuple[Suspect, ...]) -> Iterator[Claim]:
        record = dossier.evidence[0]
        said = line(record.text.partition("\n")[0], 300)
        yield Claim(Text(f"The record says: {said}", f"로그에는 다음과 같이 기록되었습니다: {said}"), (record.id,))
        if judgement.classified.matched:
            yield Claim(self._kind(judgement.classified), (record.id,))
        if len(dossier.cascade.path) > 1 and speaks_of_service(dossier.sample.record, dossier.cascade.first):
            first = line(dossier.cascade.first, 60)
            yield Claim(
                Text(f"The error names {first} as what it called.", f"오류에 나온 호출 대상: {first}."), (record.id,)
            )
        source = dossier.source_ids.get(0)
        if dossier.places and source is not None:
            yield Claim(_raised(dossier.places[0]), (source, record.id))
        for suspect in suspects:
            commits = (suspect.commit, *judgement.also.get(suspect.commit, ()))
            cited = dossier.cite(*(dossier.commit_ids.get(commit) for commit in commits), source, record.id)
            short, why = suspect.commit[:12], suspect.why
            english = f"Commit {short} could have produced it: {why.en}."
            yield Claim(Text(english, f"이 오류는 커밋 {short}에서 비롯되었을 수 있습니다: {why.ko}."), cited)
        told_of = ("count", "share", "errors_after") if "errors_after" in dossier.figures else ("count", "slowest")
        for name in (*told_of, "services"):
            if name in dossier.figures and not (name == "errors_after" and not dossier.figures[name].value):
                text = dossier.figures[name].text
                told = Text(f"{text.en[0].upper()}{text.en[1:]}.", f"{text.ko}.")
                yield Claim(told, dossier.cite(dossier.figure_ids.get(name)))
        for identity, incident in [*dossier.earlier.items()][:1]:
            title = line(self._redactor.text(incident.title), 140)
            yield Claim(_alike(title, incident), (identity,))

    def _kind(self, classified: Classified) -> Text:
        matched, by = line(self._redactor.text(classified.matched), 100), classified.by
        return Text(
            f"It is a fault of the kind {classified.kind.id}: the {by} is {matched}.",
            f"오류 유형은 {classified.kind.id}입니다. 판단 근거: {_BY[by]} “{matched}”.",
        )


def _raised(place: Place) -> Text:
    where, name = f"{place.path}:{place.span.line}", place.span.name
    english = f"{f'in {name} ' if name else ''}at {where}."
    korean = f"{name} ({where})" if name else where
    if place.exact:
        return Text(f"It was raised {english}", f"오류 발생 위치: {korean}.")
    return Text(f"The log line was written {english}", f"로그 기록 위치: {korean}.")


def _alike(title: str, incident: Incident) -> Text:
    count, last = incident.count, logs.iso(incident.last_seen)
    state = _STATE[incident.state]
    return Text(
        f"An earlier incident is alike: {title} ({state.en}, {count} times, last {last})",
        f"비슷한 과거 인시던트가 있습니다: {title} ({state.ko}, {count}회, 마지막 {last})",
    )


def _error(dossier: Dossier) -> str:
    """What went wrong in the words of the innermost cause, else of the record."""
    record = dossier.sample.record
    if dossier.stack is not None and dossier.stack.parts:
        part = dossier.stack.parts[-1]
        message = part.message.partition("(Background on this error at")[0]  # SQLAlchemy adds it to everything
        return f"{part.type}: {message}".strip(": ")
    if record.exception_type:
        return f"{record.exception_type}: {record.exception_message or ''}".strip(": ")
    return record.message


def _where(dossier: Dossier, judgement: Judgement) -> str:
    if dossier.places and dossier.places[0].exact:
        place = dossier.places[0]
        return f"{place.span.name or 'code'} ({place.path}:{place.span.line})"
    if judgement.culprit is not None:
        frame = judgement.culprit
        return line(f"{frame.function} ({frame.path}:{frame.line})" if frame.path else frame.function, 120)
    return ""


def impact(dossier: Dossier) -> Text:
    """What was measured, in words. Says nothing that was not."""
    figures = dossier.figures
    if "count" not in figures:
        return Text("Not measured.", "측정되지 않았습니다.")
    count, first = int(figures["count"].value), logs.iso(int(figures["first_seen"].value))[:16].replace("T", " ")
    times = "once" if count == 1 else f"{count:,} times"
    dated = "time-inferred" not in dossier.sample.record.flags
    english = [f"Seen {times} since {first} UTC." if dated else f"Seen {times}; it does not say when."]
    korean = [
        f"{first} UTC 이후 {count:,}회 발생했습니다." if dated else f"{count:,}회 발생했고, 시각은 적혀 있지 않습니다."
    ]
    if "requests" in figures and figures["requests"].value > 1:
        n, of = int(figures["requests"].value), int(figures["samples"].value)
        english.append(f"{n} different requests among the {of} stored samples.")
        korean.append(f"저장된 표본 {of}건은 서로 다른 요청 {n}건에서 나왔습니다.")
    if "share" in figures:
        english.append(f"It makes up {figures['share'].value:.1%} of the service's errors since then.")
        korean.append(f"같은 기간 이 서비스 오류의 {figures['share'].value:.1%}를 차지합니다.")
    before, after = (int(figures[name].value) if name in figures else 0 for name in ("errors_before", "errors_after"))
    if after > before:
        english.append(f"Errors in an hour rose from {before:,} to {after:,}.")
        korean.append(f"시간당 오류가 {before:,}건에서 {after:,}건으로 늘었습니다.")
    if "slowest" in figures:
        slowest = figures["slowest"].value / 1000
        english.append(f"The slowest took {slowest:.1f} s.")
        korean.append(f"가장 느린 요청은 {slowest:.1f}초 걸렸습니다.")
    return Text(" ".join(english), " ".join(korean))


def services_of(dossier: Dossier) -> tuple[str, ...]:
    service = dossier.sample.record.service
    return (service,) if service else ()


def first_failing(dossier: Dossier) -> str:
    return dossier.cascade.first or dossier.sample.record.service


def _remediation(dossier: Dossier, judgement: Judgement) -> Text:
    """What stops the harm soonest: undo the change that brought it about, else what helps with this kind of fault."""
    if not judgement.suspects:
        return judgement.kind.actions[0]
    commit = judgement.suspects[0].commit
    where = first_failing(dossier)
    english = f"Roll back commit {commit[:12]}" + (f" in {line(where, 60)}" if where else "")
    korean = (f"{line(where, 60)}에서 " if where else "") + f"커밋 {commit[:12]} 롤백"
    return Text(f"{english}, then watch whether the errors stop.", f"{korean} 후 오류가 멈추는지 확인하세요.")


def _actions(dossier: Dossier, judgement: Judgement) -> tuple[Text, ...]:
    actions: list[Text] = []
    if judgement.suspects:
        short = judgement.suspects[0].commit[:12]
        actions.append(
            Text(
                f"Review commit {short}; revert it if the fault is urgent.",
                f"의심 커밋({short})을 먼저 검토하고, 급하면 되돌리세요.",
            )
        )
    actions += judgement.kind.actions
    if judgement.kind.code is not Code.NEVER and any("no repository" in gap for gap in dossier.gaps):
        actions.append(
            Text(
                "Configure the repository, so that source and commits can be looked at.",
                "소스와 커밋을 확인할 수 있도록 저장소를 설정하세요.",
            )
        )
    return tuple(actions)
