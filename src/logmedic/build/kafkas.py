"""Wires sources of the kind ``kafka``: their secret, certificates and connection."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from logmedic import config as configuration
from logmedic import doors
from logmedic.build.shape import SourceConfig
from logmedic.collect.kafka.config import KafkaSourceConfig, check
from logmedic.errors import ConfigError

if TYPE_CHECKING:
    from logmedic.collect.kafka.client import Kafka
    from logmedic.collect.kafka.source import KafkaSource

__all__ = ["check", "make", "probe", "secrets"]


def make(config: KafkaSourceConfig, base: Path, clock: doors.Clock) -> KafkaSource:
    """The source. ``base``: where relative paths start.

    Raises:
        ConfigError: keys that cannot work together, or a secret that is not there.
    """
    from logmedic.collect.kafka.source import KafkaSource  # noqa: PLC0415  only for those who have a Kafka

    return KafkaSource(config.name, config, clock, _connected(config, base))


def probe(config: KafkaSourceConfig, base: Path) -> str:
    """What is there, for ``check``. Raises :class:`ConfigError` and :class:`logmedic.errors.SourceError`."""
    from logmedic.collect.kafka.probe import probe  # noqa: PLC0415  as above

    return probe(config, _connected(config, base))


def secrets(sources: Iterable[SourceConfig], base: Path) -> Iterator[str]:
    """All that are there, to be taken out of texts."""
    for source in sources:
        if isinstance(source, KafkaSourceConfig):
            try:
                found = _secret(source, base)
            except ConfigError:
                continue  # who reads the source says so
            if found:
                yield found


def _secret(config: KafkaSourceConfig, base: Path) -> str:
    if config.password is None:
        return ""
    return configuration.read_secret(config.password, f"source {config.name}", base=base)


def _connected(config: KafkaSourceConfig, base: Path) -> Callable[[], Kafka]:
    from logmedic.collect.kafka.client import Access, connect  # noqa: PLC0415  as above

    access = Access(config=config, password=_secret(config, base), base=base)
    return lambda: connect(access)
