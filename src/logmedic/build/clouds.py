"""Wires sources of the kind ``cloudwatch``. Credentials are found by boto3, as all AWS tools find them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from logmedic import doors
from logmedic.build.compiling import surfaces
from logmedic.collect.cloudwatch.config import CloudWatchSourceConfig, check
from logmedic.detect.interface import Rule

if TYPE_CHECKING:
    from logmedic.collect.cloudwatch.source import CloudWatchSource

__all__ = ["check", "make", "pattern", "probe", "query"]


def make(config: CloudWatchSourceConfig, clock: doors.Clock, rules: Sequence[Rule] = ()) -> CloudWatchSource:
    """The source. ``rules``: CloudWatch leaves out what none of them can match.

    Raises:
        ConfigError: keys that cannot work together.
    """
    from logmedic.collect.cloudwatch.source import CloudWatchSource  # noqa: PLC0415  only for those who have one

    return CloudWatchSource(config.name, config, clock, pattern=pattern(config, rules), query=query(config, rules))


def probe(config: CloudWatchSourceConfig, clock: doors.Clock, rules: Sequence[Rule] = ()) -> str:
    """What is there, for ``check``. Raises :class:`ConfigError` and :class:`logmedic.errors.SourceError`."""
    from logmedic.collect.cloudwatch.probe import probe  # noqa: PLC0415  as above

    return probe(config, clock, pattern=pattern(config, rules))


def pattern(config: CloudWatchSourceConfig, rules: Sequence[Rule]) -> str:
    """What CloudWatch is to leave out, as a filter pattern; empty where it hands over everything."""
    if config.filter_pattern or not config.pushdown or not rules:
        return config.filter_pattern
    from logmedic.detect.compile import filterpattern  # noqa: PLC0415  as above

    return filterpattern.FILTER_PATTERN.compile(rules, surfaces(config.dialect)).text


def query(config: CloudWatchSourceConfig, rules: Sequence[Rule]) -> str:
    """What a job of Logs Insights counts; empty where none is begun."""
    if not config.insights or not rules:
        return ""
    from logmedic.collect.cloudwatch.insights import BIN_SECONDS  # noqa: PLC0415  as above
    from logmedic.detect.compile import insights  # noqa: PLC0415  as above

    return insights.counting(rules, surfaces(config.dialect), BIN_SECONDS).text
