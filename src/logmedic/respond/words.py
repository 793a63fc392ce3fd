"""Every text that a notice is made of, in both languages. A test checks that none is missing and that blanks agree."""

from __future__ import annotations

from collections.abc import Mapping

from logmedic.model import DiagnosisStatus, Severity, State, Substate, Text
from logmedic.respond.interface import Kind
from logmedic.respond.schedule import Cadence

SEVERITY: Mapping[Severity, Text] = {
    Severity.CRITICAL: Text("Critical", "심각"),
    Severity.WARNING: Text("Warning", "경고"),
    Severity.INFO: Text("Info", "정보"),
}
SUBSTATE: Mapping[Substate, Text] = {
    Substate.NEW: Text("new", "신규"),
    Substate.ONGOING: Text("ongoing", "계속됨"),
    Substate.REGRESSED: Text("back after it was resolved", "해결 후 재발"),
    Substate.ESCALATING: Text("escalating", "급증"),
}
STATE: Mapping[State, Text] = {
    State.OPEN: Text("open", "열림"),
    State.ACKED: Text("acknowledged", "확인됨"),
    State.SNOOZED: Text("snoozed", "알림 보류"),
    State.RESOLVED: Text("resolved", "해결됨"),
    State.IGNORED: Text("ignored", "무시됨"),
}
STATUS: Mapping[DiagnosisStatus, Text] = {
    DiagnosisStatus.VERIFIED: Text("verified", "검증됨"),
    DiagnosisStatus.PARTLY_VERIFIED: Text("partly verified", "일부 검증됨"),
    DiagnosisStatus.INCONCLUSIVE: Text("inconclusive", "결론 없음"),
}

WHY = Text("Why now", "알림 이유")
SERVICE = Text("Service", "서비스")
CULPRIT = Text("Where", "위치")
COUNT = Text("Occurrences", "발생 횟수")
SEEN = Text("Seen", "발생 시각")
RATE = Text("Over time", "추이")
CAUSE = Text("Root cause", "근본 원인")
IMPACT = Text("Impact", "영향")
ACTIONS = Text("What to do", "권장 조치")
SUSPECTS = Text("Suspect commits", "의심 커밋")
LOG_LINE = Text("Log line", "로그")
CONFIDENCE = Text("{percent} % sure, {status} ({engine})", "확신도 {percent}%, {status} ({engine})")
NO_CODE_CAUSE = Text("No code change explains this.", "이 오류를 설명하는 코드 변경은 없습니다.")
FIRST_LAST = Text("first {first}, last {last}", "처음 {first}, 마지막 {last}")
UNDIAGNOSED = Text("Not diagnosed yet.", "아직 진단되지 않았습니다.")
INCIDENT = Text("incident {id}", "인시던트 {id}")

DIGEST: Mapping[Cadence, Text] = {
    Cadence.HOURLY: Text("Hourly digest", "시간별 요약"),
    Cadence.DAILY: Text("Daily digest", "일일 요약"),
}
DIGEST_NEW = Text("New", "신규")
DIGEST_BACK = Text("Back after resolve", "해결 후 재발")
DIGEST_RISING = Text("Escalating", "급증")
DIGEST_GOING_ON = Text("Going on", "계속됨")
DIGEST_GONE = Text("Gone", "사라짐")
AND_MORE = Text("… and {count:,} more", "… 그 외 {count:,}건")
STORM = Text("Storm: {count:,} new incidents since {since}", "오류 폭주: {since} 이후 신규 인시던트 {count:,}건")
STORM_LIST = Text("New incidents", "신규 인시던트")
REMINDER = Text("Not acknowledged for {minutes} min", "{minutes}분 동안 확인되지 않음")
REMINDER_WHAT = Text("What to do", "할 일")
REMINDER_ACK = Text("`logmedic incidents ack {id}` stops this", "`logmedic incidents ack {id}`로 중단")
TROUBLE = Text("logmedic itself is in trouble", "logmedic 자체에 문제가 있음")
TROUBLE_OVER = Text("logmedic is well again", "logmedic이 정상으로 돌아옴")
KIND: Mapping[Kind, Text] = {
    Kind.DIGEST: Text("Digests", "요약"),
    Kind.STORM: Text("Storm", "오류 폭주"),
    Kind.REMINDER: Text("Not acknowledged", "미확인 알림"),
    Kind.SELF: Text("About logmedic", "logmedic 상태"),
}
