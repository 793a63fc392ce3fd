"""From the configuration of a source to the source."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from logmedic import doors
from logmedic.build import clouds, lokis, pushing
from logmedic.build.shape import SourceConfig
from logmedic.collect.cloudwatch.config import CloudWatchSourceConfig
from logmedic.collect.file import FileSource, FileSourceConfig
from logmedic.collect.interface import Source
from logmedic.collect.loki.config import LokiSourceConfig
from logmedic.collect.push.config import PushSourceConfig
from logmedic.collect.stdin import StdinSource, StdinSourceConfig
from logmedic.detect.interface import Rule


def make_source(config: SourceConfig, base: Path, clock: doors.Clock, rules: Sequence[Rule] = ()) -> Source:
    """``rules``: what is asked of its lines, for sources that can look for that where the logs are."""
    if isinstance(config, StdinSourceConfig):
        return StdinSource(config.name, config, clock)
    if isinstance(config, LokiSourceConfig):
        return lokis.make(config, base, clock, rules)
    if isinstance(config, CloudWatchSourceConfig):
        return clouds.make(config, clock, rules)
    if isinstance(config, PushSourceConfig):
        return pushing.source(config, base, clock)
    return FileSource(config.name, anchored(config, base), clock)


def anchored(config: FileSourceConfig | PushSourceConfig, base: Path) -> FileSourceConfig:
    """The files of the source, with relative paths starting at the config file's folder."""
    if isinstance(config, PushSourceConfig):
        return pushing.files(config, base)
    return msgspec.structs.replace(config, paths=[str(base / path) for path in config.paths])
