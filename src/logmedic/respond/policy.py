"""Who is told what, when: a table, and the rules around it. Pure, so that a decision can be shown and replayed.

R-N3: Critical at once and loudly; Warning in a digest; Info is recorded; unless a channel or a rule asks otherwise.
"""

from __future__ import annotations

import datetime
import enum
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from logmedic.model import NANOSECONDS, Incident, Severity, State, Substate
from logmedic.respond import rules
from logmedic.respond.digest import DigestConfig
from logmedic.respond.interface import Mode
from logmedic.respond.rules import EscalationConfig, MaintenanceConfig, Mute, QuietConfig, RuleConfig

STORM = "storm"  # what an action goes ``into`` when there are too many


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
    announces: bool = False  # takes digests and other messages about no single incident
    storms: bool = False  # takes of those at least the one that lists what is too much for a message each
    most_per_hour: int = 0  # incidents that it is told of one by one; 0: as many as there are


class PolicyConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[policy]``: when people are called. The least severity of each channel is ``min_severity`` of that channel."""

    mention_on: tuple[Substate, ...] = (Substate.NEW, Substate.REGRESSED, Substate.ESCALATING)
    """Which news of a critical incident mentions people. Empty: messages arrive, but nobody is called."""
    cooldown_s: float = 300.0
    """Within so many seconds of a message about an incident, more news of it edits that message and calls nobody."""
    storm: int = 30
    """More new incidents than this within a minute are told in one message (or issue) with a list. 0: always one by
    one, and without the hourly limits of channels."""
    rules: tuple[RuleConfig, ...] = ()
    quiet: QuietConfig = QuietConfig()
    maintenance: tuple[MaintenanceConfig, ...] = ()
    escalation: EscalationConfig = EscalationConfig()

    def __post_init__(self) -> None:
        if not 0 <= self.cooldown_s <= rules.MOST_SECONDS:
            raise ValueError(f"`cooldown_s` must be a number of seconds from 0 to {rules.MOST_SECONDS:,}")
        if self.storm < 0:
            raise ValueError("`storm` must be 0 or more")


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """What else a decision depends on."""

    now: int  # ns on the wall clock
    zone: datetime.tzinfo = datetime.UTC
    mutes: tuple[Mute, ...] = ()  # maintenance windows and silences, also those that have just ended
    fresh: Mapping[Severity, int] = {}  # incidents that were opened within a minute of this one
    told: Mapping[str, int] = {}  # channel → incidents that it was first told of within the last hour


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """What one channel is to do, and why (a named reason)."""

    channel: str
    mode: Mode
    mention: bool
    reason: str
    into: str = ""  # DIGEST: the cadence of the digest, or "storm"
    until: int | None = None  # WAIT: ns on the wall clock


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
    digest: DigestConfig | None = None,
    situation: Situation | None = None,
) -> tuple[Action, ...]:
    """One action per channel, in the order of ``channels``; declining is ``Mode.SKIP`` with the reason.

    ``receipts``: channel name → receipt of the last delivery for this incident. A channel without one has heard
    nothing yet, so the first that it hears is sent, not edited.
    """
    given = receipts or {}
    settings = _Settings(config or PolicyConfig(), digest or DigestConfig(), situation or Situation(now=0))
    return tuple(_decide(incident, channel, _heard(given.get(channel.name)), settings) for channel in channels)


class _Settings(msgspec.Struct, frozen=True):
    policy: PolicyConfig
    digest: DigestConfig
    situation: Situation


class _Heard(msgspec.Struct, frozen=True):
    """What the channel was last told."""

    generation: int
    severity: Severity
    sent_at: int | None  # ns; the last message, not an edit
    listed: bool  # in the alert of a storm only: there is no message of its own yet


class _Decision(msgspec.Struct, frozen=True):
    mode: Mode
    reason: str
    loud: bool = False  # whether to call people
    into: str = ""
    until: int | None = None


def _decide(incident: Incident, channel: ChannelSpec, heard: _Heard | None, settings: _Settings) -> Action:
    policy, situation = settings.policy, settings.situation
    decision = _settled(incident, channel, heard)
    may_call = bool(policy.mention_on)
    if decision is None:
        rule = next((r for r in policy.rules if r.holds(incident, situation.now, situation.zone)), None)
        may_call = may_call and (rule is None or rule.mention)
        decision = _routed(incident, channel, heard, settings, rule) or _news(incident, heard, policy)
        if decision.mode is Mode.SEND:
            decision = _held(incident, channel, heard, settings) or decision
    mention = decision.loud and incident.severity is Severity.CRITICAL and may_call
    return Action(
        channel=channel.name, mode=decision.mode, mention=mention, reason=decision.reason, into=decision.into,
        until=decision.until,
    )  # fmt: skip


def _settled(incident: Incident, channel: ChannelSpec, heard: _Heard | None) -> _Decision | None:
    """What no rule changes; ``None`` when nothing is settled."""
    if incident.state in (State.IGNORED, State.SNOOZED):
        return _Decision(Mode.SKIP, incident.state.value)
    below = incident.severity.rank < channel.min_severity.rank
    if channel.style is Style.RECORD:
        return _below(incident, channel) if below else _Decision(Mode.RECORD, f"recorded: {incident.substate}")
    if incident.state is State.RESOLVED:
        alone = heard is None or heard.listed
        return _Decision(Mode.SKIP, "resolved, never told") if alone else _Decision(Mode.EDIT, "resolved")
    if below and heard is not None and not heard.listed:
        return _Decision(Mode.EDIT, f"severity fell to {incident.severity}")
    return None


def _below(incident: Incident, channel: ChannelSpec) -> _Decision:
    return _Decision(Mode.SKIP, f"{incident.severity} is below the channel's {channel.min_severity}")


def _routed(
    incident: Incident, channel: ChannelSpec, heard: _Heard | None, settings: _Settings, rule: RuleConfig | None
) -> _Decision | None:
    """Whether the channel hears of it at all, and at once; ``None``: it does."""
    named = None if rule is None else f"rule {rule.name}"
    if rule is not None and rule.channels and channel.name not in rule.channels:
        return _Decision(Mode.SKIP, f"{named}: told to {', '.join(rule.channels)}")
    send = None if rule is None else rule.send
    if send is None:
        now = incident.severity.rank >= channel.min_severity.rank
        send = "now" if now else settings.digest.cadence(incident.severity) if channel.announces else None
        named = None
    if send is None:
        return _below(incident, channel)
    if send == "never":
        return _Decision(Mode.SKIP, f"{named}: never told")
    silent = _muted(incident, heard, settings.situation)
    if silent is not None or send == "now":
        return silent
    if not channel.announces:
        return _Decision(Mode.SKIP, f"{named or send}: the channel takes no digest")
    return _Decision(Mode.DIGEST, f"{named}: {send} digest" if named else f"{send} digest", into=send)


def _muted(incident: Incident, heard: _Heard | None, situation: Situation) -> _Decision | None:
    """Maintenance and silences: nobody is told while they last, and afterwards of what still happens."""
    over = rules.missed(incident, situation.mutes, situation.now) if heard is None else None
    if over is not None:
        return _Decision(Mode.SKIP, f"{over.why}: it happened only then")
    mute = rules.muted(incident, situation.mutes, situation.now)
    return None if mute is None else _Decision(Mode.WAIT, mute.why, until=mute.end)


def _held(incident: Incident, channel: ChannelSpec, heard: _Heard | None, settings: _Settings) -> _Decision | None:
    """Why a message that would be sent now is not; ``None``: nothing holds it back."""
    policy, situation = settings.policy, settings.situation
    rose = heard is not None and heard.severity.rank < incident.severity.rank
    if heard is not None and heard.sent_at is not None and not rose:
        age = (situation.now - heard.sent_at) / NANOSECONDS
        if 0 <= age < policy.cooldown_s:
            return _Decision(Mode.EDIT, f"cooldown: told {age:.0f} s ago")
    if incident.severity is not Severity.CRITICAL and policy.quiet.hold(situation.now, situation.zone):
        if channel.announces:
            return _Decision(Mode.DIGEST, "quiet hours", into="hourly")
        return _Decision(Mode.WAIT, "quiet hours", until=policy.quiet.end(situation.now, situation.zone))
    return (
        _too_much(incident, channel, heard, settings)
        if policy.storm and (channel.announces or channel.storms)
        else None
    )


def _too_much(incident: Incident, channel: ChannelSpec, heard: _Heard | None, settings: _Settings) -> _Decision | None:
    """Whether there is too much for a message each, so that one lists it."""
    policy, situation = settings.policy, settings.situation
    fresh = sum(n for severity, n in situation.fresh.items() if severity.rank >= channel.min_severity.rank)
    if heard is None and incident.substate is Substate.NEW and fresh > policy.storm:
        return _Decision(Mode.DIGEST, f"storm: {fresh} new incidents within a minute", into=STORM)
    most = channel.most_per_hour
    if most and (heard is None or heard.listed) and situation.told.get(channel.name, 0) >= most:
        return _Decision(Mode.DIGEST, f"more than {most} incidents within an hour", into=STORM)
    return None


def _news(incident: Incident, heard: _Heard | None, config: PolicyConfig) -> _Decision:
    """The table, applied to a channel that may have heard some of it already."""
    substate = incident.substate
    row = TABLE[incident.severity, substate]
    wanted = substate in config.mention_on
    if heard is None:
        # An ongoing incident that this channel never heard of is news to it, whatever the table says.
        return _Decision(Mode.SEND, f"first told: {substate}", wanted or substate is Substate.ONGOING)
    if heard.severity.rank < incident.severity.rank:
        return _Decision(Mode.SEND, f"severity rose to {incident.severity}", loud=True)
    # "New" is told once in an incident's life; a later report of the same generation edits what was sent.
    if row.mode is Mode.SEND and (substate is Substate.NEW or heard.generation >= incident.generation):
        row, why = _QUIET, "already told of this"
    else:
        why = substate.value
    if heard.listed and row.mode is Mode.EDIT:
        return _Decision(Mode.SKIP, "listed in the alert of a storm")
    return _Decision(row.mode, why, row.mention and wanted)


def _heard(receipt: Mapping[str, Any] | None) -> _Heard | None:
    """What a receipt says that the channel was last told (see :func:`logmedic.respond.interface.told`)."""
    if receipt is None or not isinstance(receipt.get("generation"), int):
        return None
    sent_at = receipt.get("sent_at")
    try:
        severity = Severity(str(receipt.get("severity")))
    except ValueError:
        return None
    listed = receipt.get("digest") == STORM
    return _Heard(receipt["generation"], severity, sent_at if isinstance(sent_at, int) else None, listed)
