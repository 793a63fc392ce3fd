"""What a dialect is: where one logging library puts each thing, as data.

A key is written with dots: ``log.level`` means the member ``log.level`` itself or the member ``level`` of the object
``log``. Every dialect also reads the generic aliases (:mod:`.generic`) behind its own keys, so a line that somebody
else wrote into the same file is still understood; a dialect only says what comes first and what its numbers mean.
"""

from __future__ import annotations

import enum

import msgspec


class Role(enum.IntEnum):
    """What a value is for the record."""

    TIME = 0
    LEVEL = 1
    MESSAGE = 2
    SERVICE = 3
    ERROR_CODE = 4
    DURATION = 5
    REQUEST_ID = 6
    TRACE_ID = 7
    TARGET = 8
    FILE = 9
    LINE = 10
    ERROR = 11  # an exception as an object, a list of them, a trace or a sentence
    EXCEPTION_TYPE = 12
    EXCEPTION_MESSAGE = 13
    STACK = 14
    RELEASE = 15
    SPAN = 16  # the innermost span: an object with "name", or a name
    SPANS = 17  # all spans, outermost first


class Scale(enum.StrEnum):
    """What a number at a level key means (:mod:`.levels`)."""

    PINO = "pino"  # 10–60, bunyan's too
    SYSLOG = "syslog"  # 0–7, RFC 5424 §6.2.1: the smaller the worse
    PYTHON = "python"  # 10–50
    OTEL = "otel"  # 1–24
    MIXED = "mixed"  # 0–7 as syslog, 8 and more as pino


class Unit(enum.Enum):
    """The unit of a number at a duration key. The value is how many of it make a millisecond."""

    NANOSECONDS = 1_000_000
    MICROSECONDS = 1_000
    MILLISECONDS = 1
    SECONDS = 0.001


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """One layout of log records."""

    name: str
    signature: tuple[str, ...]
    """Keys that a line of this dialect has; all of them, for the sniffer. ``a|b``: one of both. ``a:number``,
    ``a:text``: with a value of that type."""
    hints: tuple[str, ...] = ()
    """Keys that make it likelier; each counts one."""
    keys: dict[Role, tuple[str, ...]] = {}
    """Where each thing is, best first. Read before the generic aliases."""
    level_scales: dict[str, Scale] = {}
    """Level keys whose numbers mean something else than in the generic reader."""
    duration_units: dict[str, Unit] = {}
    """Duration keys whose numbers have another unit than in the generic reader."""
    ignore: tuple[str, ...] = ()
    """Generic aliases that mean something else in this dialect."""
