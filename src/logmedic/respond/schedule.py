"""Times of day, days of the week and the hours that digests end at, in one configured time zone. Pure."""

from __future__ import annotations

import datetime
import enum
import re
import zoneinfo
from typing import Literal

import msgspec

from logmedic.model import NANOSECONDS

HOUR = 3600 * NANOSECONDS
MINUTES_A_DAY = 24 * 60
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)|24:00")
_LAST_SECOND = 253_402_214_400  # 9999-12-31, less a day, so that every zone can show it

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Cadence(enum.StrEnum):
    """How often what is not told at once is told together."""

    HOURLY = "hourly"
    DAILY = "daily"


def zone(name: str) -> zoneinfo.ZoneInfo:
    """The time zone of that name in the IANA database. Raises ValueError in words for people."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is no time zone known here; write one such as Asia/Seoul or UTC") from None


def minutes(clock: str) -> int:
    """ "22:00" → minutes since midnight; "24:00" is the end of the day. Raises ValueError."""
    match = _CLOCK.fullmatch(clock)
    if match is None:
        raise ValueError(f'{clock!r} is no time of day; write hours and minutes, as in "22:00"')
    return MINUTES_A_DAY if match[1] is None else int(match[1]) * 60 + int(match[2])


class Hours(msgspec.Struct, frozen=True):
    """A time of day on some days of the week. ``end`` at or before ``start`` is on the day after."""

    start: int  # minutes since midnight
    end: int
    days: tuple[Day, ...] = ()  # on which it begins; empty: every day

    def contain(self, now: int, tz: datetime.tzinfo) -> bool:
        """``now``: ns since the epoch."""
        here = local(now, tz)
        minute = here.hour * 60 + here.minute
        today, yesterday = DAYS[here.weekday()], DAYS[here.weekday() - 1]
        if self.start < self.end:
            return self.start <= minute < self.end and self._on(today)
        return (minute >= self.start and self._on(today)) or (minute < self.end and self._on(yesterday))

    def _on(self, day: Day) -> bool:
        return not self.days or day in self.days


def local(now: int, tz: datetime.tzinfo) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(min(max(now // NANOSECONDS, 86_400), _LAST_SECOND), tz)


def shown(now: int, tz: datetime.tzinfo) -> str:
    """A date and a time of day, to the minute."""
    return local(now, tz).strftime("%Y-%m-%d %H:%M")


def boundary(now: int, cadence: Cadence, tz: datetime.tzinfo, daily_at: int) -> int:
    """When the latest window ended, at or before ``now`` (ns): on the hour, or daily at ``daily_at`` minutes."""
    here = local(now, tz)
    if cadence is Cadence.HOURLY:
        return (int(here.timestamp()) - here.minute * 60 - here.second) * NANOSECONDS
    day = here.date()
    at = _at(day, daily_at, tz)
    return at if at <= now else _at(day - datetime.timedelta(days=1), daily_at, tz)


def following(now: int, cadence: Cadence, tz: datetime.tzinfo, daily_at: int) -> int:
    """When the window that is open at ``now`` ends; later than ``now``."""
    if cadence is Cadence.HOURLY:
        return boundary(now, cadence, tz, daily_at) + HOUR
    day = local(boundary(now, cadence, tz, daily_at), tz).date()
    at = _at(day + datetime.timedelta(days=1), daily_at, tz)
    return at if at > now else _at(day + datetime.timedelta(days=2), daily_at, tz)


def _at(day: datetime.date, minute: int, tz: datetime.tzinfo) -> int:
    """A time that the clocks skip is taken an hour later, as the clocks were."""
    day += datetime.timedelta(days=minute // MINUTES_A_DAY)
    hour, minute = divmod(minute % MINUTES_A_DAY, 60)
    return int(datetime.datetime.combine(day, datetime.time(hour, minute), tz).timestamp()) * NANOSECONDS
