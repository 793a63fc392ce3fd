from __future__ import annotations

import datetime
import itertools
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmedic.model import NANOSECONDS
from logmedic.respond.schedule import HOUR, Cadence, Hours, boundary, following, minutes, shown, zone

SEOUL = zoneinfo.ZoneInfo("Asia/Seoul")
KOLKATA = zoneinfo.ZoneInfo("Asia/Kolkata")  # half an hour beside the hour of UTC
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
ZONES = (datetime.UTC, SEOUL, KOLKATA, BERLIN, zoneinfo.ZoneInfo("America/New_York"))


def at(text: str, tz: datetime.tzinfo = datetime.UTC) -> int:
    return int(datetime.datetime.fromisoformat(text).replace(tzinfo=tz).timestamp()) * NANOSECONDS


@pytest.mark.parametrize(("text", "found"), [("00:00", 0), ("7:05", 425), ("22:30", 1350), ("24:00", 1440)])
def test_a_time_of_day_is_read(text, found):
    assert minutes(text) == found


@pytest.mark.parametrize("text", ["", "25:00", "24:01", "12:60", "noon", "12", "12:5", "１２:00"])
def test_what_is_no_time_of_day_is_refused_in_words(text):
    with pytest.raises(ValueError, match="no time of day"):
        minutes(text)


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "Asia"])
def test_an_unknown_time_zone_is_refused_in_words(name):
    with pytest.raises(ValueError, match="no time zone known here"):
        zone(name)


@pytest.mark.parametrize(
    ("start", "end", "days", "now", "inside"),
    [
        ("09:00", "18:00", (), "2026-11-23T09:00", True),
        ("09:00", "18:00", (), "2026-11-23T18:00", False),
        ("22:00", "08:00", (), "2026-11-23T23:59", True),
        ("22:00", "08:00", (), "2026-11-24T07:59", True),
        ("22:00", "08:00", (), "2026-11-24T08:00", False),
        ("22:00", "08:00", ("fri",), "2026-11-28T03:00", True),  # the night that began on Friday
        ("22:00", "08:00", ("fri",), "2026-11-27T03:00", False),  # the night before it
        ("00:00", "24:00", ("sat", "sun"), "2026-11-28T12:00", True),
        ("00:00", "24:00", ("sat", "sun"), "2026-11-30T00:00", False),
        ("06:00", "06:00", (), "2026-11-28T05:59", True),  # round the clock
    ],
)
def test_hours_hold_on_their_days_also_over_midnight(start, end, days, now, inside):
    assert Hours(minutes(start), minutes(end), days).contain(at(now, SEOUL), SEOUL) is inside


def test_hours_and_days_are_those_of_the_time_zone():
    assert shown(boundary(at("2026-11-23T10:20"), Cadence.HOURLY, KOLKATA, 0), KOLKATA) == "2026-11-23 15:00"
    night = boundary(at("2026-11-23T10:20"), Cadence.DAILY, SEOUL, minutes("09:00"))
    assert shown(night, SEOUL) == "2026-11-23 09:00"
    morning = boundary(at("2026-11-23T08:59", SEOUL), Cadence.DAILY, SEOUL, minutes("09:00"))
    assert shown(morning, SEOUL) == "2026-11-22 09:00"


def test_the_hour_that_the_clocks_repeat_has_two_digests_and_the_one_they_skip_has_none():
    ends = [at("2026-10-24T23:30") + n * HOUR // 2 for n in range(8)]  # UTC, through the change at 01:00
    found = sorted({boundary(now, Cadence.HOURLY, BERLIN, 0) for now in ends})
    assert [b - a for a, b in itertools.pairwise(found)] == [HOUR] * (len(found) - 1)
    assert shown(boundary(at("2026-03-29T02:30", BERLIN), Cadence.DAILY, BERLIN, minutes("02:30")), BERLIN)


@given(
    now=st.integers(86_400 * NANOSECONDS, 4_000_000_000 * NANOSECONDS),
    tz=st.sampled_from(ZONES),
    cadence=st.sampled_from(Cadence),
    daily_at=st.integers(0, 1439),
)
def test_a_window_has_ended_and_the_next_one_ends_later(now, tz, cadence, daily_at):
    end, after = boundary(now, cadence, tz, daily_at), following(now, cadence, tz, daily_at)
    assert end <= now < after
    longest = HOUR if cadence is Cadence.HOURLY else 26 * HOUR
    assert after - end <= 2 * longest
    assert boundary(end, cadence, tz, daily_at) == end, "a boundary is its own"
