"""The keys of ``[[sources]]`` with ``kind = "kafka"``."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from logmedic.config import Secret
from logmedic.errors import ConfigError

MOST_SHARDS = 1_000
_TOPIC = re.compile(r"[a-zA-Z0-9._-]{1,249}")  # org.apache.kafka.common.internals.Topic
_BROKER = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:,/]+):\d{1,5}")


class KafkaSourceConfig(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="kafka"
):
    """Messages of topics of Apache Kafka (``kind = "kafka"``; needs the extra `kafka`)."""

    name: str = "kafka"
    """What positions and references are stored under; do not change it once lines have been read."""
    brokers: tuple[str, ...] = ("localhost:9092",)
    """Some of the brokers, as `host:port`; the others are found through them."""
    topics: tuple[str, ...] = ()
    """Which topics to read; all partitions of each."""
    start: Literal["lookback", "earliest", "latest"] = "lookback"
    """Where the very first run begins: `lookback_s` ago, at the oldest message, or behind the newest one."""
    lookback_s: float = 3600.0
    """How far back the very first run reads, in seconds of the messages' timestamps."""
    group: str = ""
    """A consumer group to which positions are told, so that Kafka's tools show the lag. They are never read from it."""
    shards: int = 1
    """Parts in which the partitions are shared out among the processes on one PostgreSQL store."""
    shard: int = 0
    """Read this part alone, 1 to `shards`: each partition p with p mod `shards` = `shard` - 1. 0: take a fair share."""
    service_headers: tuple[str, ...] = ("service", "service.name", "service_name")
    """Headers of a message that name the service of a line that names none; the first one that is there."""
    service_key: bool = False
    """Whether the key of a message names the service, where no header does."""
    headers: tuple[str, ...] = ()
    """Headers that are put beside what the line says, such as `trace_id`."""
    service: str = ""
    """Service of lines that name none and whose message names none. Empty: the topic."""
    dialect: str = "auto"
    """Layout of the lines; "auto" looks at the lines of each partition."""
    max_line_bytes: int = 1024 * 1024
    """Longer messages are cut and marked."""
    buffer_bytes: int = 16 * 1024**2
    """Fetched ahead at most; nothing is fetched while so much waits to be counted."""
    security: Literal["plaintext", "tls", "sasl_plaintext", "sasl_tls"] = "plaintext"
    """What the brokers' listener speaks."""
    ca_file: str = ""
    """Certificates (PEM) to trust in place of the system's; relative to the config file."""
    cert_file: str = ""
    """Our own certificate (PEM), where brokers ask for one; relative to the config file."""
    key_file: str = ""
    """The private key (PEM) of `cert_file`."""
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    """How `username` and `password` are shown to the brokers."""
    username: str = ""
    """For SASL; needs `password`."""
    password: Secret | None = None
    """Where the password for SASL stands."""
    timeout_s: float = 30.0
    """Longest wait for an answer, in seconds."""

    @property
    def service_labels(self) -> tuple[str, ...]:
        """Under which label :mod:`.entries` puts the service that a message names."""
        return ("service",)


def check(name: str, config: KafkaSourceConfig) -> None:
    """Whether the keys make sense together.

    Raises:
        ConfigError: they do not; names the key and the remedy.
    """
    here = f"source {name}"
    if not config.topics:
        raise ConfigError(f'{here}: `topics` is empty; name the topics to read, e.g. topics = ["logs"]')
    if wrong := next((topic for topic in config.topics if not _TOPIC.fullmatch(topic)), None):
        raise ConfigError(f"{here}: topics: {wrong!r} is no name of a topic")
    if len(set(config.topics)) < len(config.topics):
        raise ConfigError(f"{here}: `topics` names one twice")
    if not config.brokers or any(not _BROKER.fullmatch(broker) for broker in config.brokers):
        raise ConfigError(f'{here}: brokers: give each as host:port, e.g. brokers = ["kafka1:9092"]')
    if not 1 <= config.shards <= MOST_SHARDS or not 0 <= config.shard <= config.shards:
        raise ConfigError(f"{here}: `shards` must be 1 to {MOST_SHARDS}, and `shard` 0 to `shards`")
    _check_security(here, config)
    if config.timeout_s <= 0 or config.lookback_s < 0 or config.max_line_bytes < 1 or config.buffer_bytes < 1 << 20:
        raise ConfigError(
            f"{here}: `timeout_s`, `lookback_s`, `max_line_bytes` and `buffer_bytes` (1 MiB or more) must be positive"
        )


def _check_security(here: str, config: KafkaSourceConfig) -> None:
    sasl = config.security.startswith("sasl")
    if bool(config.username) != (config.password is not None):
        raise ConfigError(f"{here}: `username` and `password` belong together")
    if sasl != bool(config.username):
        raise ConfigError(f'{here}: `username` needs `security` "sasl_tls" or "sasl_plaintext", and these need it')
    if bool(config.cert_file) != bool(config.key_file):
        raise ConfigError(f"{here}: `cert_file` and `key_file` belong together")
    if (config.ca_file or config.cert_file) and not config.security.endswith("tls"):
        raise ConfigError(f'{here}: certificates need `security` "tls" or "sasl_tls"')
