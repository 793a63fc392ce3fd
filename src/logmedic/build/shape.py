"""The shape of ``logmedic.toml``: every part brings its own config class, here they become one."""

from __future__ import annotations

import glob
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

from logmedic import config as configuration
from logmedic.build.serving import McpConfig, WebConfig
from logmedic.collect import dialects
from logmedic.collect.cloudwatch.config import CloudWatchSourceConfig
from logmedic.collect.file import FileSourceConfig
from logmedic.collect.kafka.config import KafkaSourceConfig
from logmedic.collect.loki.config import LokiSourceConfig
from logmedic.collect.push.config import PushSourceConfig
from logmedic.collect.stdin import StdinSourceConfig
from logmedic.detect.interface import RuleConfig
from logmedic.detect.rules import build_rules
from logmedic.errors import ConfigError, UsageError
from logmedic.group.fingerprint import GroupConfig
from logmedic.group.window import WindowConfig
from logmedic.investigate.claude.config import DiagnoseConfig
from logmedic.redact import RedactConfig
from logmedic.respond.channels import ChannelConfig
from logmedic.respond.console import ConsoleConfig
from logmedic.respond.digest import DigestConfig
from logmedic.respond.fix.config import FixConfig
from logmedic.respond.jsonl import JsonlConfig
from logmedic.respond.policy import PolicyConfig
from logmedic.respond.retry import RetryConfig
from logmedic.respond.rules import check_names
from logmedic.respond.schedule import zone
from logmedic.respond.selfcheck import SelfConfig
from logmedic.store.lock import sqlite_path

LEAST_DAYS = 35  # the caps on money look back 30 days
LEAST_MINUTES_DAYS = 8  # whether a fix held is seen within a week
MOST_DAYS = 36_500
SourceConfig = (
    FileSourceConfig
    | LokiSourceConfig
    | CloudWatchSourceConfig
    | KafkaSourceConfig
    | PushSourceConfig
    | StdinSourceConfig
)


class StoreConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[store]``"""

    url: str = "sqlite:///.logmedic/state.db"
    """``sqlite:///path`` (relative to the config file) or ``postgresql://user@host/database``."""
    keep_days: int = 400
    """Days after its last occurrence that an incident is kept, with all that belongs to it; 35 or more, 0: for ever."""
    keep_minutes_days: int = 35
    """Days that counts by the minute are kept (of each incident its last day always); 8 or more, 0: for ever."""

    def __post_init__(self) -> None:
        for name, least in (("keep_days", LEAST_DAYS), ("keep_minutes_days", LEAST_MINUTES_DAYS)):
            days = getattr(self, name)
            if days and not least <= days <= MOST_DAYS:
                raise ValueError(f"`{name}` must be from {least} to {MOST_DAYS:,} days, or 0: for ever")


class RepositoryConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[repository]``: the source code of the watched service."""

    path: str = "."
    """A git work tree or bare repository, relative to the config file. Without git there, no source is quoted."""


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``logmedic.toml``"""

    language: Literal["en", "ko"] | None = None
    """Of reports and alerts. Default: the language of the environment."""
    timezone: str = "UTC"
    """Of digests, quiet hours and rules, by its name in the IANA database, as in "Asia/Seoul"."""
    sources: tuple[SourceConfig, ...] = ()
    """``[[sources]]``: where the logs are."""
    rules: tuple[RuleConfig, ...] = ()
    """``[[rules]]``: changes to the four default rules by name, and further ones."""
    group: GroupConfig = GroupConfig()
    """``[group]``: what counts as the team's own code."""
    window: WindowConfig = WindowConfig()
    """``[window]``: when a repeat is only counted, and when it is raised again."""
    repository: RepositoryConfig = RepositoryConfig()
    diagnose: DiagnoseConfig = DiagnoseConfig()
    fix: FixConfig = FixConfig()
    redact: RedactConfig = RedactConfig()
    """``[redact]``: what is blanked before anything is stored or sent."""
    channels: tuple[ChannelConfig, ...] = (ConsoleConfig(),)
    """``[[channels]]``: who is told."""
    policy: PolicyConfig = PolicyConfig()
    digest: DigestConfig = DigestConfig()
    self_alerts: SelfConfig = SelfConfig()
    retry: RetryConfig = RetryConfig()
    store: StoreConfig = StoreConfig()
    web: WebConfig = WebConfig()
    mcp: McpConfig = McpConfig()


