"""Spellings of levels.

Words are ASCII and compared without case. The byte prefilter of :mod:`logmedic.detect` lists the same words, so a word
must stand in :data:`WORDS` and nowhere else.
"""

from __future__ import annotations

import re

from logmedic.collect.dialects.dialect import Scale
from logmedic.model import Level

_SPELLINGS = {
    Level.TRACE: "trace trc finest finer verbose",
    Level.DEBUG: "debug dbg fine config",
    Level.INFO: "info inf information informational notice default",
    Level.WARN: "warn warning wrn",
    Level.ERROR: "error err severe fail failure",
    Level.FATAL: "fatal ftl critical crit panic dpanic emerg emergency alert",
}

WORDS: dict[str, Level] = {word: level for level, words in _SPELLINGS.items() for word in words.split()}
# OpenTelemetry: severity texts ERROR2…ERROR4, and the enum names that protobuf's JSON mapping writes.
for _level in Level:
    _name = _level.name.lower()
    for _suffix in ("2", "3", "4"):
        WORDS[_name + _suffix] = _level
    for _suffix in ("", "2", "3", "4"):
        WORDS[f"severity_number_{_name}{_suffix}"] = _level

# Inclusive bounds, the worst first. A number outside of all ranges says nothing.
SCALES: dict[Scale, tuple[tuple[float, float, Level], ...]] = {
    Scale.PINO: (
        (60, 100, Level.FATAL), (50, 60, Level.ERROR), (40, 50, Level.WARN), (30, 40, Level.INFO),
        (20, 30, Level.DEBUG), (1, 20, Level.TRACE),
    ),
    Scale.SYSLOG: (
        (0, 2, Level.FATAL), (3, 3, Level.ERROR), (4, 4, Level.WARN), (5, 6, Level.INFO), (7, 7, Level.DEBUG),
    ),
    Scale.PYTHON: (
        # logback's level_value: ERROR is 40000, WARN 30000, INFO 20000, DEBUG 10000, TRACE 5000
        (40_000, 100_000, Level.ERROR), (30_000, 40_000, Level.WARN), (20_000, 30_000, Level.INFO),
        (10_000, 20_000, Level.DEBUG), (5_000, 10_000, Level.TRACE),
        (50, 100, Level.FATAL), (40, 50, Level.ERROR), (30, 40, Level.WARN), (20, 30, Level.INFO),
        (10, 20, Level.DEBUG), (1, 10, Level.TRACE),
    ),
    Scale.OTEL: (
        (21, 24, Level.FATAL), (17, 21, Level.ERROR), (13, 17, Level.WARN), (9, 13, Level.INFO),
        (5, 9, Level.DEBUG), (1, 5, Level.TRACE),
    ),
}  # fmt: skip
SCALES[Scale.MIXED] = (*SCALES[Scale.SYSLOG], *(r for r in SCALES[Scale.PINO] if r[0] >= 20), (8, 20, Level.TRACE))

# "ERROR", "ERROR+4" (slog), " ERROR  " (padded), "\x1b[31mERROR\x1b[39m" (winston's colours)
_AROUND = r"(?:[ \t\r\n]|\x1b\[[0-9;]*m)*+"
_WORD = re.compile(rf"{_AROUND}([A-Za-z_]+[2-4]?)(?:[+-][0-9]+)?{_AROUND}\Z")
_NUMBER = re.compile(r"[ \t\r\n]*+((?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,9})?)[ \t\r\n]*+\Z")


def from_number(number: float, scale: Scale) -> Level | None:
    for low, high, level in SCALES[scale]:
        if low <= number <= high:
            return level
    return None


_AS_WRITTEN = {written: level for word, level in WORDS.items() for written in (word, word.upper(), word.capitalize())}


def read(value: object, scale: Scale) -> Level | None:
    """The level that a JSON value stands for, or ``None`` when it is no level."""
    if type(value) is str:
        level = _AS_WRITTEN.get(value)  # most are written in one of three ways
        if level is not None:
            return level
        level = WORDS.get(value.lower()) if value.isascii() else None
        if level is not None:
            return level
        found = _WORD.match(value)
        if found is not None:
            return WORDS.get(found[1].lower())
        number = _NUMBER.match(value)
        return from_number(float(number[1]), scale) if number is not None else None
    if type(value) is int or type(value) is float:
        return from_number(value, scale)
    return None
