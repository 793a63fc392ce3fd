"""From the configuration of a source to the source."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from pathlib import Path

import msgspec

from logmedic import doors
from logmedic.build import clouds, kafkas, lokis, pushing
from logmedic.build.shape import SourceConfig
from logmedic.collect.cloudwatch.config import CloudWatchSourceConfig
from logmedic.collect.file import FileSource, FileSourceConfig
from logmedic.collect.interface import Source
from logmedic.collect.kafka.config import KafkaSourceConfig
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
    if isinstance(config, KafkaSourceConfig):
        return kafkas.make(config, base, clock)
    if isinstance(config, PushSourceConfig):
        return pushing.source(config, base, clock)
    return FileSource(config.name, anchored(config, base), clock)


def make_sources(config: SourceConfig, base: Path, clock: doors.Clock, rules: Sequence[Rule] = ()) -> list[Source]:
    """One for each part in which the source is shared out among processes. As :func:`make_source` otherwise."""
    if isinstance(config, LokiSourceConfig | KafkaSourceConfig) and config.shards > 1 and config.shard == 0:
        parts = [msgspec.structs.replace(config, shard=number) for number in range(1, config.shards + 1)]
        return [make_source(part, base, clock, rules) for part in parts]
    if isinstance(config, FileSourceConfig) and config.shards > 1:
        return [
            FileSource(config.name, anchored(config, base), clock, number) for number in range(1, config.shards + 1)
        ]
    return [make_source(config, base, clock, rules)]


def anchored(config: FileSourceConfig | PushSourceConfig, base: Path) -> FileSourceConfig:
    """The files of the source, with relative paths starting at the config file's folder."""
    if isinstance(config, PushSourceConfig):
        return pushing.files(config, base)
    return msgspec.structs.replace(config, paths=[str(base / path) for path in config.paths])


def files_of(config: FileSourceConfig, base: Path) -> list[str]:
    """The files that are there now, rotated ones too where the paths name them."""
    paths = anchored(config, base).paths
    return sorted({match for path in paths for match in glob.glob(path, recursive=True)})  # noqa: PTH207  as the source does