class Loaded(msgspec.Struct, frozen=True):
    """A config with where it came from; relative paths in it start at ``base``."""

    config: Config
    base: Path
    path: Path | None
    language: str
    diagnostic_model: str | None = None  # what ``DIAGNOSTIC_MODEL`` says

    @property
    def store_url(self) -> str:
        """The URL with a relative SQLite path made absolute."""
        path = sqlite_path(self.config.store.url)
        return self.config.store.url if path is None else f"sqlite:///{(self.base / path).absolute()}"

    @property
    def shown_store_url(self) -> str:
        """The same without a password."""
        return re.sub(r"://([^:/@]*):[^@]*@", r"://\1:***@", self.store_url)


def load_config(explicit: str | None, cwd: Path, *, paths: Sequence[str] = ()) -> Loaded:
    """Read the config that applies here; ``paths`` (files, globs, ``-``) take the place of its sources.

    Raises:
        ConfigError: the file is missing or wrong, or two sources or channels share a name.
    """
    settings = configuration.Settings.from_environment()
    path = configuration.find(explicit, settings, cwd)
    config = Config() if path is None else configuration.load(path, Config)
    if paths:
        config = msgspec.structs.replace(config, sources=tuple(_named_on_command_line(paths, cwd)))
    base = cwd if path is None else path.absolute().parent
    for source in config.sources:
        for name in source.paths if isinstance(source, FileSourceConfig) else ():
            if not name or "\0" in name:
                raise ConfigError(f"{path}: sources: {source.name}: paths: {name!r} cannot be the name of a file")
    if config.store.url.startswith("sqlite:") and sqlite_path(config.store.url) is None:
        raise ConfigError(f"{path}: store.url: {config.store.url!r} names no file; give one, as in sqlite:///state.db")
    for what, names in (("sources", [s.name for s in config.sources]), ("channels", [c.name for c in config.channels])):
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ConfigError(f"{path}: {what}: the name {twice[0]!r} is used twice; give each its own")
    try:
        zone(config.timezone)
        check_names(config.policy.rules, config.policy.escalation, [channel.name for channel in config.channels])
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from None
    if path is not None:
        _check_parts(config, path)
    config = msgspec.structs.replace(config, channels=tuple(_anchored(c, base) for c in config.channels))
    return Loaded(config, base, path, config.language or settings.language, settings.diagnostic_model)


def _check_parts(config: Config, path: Path) -> None:
    """What the parts say that read these settings later, with the file that they stand in."""
    try:
        build_rules(config.rules)
        for source in config.sources:
            if source.dialect != "auto":
                dialects.decoder(source.dialect)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def _anchored(channel: ChannelConfig, base: Path) -> ChannelConfig:
    """A file that alerts are written to stands beside the config, wherever the command was started."""
    if isinstance(channel, JsonlConfig) and channel.path is not None:
        return msgspec.structs.replace(channel, path=str(base / channel.path))
    return channel


def require_sources(loaded: Loaded) -> None:
    """A run that reads logs needs to know of some. Raises :class:`ConfigError`."""
    if not loaded.config.sources:
        where = loaded.path or "no logmedic.toml here"
        raise ConfigError(f"{where}: no [[sources]] to read; `logmedic init` writes a config, or name files to scan")


def _named_on_command_line(paths: Sequence[str], cwd: Path) -> list[SourceConfig]:
    files = [str(cwd / p) for p in paths if p != "-"]
    for path in files:
        if "\0" in path:
            raise UsageError(f"{path}: a name cannot hold a NUL")
        found = list(glob.iglob(path, recursive=True))  # noqa: PTH207  as the source looks for them
        if not found and Path(path).is_symlink():
            raise UsageError(f"{path}: a symbolic link that leads to no file")
        if not found:
            raise UsageError(f"{path}: no such file")
        if not any(Path(name).is_file() for name in found):
            hint = "; name its files, or use a glob" if Path(path).is_dir() else "; `-` reads standard input"
            raise UsageError(f"{path}: not a regular file{hint}")
    sources: list[SourceConfig] = [FileSourceConfig(name="files", paths=files)] if files else []
    return [*sources, StdinSourceConfig(name="stdin")] if "-" in paths else sources
