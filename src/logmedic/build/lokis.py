"""Wires sources of the kind ``loki``: their secrets, certificates and HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from logmedic import config as configuration
from logmedic import doors
from logmedic.build.compiling import surfaces
from logmedic.build.shape import SourceConfig
from logmedic.collect.loki.config import LokiSourceConfig, check
from logmedic.detect.interface import Rule
from logmedic.errors import ConfigError

if TYPE_CHECKING:
    from logmedic.collect.loki.source import LokiSource

__all__ = ["check", "make", "probe", "secret", "secrets"]


def make(config: LokiSourceConfig, base: Path, clock: doors.Clock, rules: Sequence[Rule] = ()) -> LokiSource:
    """The source. ``base``: where relative paths start. ``rules``: Loki leaves out what none of them can match.

    Raises:
        ConfigError: keys that cannot work together, or a secret that is not there.
    """
    from logmedic.collect.loki.source import LokiSource  # noqa: PLC0415  only for those who have a Loki

    filter = wake = ""
    if config.pushdown and rules:
        from logmedic.detect.compile import logql  # noqa: PLC0415  as above

        filter = logql.LOGQL.compile(rules, surfaces(config.dialect)).text
        wake = logql.wake(rules, surfaces(config.dialect))
    return LokiSource(
        config.name,
        config,
        clock,
        _http(config, base),
        secret=secret(config, base),
        filter=filter,
        wake=wake,
        ca_file=_ca_file(config, base),
    )


def probe(config: LokiSourceConfig, base: Path, clock: doors.Clock) -> str:
    """What is there, for ``check``. Raises :class:`ConfigError` and :class:`logmedic.errors.SourceError`."""
    from logmedic.collect.loki.probe import probe  # noqa: PLC0415  as above

    http = _http(config, base)
    try:
        return probe(config, http, clock, secret=secret(config, base))
    finally:
        http.close()


def secret(config: LokiSourceConfig, base: Path) -> str:
    """The password or token; empty where none is needed. Raises :class:`ConfigError`."""
    stands = config.password or config.bearer
    return "" if stands is None else configuration.read_secret(stands, f"source {config.name}", base=base)


def secrets(sources: Iterable[SourceConfig], base: Path) -> Iterator[str]:
    """All that are there, to be taken out of texts."""
    for source in sources:
        if isinstance(source, LokiSourceConfig):
            try:
                found = secret(source, base)
            except ConfigError:
                continue  # who reads the source says so
            if found:
                yield found


def _http(config: LokiSourceConfig, base: Path) -> doors.SystemHttp:
    return doors.SystemHttp(ca_file=_ca_file(config, base), most=config.max_answer_bytes)


def _ca_file(config: LokiSourceConfig, base: Path) -> Path | None:
    return base / config.ca_file if config.ca_file else None
