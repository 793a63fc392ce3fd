"""A notice that says of itself that it is a test, to see whether a channel works and how it looks there."""

from __future__ import annotations

from logmedic.model import (
    NANOSECONDS,
    Bucket,
    CauseKind,
    Diagnosis,
    DiagnosisStatus,
    Fixable,
    Incident,
    Severity,
    Text,
)
from logmedic.respond.interface import Notice

TITLE = Text("TEST: nothing is wrong", "시험: 이상 없음")
_CAUSE = Text(
    "A test of this channel: somebody ran `logmedic notify test`.", "이 채널의 시험: `logmedic notify test`를 실행함."
)
_ACTION = Text("Nothing to do.", "할 일 없음.")
_FINGERPRINT = "v1:" + 16 * "0"  # of no real incident: a channel that keeps one thing for each has one for all tests
_BARS = (1, 2, 4, 7, 4, 2, 1)


def notice(*, severity: Severity, mention: bool, language: str, channel: str, now: int) -> Notice:
    """``now``: ns. Each call is news of its own."""
    minute = 60 * NANOSECONDS
    first = (now // minute - len(_BARS) + 1) * minute
    diagnosis = Diagnosis(
        severity=severity,
        cause_kind=CauseKind.UNKNOWN,
        root_cause=_CAUSE,
        impact=Text("", ""),
        actions=(_ACTION,),
        code_cause=False,
        fixable=Fixable(False, _ACTION),
        confidence=1.0,
        engine="logmedic notify test",
        status=DiagnosisStatus.VERIFIED,
    )
    incident = Incident(
        id=0,
        fingerprint=_FINGERPRINT,
        title=TITLE.in_(language),
        culprit="logmedic",
        service="logmedic",
        error_code=None,
        severity=severity,
        floor=severity,
        first_seen=first,
        last_seen=now,
        count=sum(_BARS),
        generation=1,
        reason="new",
        histogram=tuple(Bucket(first + at * minute, count) for at, count in enumerate(_BARS)),
        diagnosis=diagnosis,
    )
    return Notice(incident=incident, language=language, key=f"test:{channel}:{now}", mention=mention)
