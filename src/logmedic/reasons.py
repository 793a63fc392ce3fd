"""Every reason for which something happens to an incident, as sentences in both languages.

A reason is kept as a code with figures (:class:`logmedic.model.Reason`), so that it can be counted, searched and shown
in the language of whoever looks. Codes are stable; sentences may change. In a sentence, ``:span`` shows nanoseconds as
a length of time, ``:time`` nanoseconds since the epoch as UTC, ``:word`` a severity or a status in Korean.
"""

from __future__ import annotations

import datetime
import string
from collections.abc import Mapping
from typing import Any

from logmedic.model import NANOSECONDS, Incident, Reason, Text

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR

SENTENCES: Mapping[str, Text] = {
    # what the log lines did
    "new": Text("new", "신규"),
    "new-after-split": Text("new: seen again after it was split off", "신규: 분리된 뒤 다시 발생"),
    "severity-rose": Text("severity rose to {severity}", "심각도가 {severity:word}(으)로 상승"),
    "regressed": Text(
        "regressed after resolve, {after:span} after it was last seen", "해결 후 재발, 마지막 발생 {after:span} 뒤"
    ),
    "regressed-in-release": Text(
        "regressed in {release}: it was resolved in {resolved}", "{release}에서 재발: {resolved}에서 해결된 오류"
    ),
    "regressed-in-next-release": Text(
        "regressed in {release}: it was resolved in the release after {resolved}",
        "{release}에서 재발: {resolved} 다음 릴리스에서 해결된 오류",
    ),
    "regressed-unknown-release": Text(
        "regressed after resolve in {resolved}: whether {release} is older is not known",
        "{resolved}에서 해결 후 재발: {release}이(가) 더 오래된 릴리스인지 알 수 없음",
    ),
    "older-release": Text(
        "still happening in {release}, which is older than the release that resolves it ({resolved})",
        "해결된 릴리스({resolved})보다 오래된 {release}에서 계속 발생",
    ),
    "older-than-next-release": Text(
        "still happening in {release}; the release after {resolved} resolves it",
        "{release}에서 계속 발생; {resolved} 다음 릴리스에서 해결됨",
    ),
    "escalating": Text(
        "escalating: {rate} in the last hour, usually {usual:.1f}", "급증: 최근 1시간 {rate}회, 평소 {usual:.1f}회"
    ),
    "still-escalating": Text(
        "still escalating: {rate} in the last hour, usually {usual:.1f}",
        "급증 지속: 최근 1시간 {rate}회, 평소 {usual:.1f}회",
    ),
    "calm": Text("calm again: {rate} in the last hour", "진정됨: 최근 1시간 {rate}회"),
    "quiet": Text("calm again: nothing for {after:span}", "진정됨: {after:span} 동안 발생 없음"),
    "ongoing": Text(
        "still happening: {total} since the last alert {since:span} ago",
        "계속 발생 중: 마지막 알림({since:span} 전) 이후 {total}회",
    ),
    "snooze-ended": Text("still happening after the snooze ended", "알림 보류가 끝난 뒤에도 계속 발생"),
    "snooze-counted": Text("snoozed until {limit} occurrences: now {total}", "{limit}회까지 알림 보류: 현재 {total}회"),
    # why something is counted without a word
    "ignored": Text("ignored", "무시됨"),
    "late": Text(
        "late lines: nothing newer than what was already seen", "늦게 도착한 로그: 이미 본 것보다 새로운 것이 없음"
    ),
    "snoozed": Text("snoozed", "알림 보류 중"),
    "repeat": Text("repeat within {window:span} of the last alert", "마지막 알림 후 {window:span} 이내의 반복"),
    "acknowledged": Text("acknowledged: people know", "확인됨: 담당자가 알고 있음"),
    "untold": Text("people are still to hear of the last news", "이전 소식이 아직 전달되지 않음"),
    # what people did
    "by-hand": Text("{words}", "{words}"),
    "acked-by-hand": Text("acknowledged", "확인함"),
    "ignored-by-hand": Text("ignored", "무시함"),
    "reopened-by-hand": Text("reopened", "다시 엶"),
    "resolved-by-hand": Text("resolved", "해결함"),
    "resolved-in-release": Text("resolved in {release}", "{release}에서 해결함"),
    "resolved-in-next-release": Text("resolved in the release after {release}", "{release} 다음 릴리스에서 해결함"),
    "snoozed-for": Text("snoozed until {until:time}, or until it escalates", "{until:time} 또는 급증할 때까지 보류"),
    "snoozed-count": Text(
        "snoozed for {more} more occurrences, or until it escalates", "{more}회 더 발생하거나 급증할 때까지 보류"
    ),
    "closed-in-tracker": Text("{issue} was closed", "{issue} 닫힘"),
    "reopened-in-tracker": Text("{issue} was opened again", "{issue} 다시 열림"),
    "verdict-right": Text("the diagnosis was right", "진단이 맞았음"),
    "verdict-wrong": Text("the diagnosis was wrong", "진단이 틀렸음"),
    "merged-into": Text("merged into incident {incident}", "인시던트 {incident}에 병합됨"),
    "took-in": Text(
        "took in incident {incident} ({fingerprint}, {count} occurrences)",
        "인시던트 {incident} 병합({fingerprint}, {count}회)",
    ),
    "split-off": Text(
        "{fingerprint} was split off: an incident of its own from its next occurrence on",
        "{fingerprint} 분리: 다음 발생부터 별도 인시던트",
    ),
    "split-from": Text("split from incident {incident}", "인시던트 {incident}에서 분리됨"),
    # what another way of grouping did
    "regrouped": Text(
        "grouped anew: {fingerprint} counts as this incident", "재그룹화: {fingerprint}을(를) 이 인시던트로 집계"
    ),
    "regroup-split": Text(
        "grouped anew: {samples} of {total} samples now belong to {fingerprint}",
        "재그룹화: 표본 {total}건 중 {samples}건이 이제 {fingerprint}에 속함",
    ),
    # delivery
    "given-up": Text(
        "given up after {hours} h of failing; `logmedic notify retry` tries again",
        "{hours}시간 동안 실패하여 포기함; `logmedic notify retry`로 다시 시도",
    ),
    # fixes
    "fix-asked": Text("fix {key}", "수정 {key}"),
    "fix": Text("{en}", "{ko}"),  # why there is none; put together where it arises
    "fix-offered": Text("draft pull request {pull}: {url}", "초안 풀 리퀘스트 {pull}: {url}"),
    "fix-merged": Text("pull request {pull} was merged", "풀 리퀘스트 {pull} 병합됨"),
    "fix-closed": Text("pull request {pull} was closed without merging", "풀 리퀘스트 {pull}이(가) 병합되지 않고 닫힘"),
    "fix-held": Text(
        "the fix holds: {before:.1f} an hour before the merge, none in the {hours:.0f} h after it",
        "수정 효과 있음: 병합 전 시간당 {before:.1f}회, 병합 후 {hours:.0f}시간 동안 없음",
    ),
    "fix-not-held": Text(
        "the fix was merged, and it still happens: {before:.1f} an hour before, {after:.1f} in the {hours:.0f} h after",
        "병합 후에도 계속 발생: 병합 전 시간당 {before:.1f}회, 병합 후 {hours:.0f}시간 동안 시간당 {after:.1f}회",
    ),
    # investigation
    "diagnosed": Text("{engine}: {status}", "{engine}: {status:word}"),
    "model": Text("{en}", "{ko}"),  # a model's name, a provider's words and our own, put together where they arise
}

