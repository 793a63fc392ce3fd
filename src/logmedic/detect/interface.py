"""What a rule is, and what the detector hands back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal, Protocol

import msgspec

from logmedic.model import Finding, Level, LogRecord, Match, Ref, Reject, Severity


class RuleConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of the ``[[rules]]`` of the config. A rule with the name of a default one replaces it."""

    name: str
    """What alerts call it. The defaults are named ``error-level``, ``slow``, ``surge`` and ``error-code``."""
    kind: Literal["level", "duration", "error-code", "surge"] | None = None
    """What is looked at; may be left out in a rule that replaces a default one. Each kind reads its own settings."""
    severity: Severity | None = None
    """Floor of the severity of what matches. Unset: the kind's own (warning; surge: critical)."""
    enabled: bool = True
    """``false`` switches the rule off; also a default one."""
    services: tuple[str, ...] = ()
    """Only records of services that match one of these globs. Empty: of every service."""
    level: str = "error"
    """``level``: this level or a worse one (warn, error, fatal). FATAL and panics are always critical."""
    over_ms: float = 5000.0
    """``duration``: more than so many milliseconds."""
    patterns: tuple[str, ...] = ("AI_*", "AUTH_*", "DB_*")
    """``error-code``: globs, case counts."""
    more_than: int = 10
    """``surge``: more than so many errors of one service …"""
    within_s: int = 300
    """``surge``: … in a window of so many seconds of event time."""
    late_s: int = 900
    """``surge``: errors up to this much older than the service's newest still count in their own window."""


class SurfaceLike(Protocol):
    """How a dialect's lines spell what rules ask for; see ``collect.dialects.Surface``."""

    @property
    def words(self) -> Mapping[str, Level]: ...
    @property
    def level_numbers(self) -> Sequence[tuple[str, Sequence[tuple[float, float, Level]]]]: ...
    @property
    def durations(self) -> Sequence[tuple[str, float]]: ...
    @property
    def code_keys(self) -> Sequence[str]: ...
    def text_pattern(self, level: Level) -> str:
        """What stands in every line of plain text whose level is this or worse: a regular expression of RE2."""
        ...


class DecoderLike(Protocol):
    """What the detector needs of a decoder; ``collect.dialects.Decoder`` is one."""

    @property
    def surface(self) -> SurfaceLike: ...
    def decode(self, line: bytes, ref: Ref, received: int) -> LogRecord | Reject: ...
    def joined(self, block: bytes) -> Sequence[tuple[int, int]]:
        """Begin and end of each event in whole lines that stands on more than one of them, in order."""
        ...


class Needle(msgspec.Struct, frozen=True):
    """Bytes that a line must hold to be worth decoding. Never spans a line end.

    ``pattern`` is a regular expression that ``re`` and hyperscan read alike, and it can match only where ``literal``
    (lower case; the line is compared without case) occurs. A hit of which ``harmless`` matches from the last byte on
    proves that this occurrence cannot satisfy the rule.
    """

    pattern: bytes
    literal: bytes
    harmless: bytes | None = None


class Asks(msgspec.Struct, frozen=True):
    """What a rule looks for, for compilers: it matches only records that have at least one of the first three."""

    level: Level | None = None  # this one or a worse one
    over_ms: float | None = None  # a longer duration
    codes: tuple[str, ...] = ()  # an error code that one of these globs matches
    services: tuple[str, ...] = ()  # and are of a service that one of these globs matches; empty: of any


class Rule(Protocol):
    """One reason to look at a record. Immutable and picklable."""

    kind: ClassVar[str]

    @property
    def name(self) -> str: ...
    @property
    def severity(self) -> Severity: ...
    @property
    def services(self) -> tuple[str, ...]:
        """Globs of the services that it is about; empty: all."""
        ...

    def judge(self, record: LogRecord) -> Match | None:
        """Why this record matches, with figures; ``None`` when it does not. A function of the record alone."""
        ...

    def asks(self) -> Asks:
        """What it looks for. A rule that needs memory: what it must be told of."""
        ...

    def needles(self, surface: SurfaceLike) -> list[Needle]:
        """What every line that starts with ``{`` and whose record matches holds at least one of."""
        ...


class Selected(msgspec.Struct):
    """What came of one block of lines. Picklable."""

    lines: int
    bytes: int
    findings: list[Finding]
    """Records that a rule matched, in order, with all matches that need no memory of other records."""
    errors: list[LogRecord]
    """Records that a surge rule counts (ERROR or worse) and that are in no finding: ``error-level`` is off for them."""
    rejects: list[Reject]
    """Lines that no record could be made of; blank lines are not among them."""
