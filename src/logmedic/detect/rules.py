"""The kinds of rules. To add one, write a class here with ``judge`` and ``needles`` and enter it in :data:`KINDS`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import Any, ClassVar

import msgspec

from logmedic.detect import needles
from logmedic.detect.interface import Asks, Needle, Rule, RuleConfig, SurfaceLike
from logmedic.errors import ConfigError
from logmedic.model import Level, LogRecord, Match, Severity

_LEVELS = {"warn": Level.WARN, "warning": Level.WARN, "error": Level.ERROR, "fatal": Level.FATAL}


class LevelRule(msgspec.Struct, frozen=True, kw_only=True):
    """Records of this level or a worse one."""

    kind: ClassVar[str] = "level"
    name: str
    severity: Severity = Severity.WARNING
    services: tuple[str, ...] = ()
    level: Level = Level.ERROR

    @classmethod
    def build(cls, config: RuleConfig) -> LevelRule:
        level = _LEVELS.get(config.level.lower())
        if level is None:
            raise ConfigError(f"rule `{config.name}`: unknown level `{config.level}`; use one of {', '.join(_LEVELS)}")
        return cls(
            name=config.name,
            severity=config.severity or Severity.WARNING,
            services=config.services,
            level=level,
        )

    def judge(self, record: LogRecord) -> Match | None:
        if record.level < self.level or not _serves(self.services, record.service):
            return None
        severity = Severity.CRITICAL if record.level >= Level.FATAL else self.severity
        return Match(self.name, f"level {record.level.name} is {self.level.name} or worse", severity)

    def asks(self) -> Asks:
        return Asks(level=self.level, services=self.services)

    def needles(self, surface: SurfaceLike) -> list[Needle]:
        found = needles.words(word for word, level in surface.words.items() if level >= self.level)
        for key, ranges in surface.level_numbers:
            worse = [(low, high) for low, high, level in ranges if level >= self.level]
            found.append(needles.level_numbers(key, worse))
        return found


class DurationRule(msgspec.Struct, frozen=True, kw_only=True):
    """Records that took longer than a limit."""

    kind: ClassVar[str] = "duration"
    name: str
    severity: Severity = Severity.WARNING
    services: tuple[str, ...] = ()
    over_ms: float = 5000.0

    @classmethod
    def build(cls, config: RuleConfig) -> DurationRule:
        if not 0 <= config.over_ms < 1e12:
            raise ConfigError(f"rule `{config.name}`: over_ms must be between 0 and 1e12, not {config.over_ms:g}")
        return cls(
            name=config.name,
            severity=config.severity or Severity.WARNING,
            services=config.services,
            over_ms=config.over_ms,
        )

    def judge(self, record: LogRecord) -> Match | None:
        duration = record.duration_ms
        if duration is None or not duration > self.over_ms or not _serves(self.services, record.service):
            return None
        return Match(self.name, f"took {duration:,.0f} ms, more than {self.over_ms:,.0f} ms", self.severity)

    def asks(self) -> Asks:
        return Asks(over_ms=self.over_ms, services=self.services)

    def needles(self, surface: SurfaceLike) -> list[Needle]:
        return [
            needle
            for key, per_millisecond in surface.durations
            for needle in needles.durations(key, per_millisecond, self.over_ms)
        ]


class ErrorCodeRule(msgspec.Struct, frozen=True, kw_only=True):
    """Records whose error code matches one of some globs."""

    kind: ClassVar[str] = "error-code"
    name: str
    severity: Severity = Severity.WARNING
    services: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()

    @classmethod
    def build(cls, config: RuleConfig) -> ErrorCodeRule:
        if not config.patterns or "" in config.patterns:
            raise ConfigError(f"rule `{config.name}`: patterns must name at least one glob, and none may be empty")
        return cls(
            name=config.name,
            severity=config.severity or Severity.WARNING,
            services=config.services,
            patterns=config.patterns,
        )

    def judge(self, record: LogRecord) -> Match | None:
        code = record.error_code
        if code is None or not _serves(self.services, record.service):
            return None
        for pattern in self.patterns:
            if fnmatchcase(code, pattern):
                return Match(self.name, f"error code {code} matches {pattern}", self.severity)
        return None

    def asks(self) -> Asks:
        return Asks(codes=self.patterns, services=self.services)

    def needles(self, surface: SurfaceLike) -> list[Needle]:
        prefixes = [needles.literal_prefix(pattern) for pattern in self.patterns]
        found = [needles.strings(prefix) for prefix in dict.fromkeys(prefixes) if prefix]
        if "" in prefixes:
            found.extend(needles.mention(key) for key in dict.fromkeys(surface.code_keys))
        return found


class SurgeRule(msgspec.Struct, frozen=True, kw_only=True):
    """More than so many errors of one service in a window. Needs memory: see :class:`.surge.SurgeWindows`.

    As a rule over single records it matches nothing; it makes the detector hand over every error.
    """

    kind: ClassVar[str] = "surge"
    name: str
    severity: Severity = Severity.CRITICAL
    services: tuple[str, ...] = ()
    more_than: int = 10
    within_s: int = 300
    late_s: int = 900

    @classmethod
    def build(cls, config: RuleConfig) -> SurgeRule:
        for key, value, low, high in (
            ("more_than", config.more_than, 1, 10_000),
            ("within_s", config.within_s, 1, 86_400),
            ("late_s", config.late_s, 0, 86_400),
        ):
            if not low <= value <= high:
                raise ConfigError(f"rule `{config.name}`: {key} must be between {low} and {high}, not {value}")
        return cls(
            name=config.name,
            severity=config.severity or Severity.CRITICAL,
            services=config.services,
            more_than=config.more_than,
            within_s=config.within_s,
            late_s=config.late_s,
        )

    def counts(self, record: LogRecord) -> bool:
        return record.level >= Level.ERROR and self.serves(record.service)

    def serves(self, service: str) -> bool:
        """Whether the rule looks at this service."""
        return _serves(self.services, service)

    def judge(self, record: LogRecord) -> Match | None:
        return None

    def asks(self) -> Asks:
        return Asks(level=Level.ERROR, services=self.services)

    def needles(self, surface: SurfaceLike) -> list[Needle]:
        return LevelRule(name=self.name, services=self.services).needles(surface)


# A plug-in is one entry here; its kind must also be allowed in RuleConfig.kind.
KINDS: dict[str, Callable[[RuleConfig], Rule]] = {
    rule.kind: rule.build for rule in (LevelRule, DurationRule, ErrorCodeRule, SurgeRule)
}

DEFAULTS: tuple[RuleConfig, ...] = (
    RuleConfig(name="error-level", kind="level"),
    RuleConfig(name="slow", kind="duration"),
    RuleConfig(name="surge", kind="surge"),
    RuleConfig(name="error-code", kind="error-code"),
)


def settings(rule: Rule) -> dict[str, str]:
    """What a rule compares with, beside what every rule has, as words."""
    values = msgspec.structs.asdict(rule) if isinstance(rule, msgspec.Struct) else {}
    shown = {name: value for name, value in values.items() if name not in {"name", "severity", "services"}}
    return {name: _shown(value) for name, value in shown.items()}


def _shown(value: Any) -> str:
    if isinstance(value, Level):
        return value.name.lower()
    return (
        ", ".join(map(str, value))
        if isinstance(value, tuple)
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )


def build_rules(configs: Sequence[RuleConfig] = ()) -> tuple[Rule, ...]:
    """The defaults, with those of ``configs`` replaced or added by name, without the disabled ones.

    Raises:
        ConfigError: a setting makes no sense, two rules have one name, or a new one names no kind.
    """
    seen: set[str] = set()
    for config in configs:
        if not config.name or config.name in seen:
            raise ConfigError(f"rule `{config.name}`: each rule needs a name of its own")
        seen.add(config.name)
    defaults = {default.name: default for default in DEFAULTS}
    merged = {config.name: config for config in (*DEFAULTS, *configs)}
    rules: list[Rule] = []
    for config in merged.values():
        kind = config.kind or (defaults[config.name].kind if config.name in defaults else None)
        if kind is None:
            raise ConfigError(f"rule `{config.name}`: name its kind, one of {', '.join(KINDS)}")
        if config.enabled:
            rules.append(KINDS[kind](config))
    return tuple(rules)


def _serves(globs: tuple[str, ...], service: str) -> bool:
    return not globs or any(fnmatchcase(service, glob) for glob in globs)
