"""Every text that a notice is made of, in both languages. A test checks that none is missing and that blanks agree."""

from __future__ import annotations

from collections.abc import Mapping

from logmedic.model import DiagnosisStatus, Severity, State, Substate, Text

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
