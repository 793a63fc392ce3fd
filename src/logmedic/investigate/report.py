"""A diagnosis for programs (JSON) and for people (text), in English or Korean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from logmedic.investigate.logs import iso
from logmedic.investigate.plain import inert, line
from logmedic.model import CauseKind, Diagnosis, DiagnosisStatus, Evidence, Incident, Severity, Text

WIDTH = 100  # columns that a line is wrapped at
QUOTED_LINES = 14  # of the culprit's source
_SEVERITY = {
    Severity.CRITICAL: Text("Critical", "심각"),
    Severity.WARNING: Text("Warning", "경고"),
    Severity.INFO: Text("Info", "정보"),
}
_STATUS = {
    DiagnosisStatus.VERIFIED: Text("verified", "검증됨"),
    DiagnosisStatus.PARTLY_VERIFIED: Text("partly verified", "일부 검증됨"),
    DiagnosisStatus.INCONCLUSIVE: Text("inconclusive", "결론 없음"),
}
_CAUSE = {
    CauseKind.CODE: Text("code", "코드"),
    CauseKind.CONFIG: Text("configuration", "설정"),
    CauseKind.DEPENDENCY: Text("dependency", "의존성"),
    CauseKind.DATA: Text("data", "데이터"),
    CauseKind.CAPACITY: Text("capacity", "용량"),
    CauseKind.UPSTREAM: Text("upstream service", "외부 서비스"),
    CauseKind.NETWORK: Text("network", "네트워크"),
    CauseKind.CREDENTIALS: Text("credentials", "인증 정보"),
    CauseKind.PLATFORM: Text("platform", "플랫폼"),
    CauseKind.CLIENT: Text("client", "클라이언트"),
    CauseKind.UNKNOWN: Text("unknown", "알 수 없음"),
}
_HEADINGS = {
    "cause": Text("Root cause", "근본 원인"),
    "impact": Text("Impact", "영향"),
    "actions": Text("What to do", "권장 조치"),
    "suspects": Text("Suspect commits", "의심 커밋"),
    "source": Text("Source", "소스"),
    "claims": Text("What this rests on", "근거"),
    "dropped": Text("Dropped in verification", "검증에서 제외됨"),
    "confidence": Text("Confidence", "확신도"),
}
_NO_CODE_CAUSE = Text("No code change explains this.", "이 오류를 설명하는 코드 변경은 없습니다.")
_FIXABLE = Text("May be fixed automatically", "자동 수정 가능")


def to_json(diagnosis: Diagnosis, language: str = "en") -> dict[str, Any]:
    """The keys that ``logmedic diagnose --json`` prints, JSON values only; sentences in ``language`` ("en" or "ko")."""
    return {
        "severity": diagnosis.severity.value,
        "cause_kind": diagnosis.cause_kind.value,
        "root_cause": diagnosis.root_cause.in_(language),
        "impact": diagnosis.impact.in_(language),
        "actions": [action.in_(language) for action in diagnosis.actions],
        "suspects": [{"commit": s.commit, "score": s.score, "why": s.why.in_(language)} for s in diagnosis.suspects],
        "code_cause": diagnosis.code_cause,
        "fixable": {"yes": diagnosis.fixable.yes, "reason": diagnosis.fixable.reason.in_(language)},
        "confidence": diagnosis.confidence,
        "claims": [{"text": c.text.in_(language), "citations": list(c.citations)} for c in diagnosis.claims],
        "evidence": [_evidence(item) for item in diagnosis.evidence],
        "engine": diagnosis.engine,
        "model": diagnosis.model,
        "cost_usd": diagnosis.cost_usd,
        "status": diagnosis.status.value,
        "first_failing_service": diagnosis.first_failing_service or None,
        "blast_radius": list(diagnosis.blast_radius),
        "remediation": diagnosis.remediation.in_(language),
        "dropped": [text.in_(language) for text in diagnosis.dropped],
        "tokens": diagnosis.tokens,
    }


def _evidence(item: Evidence) -> dict[str, Any]:
    return {"id": item.id, "kind": item.kind, "text": item.text, "locator": dict(item.locator)}


def to_text(diagnosis: Diagnosis, incident: Incident, language: str = "en") -> str:
    """A compact report of some twenty lines. Nothing in it can act on a terminal."""
    return "\n".join(_lines(diagnosis, incident, language))


def _lines(d: Diagnosis, incident: Incident, language: str) -> Iterator[str]:
    def heading(name: str) -> str:
        return f"\n{_HEADINGS[name].in_(language)}"

    yield f"[{_SEVERITY[d.severity].in_(language)}] {line(incident.title)}"
    parts = (line(incident.service, 60), line(incident.culprit, 100), _CAUSE[d.cause_kind].in_(language))
    yield "  " + " · ".join(part for part in parts if part)
    yield f"  {iso(incident.first_seen)[:19]}Z – {iso(incident.last_seen)[:19]}Z · ×{incident.count:,}"
    yield heading("cause")
    yield from _wrapped(d.root_cause.in_(language))
    if not d.code_cause:
        yield f"  {_NO_CODE_CAUSE.in_(language)}"
    yield from _source(d, heading("source"))
    yield heading("impact")
    yield from _wrapped(d.impact.in_(language))
    yield heading("actions")
    for number, action in enumerate(d.actions, 1):
        yield from _wrapped(action.in_(language), f"  {number}. ")
    if d.fixable.yes:
        yield from _wrapped(f"{_FIXABLE.in_(language)}: {d.fixable.reason.in_(language)}")
    if d.suspects:
        yield heading("suspects")
        for suspect in d.suspects:
            yield from _wrapped(f"{suspect.commit[:12]}  {suspect.score:.2f}  {suspect.why.in_(language)}")
    if d.claims:
        yield heading("claims")
        for claim in d.claims:
            if claim.text == d.root_cause:
                yield f"  - {_HEADINGS['cause'].in_(language)} [{', '.join(claim.citations)}]"
                continue
            yield from _wrapped(f"{claim.text.in_(language)} [{', '.join(claim.citations)}]", "  - ")
    if d.dropped:
        yield heading("dropped")
        for text in d.dropped:
            yield from _wrapped(text.in_(language), "  - ")
    engine = d.engine if d.model is None else f"{d.engine}, {d.model}"
    sure = f"{_HEADINGS['confidence'].in_(language)} {d.confidence:.0%}"
    yield f"\n{sure} · {_STATUS[d.status].in_(language)} ({line(engine, 80)})"


def _source(d: Diagnosis, heading: str) -> Iterator[str]:
    """The lines around the culprit, from the first source evidence."""
    item = next((item for item in d.evidence if item.kind == "source"), None)
    if item is None:
        return
    lines = inert(item.text).split("\n")
    at = next((n for n, text in enumerate(lines) if text[5:6] == ">"), 0)
    first = max(0, min(at - QUOTED_LINES // 2, len(lines) - QUOTED_LINES))
    yield f"{heading} ({line(str(item.locator.get('path', '')), 100)})"
    yield from (f"  {text[:WIDTH]}" for text in lines[first : first + QUOTED_LINES])


def _wrapped(text: str, lead: str = "  ") -> Iterator[str]:
    """Words of one inert line, wrapped at :data:`WIDTH` columns; further lines are indented like the first."""
    indent = " " * len(lead)
    current = lead
    for word in line(text, 1_200).split(" "):
        if len(current) > len(indent) and _columns(current) + 1 + _columns(word) > WIDTH:
            yield current.rstrip()
            current = indent
        current += word if current in {lead, indent} else f" {word}"
    yield current.rstrip()


def _columns(text: str) -> int:
    """Terminal columns: Hangul and other wide letters take two (Unicode blocks from U+1100 on, near enough)."""
    return len(text) + sum(c >= "\u1100" and not "\u2000" <= c <= "\u2bff" for c in text)
