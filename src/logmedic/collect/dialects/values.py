"""Readings of single values: times, durations, codes, texts."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Any

import msgspec

from logmedic.bounds import LONGEST_NAME, clip
from logmedic.collect.dialects.cut import MARK
from logmedic.model import NANOSECONDS

# Outside of these a time says nothing (a clock that was never set, a counter, year 9999).
EARLIEST = 946_684_800 * NANOSECONDS  # 2000-01-01
MAX_AHEAD = 24 * 3600 * NANOSECONDS  # of the time of reading: clocks and time zones are wrong by less

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ISO = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:[.,]([0-9]{1,12}))? ?"
    r"(Z|z|UTC|[+-][0-9]{2}:?[0-9]{2})?\Z",
    re.ASCII,
)
_DIGITS = re.compile(r"[0-9]{9,19}(?:\.[0-9]{1,9})?\Z")


def read_time(value: Any, received: int) -> tuple[int | None, bool]:
    """Nanoseconds since the epoch, or ``None`` when absent or absurd; and whether the value lacks a time zone.

    A time without zone is read as UTC: relative times stay right, which the windows of rules need.
    """
    naive = False
    if type(value) is str:
        match = _ISO.match(value)
        if match is not None:
            nanoseconds = _from_iso(*match.groups())
            naive = match[4] is None
        elif _DIGITS.match(value):
            nanoseconds = _from_epoch(int(value) if value.isdigit() else float(value))
        else:
            return None, False
    elif (type(value) is int or type(value) is float) and abs(value) < 1e19:
        nanoseconds = _from_epoch(value)
    else:
        return None, False
    if nanoseconds is None or not EARLIEST <= nanoseconds <= received + MAX_AHEAD:
        return None, False
    return nanoseconds, naive


def _from_iso(day: str, clock: str, fraction: str | None, zone: str | None) -> int | None:
    if zone is None or zone in ("Z", "z", "UTC"):
        zone = "+00:00"
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}{zone}") - _EPOCH
    except (ValueError, OverflowError):
        return None
    part = int((fraction + "00000000")[:9]) if fraction else 0
    return (moment.days * 86_400 + moment.seconds) * NANOSECONDS + part


def _from_epoch(number: float) -> int | None:
    """Seconds, milli-, micro- or nanoseconds, told apart by magnitude (1973…5138 in each)."""
    if not math.isfinite(number):
        return None
    size = abs(number)
    factor = NANOSECONDS if size < 1e11 else 1_000_000 if size < 1e14 else 1_000 if size < 1e17 else 1
    if type(number) is int:
        return number * factor
    # A float of today's seconds carries a little more than microseconds; the digits behind are noise.
    return round(number * factor / 1_000) * 1_000 if factor > 1 else round(number)


_PER_UNIT = {
    "ns": 1e-6, "us": 1e-3, "µs": 1e-3, "μs": 1e-3, "ms": 1.0, "s": 1e3, "sec": 1e3, "secs": 1e3, "second": 1e3,
    "seconds": 1e3, "m": 6e4, "min": 6e4, "mins": 6e4, "minutes": 6e4, "h": 3.6e6, "hours": 3.6e6,
}  # fmt: skip
_DURATION = re.compile(r"(?:[0-9]{1,15}(?:\.[0-9]{1,15})? ?[a-zµμ]{1,7} ?){1,4}\Z")
_DURATION_PART = re.compile(r"([0-9.]+) ?([a-zµμ]+)")
_PLAIN = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?(?:[eE][+-]?[0-9]{1,3})?\Z")


def read_duration(value: Any, per_millisecond: float) -> float | None:
    """Milliseconds. ``per_millisecond``: how many of a bare number's unit make one. Texts may bring their own unit."""
    if type(value) is str:
        if not _PLAIN.match(value):
            return _with_units(value)
        value = float(value)
    elif type(value) is not int and type(value) is not float:
        return None
    try:
        # Division by a power of ten and multiplication by 1000 are both correctly rounded, so the order of numbers is
        # kept and a bound on the digits is a bound on the milliseconds.
        result = value * 1000.0 if per_millisecond == 0.001 else value / per_millisecond
    except OverflowError:
        return None
    return float(result) if math.isfinite(result) else None


def _with_units(text: str) -> float | None:
    """``5.2s``, ``6001 ms``, ``1m30.5s``: what Go, Rust and tower-http print."""
    if not _DURATION.match(text):
        return None
    total = 0.0
    for number, unit in _DURATION_PART.findall(text):
        factor = _PER_UNIT.get(unit)
        if factor is None:
            return None
        total += float(number) * factor
    return total


def read_text(value: Any) -> str:
    """A value as text: itself, a number's digits, an object's JSON; ``""`` for null."""
    if type(value) is str:
        return value
    if value is None:
        return ""
    return msgspec.json.encode(value).decode("utf-8")


def read_code(value: Any, *, numbers: bool) -> str | None:
    """An error code; ``numbers``: whether the key is one whose numbers are codes (``error_code``, but not ``code``)."""
    if type(value) is str:
        if value.endswith(MARK):
            return None
        return clip(value, LONGEST_NAME) or None
    if numbers and type(value) is int:
        return str(value) if abs(value) < 1 << 63 else None
    return None