EVENTS: Mapping[str, Text] = {
    "new": Text("new", "신규"),
    "ongoing": Text("ongoing", "계속됨"),
    "regressed": Text("regressed", "재발"),
    "escalating": Text("escalating", "급증"),
    "open": Text("open", "열림"),
    "acked": Text("acked", "확인됨"),
    "snoozed": Text("snoozed", "알림 보류"),
    "resolved": Text("resolved", "해결됨"),
    "ignored": Text("ignored", "무시됨"),
    "held": Text("held", "조용히 집계"),
    "merged": Text("merged", "병합"),
    "split": Text("split", "분리"),
    "regrouped": Text("regrouped", "재그룹화"),
    "diagnosed": Text("diagnosed", "진단됨"),
    "judged": Text("judged", "진단 평가"),
    "given up": Text("given up", "포기"),
    "not diagnosed": Text("not diagnosed", "진단 실패"),
    "fix asked": Text("fix asked for", "수정 요청"),
    "no fix": Text("no fix", "수정 없음"),
    "fix offered": Text("fix offered", "수정 제안"),
    "fix merged": Text("fix merged", "수정 병합"),
    "fix closed": Text("fix closed", "수정 닫힘"),
    "fix watched": Text("fix watched", "수정 확인"),
    "model asked": Text("model asked", "모델에 문의"),
    "no model's report": Text("no model's report", "모델 보고서 없음"),
}
"""Names of what stands in a timeline."""


def render(reason: Reason) -> Text:
    """The sentence, in both languages. A code of a newer release is shown as it is."""
    sentence = SENTENCES.get(reason.code)
    if sentence is None:
        return Text(reason.code, reason.code)
    return Text(
        _Blanks("en").vformat(sentence.en, (), reason.params), _Blanks("ko").vformat(sentence.ko, (), reason.params)
    )


def why_now(incident: Incident, language: str) -> str:
    """Why the incident was raised, in "en" or "ko"."""
    return incident.reason if incident.why is None else render(incident.why).in_(language)


def span(ns: int, language: str = "en") -> str:
    """A length of time in its largest whole unit: "45 s", "90 min", "3 h", "4 days"."""
    seconds = ns // NANOSECONDS
    if seconds < _MINUTE:
        size, unit = 1, Text("s", "초")
    elif seconds < 2 * _HOUR:
        size, unit = _MINUTE, Text("min", "분")
    elif seconds < 2 * _DAY:
        size, unit = _HOUR, Text("h", "시간")
    else:
        size, unit = _DAY, Text("days", "일")
    return f"{seconds // size}{' ' if language == 'en' else ''}{unit.in_(language)}"


_WORDS = {
    "critical": "심각", "warning": "경고", "info": "정보",
    "verified": "검증됨", "partly verified": "일부 검증됨", "inconclusive": "결론 없음",
}  # fmt: skip


class _Blanks(string.Formatter):
    """Fills in a sentence; what is missing among the figures shows as ``?``, so that old rows can always be shown."""

    def __init__(self, language: str) -> None:
        self._language = language

    def get_value(self, key: int | str, args: Any, kwargs: Any) -> Any:
        return kwargs.get(key, "?")

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == "word":
            return _WORDS.get(str(value), str(value))
        if not format_spec or isinstance(value, str):
            return str(value)
        if format_spec == "span":
            return span(int(value), self._language)
        if format_spec == "time":
            moment = datetime.datetime.fromtimestamp(int(value) // NANOSECONDS, datetime.UTC)
            return moment.strftime("%Y-%m-%d %H:%M UTC")
        return format(value, format_spec)
