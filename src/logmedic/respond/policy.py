"""Who is told what: a table, and the few rules around it. Pure, so that a decision can be shown and replayed.

R-N3: Critical at once and loudly; Warning and Info are recorded, unless a channel asks for them.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from logmedic.model import Incident, Severity, State, Substate
from logmedic.respond.interface import Mode


class Style(enum.StrEnum):
    """What a channel is to people. Decides how the table below applies to it."""

    MESSAGE = "message"  # interrupts people: one message per piece of news, edited in place in between
    RECORD = "record"  # a log of everything; interrupts nobody


class ChannelSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What the policy knows of one configured channel."""

    name: str
    kind: str
    style: Style
    min_severity: Severity


class PolicyConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[policy]``: when people are called. The least severity of each channel is ``min_severity`` of that channel."""

    mention_on: tuple[Substate, ...] = (Substate.NEW, Substate.REGRESSED, Substate.ESCALATING)
    """Which news of a critical incident mentions people. Empty: messages arrive, but nobody is called."""


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """What one channel is to do, and why (a named reason)."""

    channel: str
    mode: Mode
    mention: bool
    reason: str


class _Row(msgspec.Struct, frozen=True):
    mode: Mode
    mention: bool


_LOUD, _PLAIN, _QUIET = _Row(Mode.SEND, True), _Row(Mode.SEND, False), _Row(Mode.EDIT, False)

#: For channels of style MESSAGE whose ``min_severity`` lets the incident through.
TABLE: Mapping[tuple[Severity, Substate], _Row] = {
    (Severity.CRITICAL, Substate.NEW): _LOUD,
    (Severity.CRITICAL, Substate.REGRESSED): _LOUD,
    (Severity.CRITICAL, Substate.ESCALATING): _LOUD,
    (Severity.CRITICAL, Substate.ONGOING): _QUIET,
    (Severity.WARNING, Substate.NEW): _PLAIN,
    (Severity.WARNING, Substate.REGRESSED): _PLAIN,
    (Severity.WARNING, Substate.ESCALATING): _PLAIN,
    (Severity.WARNING, Substate.ONGOING): _QUIET,
    (Severity.INFO, Substate.NEW): _PLAIN,
    (Severity.INFO, Substate.REGRESSED): _PLAIN,
    (Severity.INFO, Substate.ESCALATING): _PLAIN,
    (Severity.INFO, Substate.ONGOING): _QUIET,
}


def plan(
    incident: Incident,
    channels: Sequence[ChannelSpec],
    *,
    receipts: Mapping[str, Mapping[str, Any]] | None = None,
    config: PolicyConfig | None = None,
) -> tuple[Action, ...]:
    """One action per channel, in the order of ``channels``; declining is ``Mode.SKIP`` with the reason.

    ``receipts``: channel name → receipt of the last delivery for this incident. A channel without one has heard
    nothing yet, so the first that it hears is sent, not edited.
    """
    given = receipts or {}
    settings = config or PolicyConfig()
    return tuple(_decide(incident, channel, given.get(channel.name), settings) for channel in channels)


def _decide(
    incident: Incident, channel: ChannelSpec, receipt: Mapping[str, Any] | None, config: PolicyConfig
) -> Action:
    heard = _heard(receipt)
    mode, loud, reason = _gate(incident, channel, heard) or _news(incident, heard, config)
    mention = loud and incident.severity is Severity.CRITICAL and bool(config.mention_on)
    return Action(channel=channel.name, mode=mode, mention=mention, reason=reason)


_Heard = tuple[int, Severity]  # generation, severity
_Decision = tuple[Mode, bool, str]  # mode, whether to call people, reason


def _gate(incident: Incident, channel: ChannelSpec, heard: _Heard | None) -> _Decision | None:
    """What is decided before it matters what the news is; ``None`` when nothing is."""
    if incident.state in (State.IGNORED, State.SNOOZED):
        return Mode.SKIP, False, incident.state.value
    if incident.severity.rank < channel.min_severity.rank:
        if heard is None or channel.style is Style.RECORD:
            return Mode.SKIP, False, f"{incident.severity} is below the channel's {channel.min_severity}"
        return Mode.EDIT, False, f"severity fell to {incident.severity}"
    if channel.style is Style.RECORD:
        return Mode.RECORD, False, f"recorded: {incident.substate}"
    if incident.state is State.RESOLVED:
        return (Mode.SKIP, False, "resolved, never told") if heard is None else (Mode.EDIT, False, "resolved")
    return None


def _news(incident: Incident, heard: _Heard | None, config: PolicyConfig) -> _Decision:
    """The table, applied to a channel that may have heard some of it already."""
    substate = incident.substate
    row = TABLE[incident.severity, substate]
    wanted = substate in config.mention_on
    if heard is None:
        # An ongoing incident that this channel never heard of is news to it, whatever the table says.
        return Mode.SEND, wanted or substate is Substate.ONGOING, f"first told: {substate}"
    generation, severity = heard
    if severity.rank < incident.severity.rank:
        return Mode.SEND, True, f"severity rose to {incident.severity}"
    # "New" is told once in an incident's life; a later report of the same generation edits what was sent.
    if row.mode is Mode.SEND and (substate is Substate.NEW or generation >= incident.generation):
        return Mode.EDIT, False, "already told of this"
    return row.mode, row.mention and wanted, substate.value


def _heard(receipt: Mapping[str, Any] | None) -> _Heard | None:
    """Generation and severity that the channel was last told of (see :func:`logmedic.respond.interface.told`)."""
    if receipt is None or not isinstance(receipt.get("generation"), int):
        return None
    try:
        return receipt["generation"], Severity(str(receipt.get("severity")))
    except ValueError:
        return None
