"""What is to be done about an issue, with a named reason for each step. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from logmedic.model import NANOSECONDS, Incident, State, Substate
from logmedic.respond.github.names import untouched

DAY = 86_400 * NANOSECONDS


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """An issue as it stands in the tracker."""

    number: int
    open: bool
    body: str
    labels: tuple[str, ...] = ()
    url: str = ""
    notes: tuple[str, ...] = ()  # the latest comments that are ours


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """What the channel's last receipt says."""

    number: int | None = None
    told: int = 0  # occurrences that the issue told of last, by a comment or as it was opened
    told_at: int = 0  # ns
    generation: int = 0  # the latest one that it told of


class Steps(msgspec.Struct, frozen=True, kw_only=True):
    """In this order: reopen, comment, edit."""

    reopen: bool = False
    comment: Literal["back", "reached"] | None = None
    rewrite: bool = False
    label: bool = False  # the one of the severity is another one now
    reason: str


def remember(receipt: Mapping[str, Any] | None) -> Memory:
    """A receipt is data that was stored: what is not of the right type is forgotten."""
    known = receipt or {}
    number, told, at, generation = (known.get(name) for name in ("issue", "told", "told_at", "generation"))
    return Memory(
        number=number if isinstance(number, int) and 0 < number < 2**31 else None,
        told=told if isinstance(told, int) else 0,
        told_at=at if isinstance(at, int) else 0,
        generation=generation if isinstance(generation, int) else 0,
    )


def steps(
    incident: Incident,
    issue: Issue,
    memory: Memory,
    *,
    body: str,
    severity_label: str,
    comments: Literal["powers", "daily", "never"],
    now: int,
) -> Steps:
    """``memory.number`` is ``None`` when the issue was found by its marker: what it has told is not known then."""
    found = memory.number is None
    alive = incident.state is not State.RESOLVED
    # A person may have closed it a moment ago; only what came back after that was known, or after we lost our ledger,
    # opens it again.
    news = found or memory.generation < incident.generation
    reopen = alive and not issue.open and (found or (incident.substate is Substate.REGRESSED and news))
    comment: Literal["back", "reached"] | None = None
    if reopen or (incident.substate is Substate.REGRESSED and alive and news and not found):
        comment = "back"
    elif alive and issue.open and not found and _worth_a_comment(incident.count, memory, comments, now):
        comment = "reached"
    severities = [label for label in issue.labels if label.lower().startswith("severity:")]
    return Steps(
        reopen=reopen,
        comment=comment,
        rewrite=untouched(issue.body) and issue.body.replace("\r\n", "\n").strip() != body.strip(),
        label=severities != [severity_label],
        reason=_reason(issue, reopen=reopen, comment=comment, found=found),
    )


def _reason(issue: Issue, *, reopen: bool, comment: str | None, found: bool) -> str:
    if reopen:
        return f"reopened issue {issue.number}"
    if comment is not None:
        return f"commented on issue {issue.number}"
    if found:
        return f"found issue {issue.number}"
    return f"updated issue {issue.number}" if issue.open else f"issue {issue.number} is closed"


def _worth_a_comment(count: int, memory: Memory, comments: str, now: int) -> bool:
    if comments == "powers":
        return power(count) > power(memory.told)
    return comments == "daily" and count > memory.told and now - memory.told_at >= DAY


def power(count: int) -> int:
    """The largest power of ten that is not more than ``count``; 0 for 0."""
    return 10 ** (len(str(count)) - 1) if count > 0 else 0
