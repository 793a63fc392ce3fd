"""What an incident can be told by, and the settings that are about some incidents or some times only.

Matching is pure; :mod:`logmedic.respond.policy` decides what follows from it.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Literal

import msgspec

from logmedic.model import NANOSECONDS, Incident, Severity, Substate
from logmedic.respond.schedule import DAYS, MINUTES_A_DAY, Cadence, Day, Hours, following, minutes

MOST_SECONDS = 1_000_000_000  # of a setting: 31 years, so that sums of times stay times


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """Globs that an incident fits. An empty list asks for nothing; of a list one must fit."""

    services: tuple[str, ...] = ()
    severities: tuple[Severity, ...] = ()
    fingerprints: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    error_codes: tuple[str, ...] = ()

    @property
    def everything(self) -> bool:
        return not any(getattr(self, name) for name in self.__struct_fields__)

    def fits(self, incident: Incident) -> bool:
        ids = (incident.fingerprint, *incident.aliases)
        bare = tuple(each.partition(":")[2] for each in ids)
        return (
            _any(self.services, incident.service)
            and (not self.severities or incident.severity in self.severities)
            and (not self.fingerprints or any(_any(self.fingerprints, each) for each in ids + bare))
            and _any([glob.lower() for glob in self.titles], incident.title.lower())
            and _any(self.error_codes, incident.error_code or "")
        )


def _any(globs: Sequence[str], text: str) -> bool:
    return not globs or any(fnmatchcase(text, glob) for glob in globs)


class RuleConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[policy.rules]]``: the first whose conditions all hold decides for the channels that interrupt people."""

    name: str
    """What reasons call it."""
    services: tuple[str, ...] = ()
    """Globs. Empty, here and below: whatever it is."""
    severities: tuple[Severity, ...] = ()
    """Of the diagnosis."""
    fingerprints: tuple[str, ...] = ()
    """Globs, with or without the version."""
    titles: tuple[str, ...] = ()
    """Globs over the incident's title; case does not count."""
    error_codes: tuple[str, ...] = ()
    """Globs."""
    news: tuple[Substate, ...] = ()
    """What happened to the incident."""
    days: tuple[Day, ...] = ()
    """Days of the week on which the time below begins."""
    from_: str = msgspec.field(default="00:00", name="from")
    """Time of day from which the rule holds, in ``timezone`` …"""
    to: str = "24:00"
    """… and until when; at or before ``from``: on the next day."""
    channels: tuple[str, ...] = ()
    """Names of the channels that hear of it; the others do not. Empty: all."""
    send: Literal["now", "hourly", "daily", "never"] | None = None
    """"now": at once, also below a channel's ``min_severity``; "hourly", "daily": in that digest; "never": not at all.
    Default: as its severity has it."""
    mention: bool = True
    """Whether critical news may call people."""

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("a rule needs a `name`")
        _hours(self.from_, self.to, self.days)

    @property
    def match(self) -> Match:
        return Match(**{name: getattr(self, name) for name in Match.__struct_fields__})

    def holds(self, incident: Incident, now: int, tz: datetime.tzinfo) -> bool:
        """``now``: ns since the epoch."""
        return (
            (not self.news or incident.substate in self.news)
            and _hours(self.from_, self.to, self.days).contain(now, tz)
            and self.match.fits(incident)
        )


class QuietConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[policy.quiet]``: when nobody is told of anything that is not critical. No digest is sent meanwhile; the first
    one afterwards has it all."""

    from_: str = msgspec.field(default="", name="from")
    """Time of day, in ``timezone``, as in "22:00". Empty: there are no quiet hours."""
    to: str = ""
    """Time of day; at or before ``from``: on the next day."""
    days: tuple[Day, ...] = ()
    """Days of the week on which they begin. Empty: every day."""

    def __post_init__(self) -> None:
        if bool(self.from_) != bool(self.to):
            raise ValueError("quiet hours need both `from` and `to`")
        if self.from_:
            _hours(self.from_, self.to, self.days)
            if minutes(self.from_) % MINUTES_A_DAY == minutes(self.to) % MINUTES_A_DAY and len(self.days) in (0, 7):
                raise ValueError("quiet hours that never end would hold back every digest; let `to` differ from `from`")

    def hold(self, now: int, tz: datetime.tzinfo) -> bool:
        """Whether ``now`` (ns since the epoch) is within them."""
        return bool(self.from_) and _hours(self.from_, self.to, self.days).contain(now, tz)

    def end(self, now: int, tz: datetime.tzinfo) -> int:
        """When those are over that hold at ``now`` (ns since the epoch)."""
        return following(now, Cadence.DAILY, tz, minutes(self.to))


class MaintenanceConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[policy.maintenance]]``: a time in which nobody is told, of anything. What still happens afterwards is."""

    name: str
    """What reasons call it."""
    from_: datetime.datetime = msgspec.field(name="from")
    """Date and time, as in 2026-12-01T02:00:00+09:00; without an offset in ``timezone``."""
    to: datetime.datetime
    """Date and time; the first moment after it."""
    services: tuple[str, ...] = ()
    """Globs. Empty: every service."""

    def __post_init__(self) -> None:
        if (self.from_.tzinfo is None) != (self.to.tzinfo is None):
            raise ValueError("`from` and `to` must both have an offset, or neither")
        if self.to <= self.from_:
            raise ValueError("`to` must be later than `from`")


class EscalationConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[policy.escalation]``: when nobody acknowledges (`incidents ack`) a critical incident."""

    after_s: float = 0.0
    """So many seconds after people were told, they are called again. 0: never."""
    times: int = 1
    """How often, with the same time in between."""
    channels: tuple[str, ...] = ()
    """Names of the channels that are told then. Empty: those that were told first."""

    def __post_init__(self) -> None:
        if not 0 <= self.after_s <= MOST_SECONDS:
            raise ValueError(f"`after_s` must be a number of seconds from 0 to {MOST_SECONDS:,}")
        if not 1 <= self.times <= 10:
            raise ValueError("`times` must be from 1 to 10")


class Mute(msgspec.Struct, frozen=True):
    """A time in which nobody is told of some incidents. Times in ns since the epoch."""

    start: int
    end: int
    match: Match
    why: str  # "maintenance: …", "silence 3: …"


def maintenance(configs: Sequence[MaintenanceConfig], tz: datetime.tzinfo) -> tuple[Mute, ...]:
    return tuple(
        Mute(_ns(each.from_, tz), _ns(each.to, tz), Match(services=each.services), f"maintenance: {each.name}")
        for each in configs
    )


def muted(incident: Incident, mutes: Sequence[Mute], now: int) -> Mute | None:
    """Of those that hold back this incident now the one that ends last."""
    found = [mute for mute in mutes if mute.start <= now < mute.end and mute.match.fits(incident)]
    return max(found, key=lambda mute: mute.end, default=None)


def missed(incident: Incident, mutes: Sequence[Mute], now: int) -> Mute | None:
    """The one, over by now, within which the incident happened from first to last: nothing is left to tell of."""
    for mute in mutes:
        within = mute.start <= incident.first_seen and incident.last_seen < mute.end
        if mute.end <= now and within and mute.match.fits(incident):
            return mute
    return None


def check_names(rules: Sequence[RuleConfig], escalation: EscalationConfig, channels: Sequence[str]) -> None:
    """Raises ValueError for a channel that does not exist, or a rule's name that is used twice."""
    names = [rule.name for rule in rules]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"policy.rules: the name {twice[0]!r} is used twice; give each its own")
    used = [(f"policy.rules: {rule.name}", name) for rule in rules for name in rule.channels]
    used += [("policy.escalation", name) for name in escalation.channels]
    for where, name in used:
        if name not in channels:
            raise ValueError(f"{where}: there is no channel {name!r}; known are {', '.join(channels)}")


def _hours(start: str, end: str, days: tuple[Day, ...]) -> Hours:
    assert set(days) <= set(DAYS)
    return Hours(minutes(start), minutes(end), days)


def _ns(at: datetime.datetime, tz: datetime.tzinfo) -> int:
    aware = at if at.tzinfo is not None else at.replace(tzinfo=tz)
    return int(aware.timestamp()) * NANOSECONDS
