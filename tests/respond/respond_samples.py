"""Incidents and hostile texts that the tests of this folder share."""

from __future__ import annotations

import msgspec

from logmedic.model import (
    NANOSECONDS,
    Bucket,
    CauseKind,
    Diagnosis,
    DiagnosisStatus,
    Evidence,
    Fixable,
    Incident,
    Severity,
    Suspect,
    Text,
)
from logmedic.respond.interface import Mode, Notice

BEGAN = 1_767_225_600 * NANOSECONDS  # 2026-01-01T00:00:00Z
COMMIT = "0123456789abcdef0123456789abcdef01234567"

HOSTILE = (
    "@everyone @here <@123456789012345678> <@&123456789012345678> <#123456789012345678>",
    "``` @everyone\n```\n# owned\n> quote\n-# small",
    "[click](https://evil.example/x) https://evil.example discord.gg/abc <https://evil.example>",
    "\x1b[31mred\x1b[0m\x07\x00\x9b31m \u202egnp.exe\u2066 zero\u200bwidth\ufeff \U000e0041\U000e0042",
    "Closes #123 /shutdown **bold** ~~x~~ ||spoiler|| __u__ `code` \\",
    "가" * 5000,
    "👨‍👩‍👧‍👦" * 900,
    "🇰🇷" * 3000,
    "\u1112\u1161\u11ab" * 3000,
    "e" + "\u0301" * 5000,
    "\u3164\u2800\u115f",
    " \t\n \r\n ",
    "",
    "<t:1:R> </run:123456789012345678> <:emoji:123456789012345678> <id:customize> <id:guide> <a:x:123456789012345678>",
    ":bomb: :+1: :100: a:skull:b ::smile:: 10:20:30 std::io::Error",
    "- item\n+ item\n1. item\n  - item\n2) item\n>>> quote\n-# small\n### head",
    "~~~\n```` ```` \n`````js\n@everyone\n~~~~~\n```\n``x`` ```inline```",
    "[a](<https://evil.example> 'title') [b]: https://evil.example\n<b>x</b><script>1</script><img src=x>",
    "fixes @acme/team acme/shop#1 GH-1 0123456789abcdef0123456789abcdef01234567 abc1234 acme/shop@abc1234",
    "\u202e)elpmaxe.live//:sptth(]kcilc[\u202c \u2066@\u200dhere\u2069 @\u200beveryone @\u2060here",
)


def diagnosis(text: str = "The pool is too small", **changes: object) -> Diagnosis:
    """Every text of it is ``text``, in both languages."""
    both = Text(text, text)
    made = Diagnosis(
        severity=Severity.CRITICAL,
        cause_kind=CauseKind.CAPACITY,
        root_cause=both,
        impact=both,
        actions=(both,) * 8,
        suspects=(Suspect(COMMIT, 0.82, both),) * 5,
        code_cause=False,
        fixable=Fixable(False, both),
        confidence=0.72,
        evidence=(Evidence("L1", "log", text), Evidence("L2", "log", "other")),
        engine="offline",
        status=DiagnosisStatus.VERIFIED,
    )
    return msgspec.structs.replace(made, **changes)


def incident(**changes: object) -> Incident:
    made = Incident(
        id=12,
        fingerprint="v1:0123456789abcdef",
        title="connection pool timed out after <num> ms",
        culprit="payments.db.checkout",
        service="payments",
        error_code="DB_POOL_TIMEOUT",
        severity=Severity.CRITICAL,
        floor=Severity.WARNING,
        first_seen=BEGAN,
        last_seen=BEGAN + 300 * NANOSECONDS,
        count=31,
        generation=1,
        reason="new",
        histogram=tuple(Bucket(BEGAN + i * 60 * NANOSECONDS, n) for i, n in ((0, 1), (1, 9), (4, 21))),
    )
    return msgspec.structs.replace(made, **changes)


def hostile_incident(text: str, severity: Severity = Severity.CRITICAL) -> Incident:
    return incident(
        title=text,
        culprit=text,
        service=text,
        error_code=text,
        reason=text,
        severity=severity,
        diagnosis=diagnosis(text),
    )


def notice(of: Incident | None = None, **changes: object) -> Notice:
    made = Notice(incident=of or incident(), language="en", key="v1:0123456789abcdef:1", mode=Mode.SEND)
    return msgspec.structs.replace(made, **changes)
