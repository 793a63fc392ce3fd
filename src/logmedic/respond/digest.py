"""What is told together: the digest of a window, and the one alert of a storm. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from logmedic.model import Incident, Severity, State, Substate, Text
from logmedic.respond import words
from logmedic.respond.interface import Bulletin, Kind, Section
from logmedic.respond.schedule import MINUTES_A_DAY, Cadence, local, minutes, shown
from logmedic.respond.spoken import title

STORM_LINES = 30


class DigestConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[digest]``: what channels that interrupt people are told together, later. Only what is below their
    ``min_severity``, and what a rule or quiet hours hold back."""

    warning: Literal["hourly", "daily", "off"] = "hourly"
    """When warnings are told."""
    info: Literal["hourly", "daily", "off"] = "off"
    """When incidents of severity info are told."""
    daily_at: str = "09:00"
    """Time of day, in ``timezone``, of the daily digest."""
    most: int = 10
    """Most incidents that each part of a digest lists; the rest is counted."""

    def __post_init__(self) -> None:
        if minutes(self.daily_at) == MINUTES_A_DAY:
            raise ValueError('write "00:00" for a daily digest at midnight')
        if not 1 <= self.most <= 50:
            raise ValueError("`most` must be from 1 to 50")

    def cadence(self, severity: Severity) -> Literal["hourly", "daily"] | None:
        """In which digest a severity is told; ``None``: in none."""
        wanted = {Severity.WARNING: self.warning, Severity.INFO: self.info}.get(severity, "off")
        return None if wanted == "off" else wanted


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """An incident as one channel's digest knows it."""

    incident: Incident
    news: Substate  # the latest that was held back for the digest
    waiting: bool  # whether that has not been in a digest yet
    added: int  # occurrences since the last digest
    active: bool  # whether it occurred in the last digest


class Window(msgspec.Struct, frozen=True):
    """What one digest covers. ``start`` and ``end`` in ns."""

    cadence: Cadence
    start: int
    end: int
    zone: datetime.tzinfo

    @property
    def span(self) -> str:
        begin, end = shown(self.start, self.zone), shown(self.end, self.zone)
        same_day = begin[:10] == end[:10]
        return f"{begin}–{end[11:] if same_day else end} {local(self.end, self.zone).tzname()}"


def digest(items: Sequence[Item], window: Window, *, key: str, language: str, most: int) -> Bulletin | None:
    """One channel's digest; ``None`` when there is nothing to say."""
    live = [i for i in items if i.incident.state not in (State.IGNORED, State.SNOOZED)]
    over = [i for i in live if i.active and (i.incident.state is State.RESOLVED or not (i.added or i.waiting))]
    rest = [i for i in live if i not in over and i.incident.state is not State.RESOLVED]
    new = [i for i in rest if i.waiting and i.news is Substate.NEW]
    back = [i for i in rest if i.waiting and i.news is Substate.REGRESSED]
    rising = [i for i in rest if i.waiting and i.news is Substate.ESCALATING]
    shown_above = {i.incident.id for i in (*new, *back, *rising)}
    going_on = [i for i in rest if i.incident.id not in shown_above and (i.added or i.waiting)]
    parts = (
        (words.DIGEST_NEW, new), (words.DIGEST_BACK, back), (words.DIGEST_RISING, rising),
        (words.DIGEST_GOING_ON, going_on), (words.DIGEST_GONE, over),
    )  # fmt: skip
    if not any(found for _, found in parts):
        return None
    sections = tuple(_section(heading, found, most, _digest_line) for heading, found in parts if found)
    figures = [(heading, len(found)) for heading, found in parts if found]
    name = words.DIGEST[window.cadence]
    return Bulletin(
        key=key,
        kind=Kind.DIGEST,
        severity=Severity.highest(*(i.incident.severity for i in (*rest, *over))),
        title=Text(*(_digest_title(name, window.span, figures, language) for language in ("en", "ko"))),
        language=language,
        sections=sections,
    )


def storm(incidents: Sequence[Incident], *, key: str, language: str, since: str) -> Bulletin:
    """The alert of a storm: the list of all that is new, the worst first. ``since``: when it began, to show."""
    worst = Severity.highest(*(i.severity for i in incidents))
    items = [Item(incident=i, news=i.substate, waiting=True, added=i.count, active=False) for i in incidents]
    return Bulletin(
        key=key,
        kind=Kind.STORM,
        severity=worst,
        title=Text(*(words.STORM.in_(each).format(count=len(items), since=since) for each in ("en", "ko"))),
        language=language,
        sections=(_section(words.STORM_LIST, items, STORM_LINES, _storm_line),),
        mention=worst is Severity.CRITICAL,
    )


def _digest_title(name: Text, span: str, figures: Sequence[tuple[Text, int]], language: str) -> str:
    counted = ", ".join(f"{heading.in_(language)} {count:,}" for heading, count in figures)
    return f"{name.in_(language)} {span}: {counted}"


def _section(heading: Text, items: Sequence[Item], most: int, line: Callable[[Item, str], str]) -> Section:
    ranked = sorted(items, key=lambda i: (-i.incident.severity.rank, -i.added, i.incident.id))
    lines = [Text(line(item, "en"), line(item, "ko")) for item in ranked[:most]]
    if len(ranked) > most:
        rest = len(ranked) - most
        lines.append(Text(words.AND_MORE.en.format(count=rest), words.AND_MORE.ko.format(count=rest)))
    return Section(heading, tuple(lines))


def _digest_line(item: Item, language: str) -> str:
    return f"{item.added:,}× {_name(item.incident, language)}"


def _storm_line(item: Item, language: str) -> str:
    return f"{words.SEVERITY[item.incident.severity].in_(language)}: {_name(item.incident, language)}"


def _name(incident: Incident, language: str) -> str:
    where = " · ".join(filter(None, (incident.service, incident.error_code)))
    return " ".join(filter(None, (where and f"[{where}]", title(incident, language), f"(#{incident.id})")))
