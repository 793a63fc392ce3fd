"""Critical incidents that nobody acknowledges: when people are called again, and with what words. Pure."""

from __future__ import annotations

from logmedic.model import NANOSECONDS, Severity, Text
from logmedic.respond import words
from logmedic.respond.interface import Bulletin, Kind, Section
from logmedic.respond.rules import EscalationConfig


def number(told_at: int, now: int, config: EscalationConfig) -> int:
    """Which reminder is due by now, 0: none. After a pause of ours it is the latest, not all that were missed."""
    if not config.after_s:
        return 0
    return min(int((now - told_at) / NANOSECONDS // config.after_s), config.times)


def next_at(told_at: int, now: int, config: EscalationConfig) -> int | None:
    """When (ns) the next one is due; ``None``: never."""
    following = number(told_at, now, config) + 1
    if not config.after_s or following > config.times:
        return None
    return told_at + int(following * config.after_s * NANOSECONDS)


def bulletin(*, incident_id: int, title: str, service: str, key: str, which: int, language: str,
             config: EscalationConfig) -> Bulletin:  # fmt: skip
    waited = f"{which * config.after_s / 60:,.0f}"
    name = " ".join(filter(None, (service and f"[{service}]", title, f"(#{incident_id})")))
    return Bulletin(
        key=key,
        kind=Kind.REMINDER,
        severity=Severity.CRITICAL,
        title=Text(*(words.REMINDER.in_(each).format(minutes=waited) for each in ("en", "ko"))),
        language=language,
        sections=(
            Section(words.KIND[Kind.REMINDER], (Text(name, name),)),
            Section(
                words.REMINDER_WHAT,
                (Text(*(words.REMINDER_ACK.in_(each).format(id=incident_id) for each in ("en", "ko"))),),
            ),
        ),
        mention=True,
    )
