"""Whether a fix is to be tried: a pure decision with its reason."""

from __future__ import annotations

from collections.abc import Iterator

from logmedic.model import CauseKind, DiagnosisStatus, Incident, Severity, State, Text
from logmedic.respond.fix.config import FixConfig
from logmedic.store.fixes import Standing

_OFF = Text("fixes are off; `[fix] enabled = true` turns them on", "자동 수정이 꺼져 있음; `[fix] enabled = true`로 켬")
_MERGED = Text("the incident is merged into another one", "다른 인시던트에 병합됨")
_NOT_DIAGNOSED = Text("the incident has not been diagnosed", "아직 진단되지 않음")
_CLIENT = Text("a client's mistake: the service did right to refuse it", "클라이언트의 잘못: 서비스의 거부가 올바름")
_INCONCLUSIVE = Text("the diagnosis is inconclusive", "진단 결론이 없음")


def refusal(incident: Incident, config: FixConfig, *, asked: bool) -> Text | None:
    """Why this incident is not one to fix; ``None``: it is. ``asked``: by a person, whatever its severity and state."""
    return next(_objections(incident, config, asked=asked), None)


def _objections(incident: Incident, config: FixConfig, *, asked: bool) -> Iterator[Text]:
    """The weightiest first."""
    if not config.enabled:
        yield _OFF
    if incident.merged_into is not None:
        yield _MERGED
    if not asked and incident.severity is not Severity.CRITICAL:
        level = incident.severity.value
        yield Text(
            f"only critical incidents are fixed unasked; this one is {level}",
            f"심각이 아닌 인시던트({level})는 요청이 있어야 수정함",
        )
    if not asked and incident.state not in (State.OPEN, State.ACKED):
        yield Text(f"the incident is {incident.state.value}", f"인시던트 상태: {incident.state.value}")
    diagnosis = incident.diagnosis
    if diagnosis is None:
        yield _NOT_DIAGNOSED
        return
    if diagnosis.cause_kind is CauseKind.CLIENT:
        yield _CLIENT
    if diagnosis.status is DiagnosisStatus.INCONCLUSIVE:
        yield _INCONCLUSIVE
    if not diagnosis.code_cause or diagnosis.cause_kind is not CauseKind.CODE:
        kind = diagnosis.cause_kind.value
        yield Text(
            f"no change of the code would mend it: the cause is of the kind {kind}",
            f"코드로 고칠 수 없음: 원인 종류 {kind}",
        )
    if not diagnosis.fixable.yes:
        why = diagnosis.fixable.reason
        yield Text(f"not one to fix by itself: {why.en}", f"자동 수정 대상이 아님: {why.ko}")
    if diagnosis.confidence < config.min_confidence:
        sure, least = f"{diagnosis.confidence:.0%}", f"{config.min_confidence:.0%}"
        yield Text(f"the diagnosis is {sure} sure, {least} is asked for", f"진단 확신도 {sure}, 기준 {least}")


def crowded(standing: Standing, config: FixConfig, *, asked: bool) -> Text | None:
    """Why no further fix is begun, given those that were. Money is counted where it is spent."""
    return next(_in_the_way(standing, config, asked=asked), None)


def _in_the_way(standing: Standing, config: FixConfig, *, asked: bool) -> Iterator[Text]:
    if standing.under_way is not None:
        yield Text(f"fix {standing.under_way.key} is under way", f"수정 {standing.under_way.key} 진행 중")
    if standing.offered is not None:
        number = standing.offered.pull
        yield Text(f"pull request {number} is open", f"풀 리퀘스트 {number}이(가) 열려 있음")
    if standing.open >= config.most_open:
        yield Text(
            f"{standing.open} pull requests of ours are open, as many as `most_open` allows",
            f"열린 풀 리퀘스트 {standing.open}건, `most_open` 한도 도달",
        )
    if standing.today >= config.per_day:
        yield Text(
            f"{standing.today} fixes were begun in 24 hours, as many as `per_day` allows",
            f"24시간 동안 수정 {standing.today}건 시작, `per_day` 한도 도달",
        )
    if standing.of_fingerprint >= config.per_fingerprint:
        count = standing.of_fingerprint
        yield Text(
            f"{count} fixes were begun for this incident in 30 days, as many as `per_fingerprint` allows",
            f"이 인시던트에 30일 동안 수정 {count}건 시작, `per_fingerprint` 한도 도달",
        )
    last = standing.earlier[0] if standing.earlier else None
    if not asked and last is not None and last.fate == "closed":
        yield Text(
            f"people closed pull request {last.pull}; `logmedic fix` tries again",
            f"풀 리퀘스트 {last.pull}이(가) 닫힘; `logmedic fix`로 다시 시도",
        )
