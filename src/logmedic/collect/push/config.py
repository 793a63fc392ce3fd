"""The keys of ``[[sources]]`` with ``kind = "push"``."""

from __future__ import annotations

import re

import msgspec

from logmedic.collect.file import FileSourceConfig
from logmedic.config import Secret
from logmedic.errors import ConfigError

LOKI, OTLP, INGEST = "/loki/api/v1/push", "/v1/logs", "/ingest"
FIREHOSE = "/ingest/firehose"
"""The paths that are pushed to."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


class PushSourceConfig(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="push"
):
    """Lines that log shippers send to `serve` (``kind = "push"``)."""

    name: str = "push"
    """What positions are stored under, and the name of the spool's folder; do not change it once lines have come."""
    dialect: str = "auto"
    """Layout of the lines; "auto" looks at the first lines of each file of the spool."""
    service: str = ""
    """Service of lines that neither name one nor have such a label."""
    service_labels: tuple[str, ...] = ("service_name", "service", "app", "container", "job")
    """Labels of Loki streams that name the service of lines that name none themselves; the first one that is there."""
    spool: str = ".logmedic/spool"
    """Folder, relative to the config file, below which what was received stands in a folder of the source's name."""
    tokens: tuple[Secret, ...] = ()
    """Where the tokens of senders stand, at least 16 characters each: `Authorization: Bearer …`."""
    signing: Secret | None = None
    """Where a key for signed requests stands (Standard Webhooks: `whsec_…`), beside or instead of tokens."""
    signing_window_s: float = 300.0
    """Seconds by which the time of a signed request may differ from ours."""
    replay_s: float = 600.0
    """Seconds in which the same body, or the same `Idempotency-Key`, is taken once; 0 takes each."""
    max_body_bytes: int = 16 * 1024**2
    """Most bytes of one request as it is sent."""
    max_decoded_bytes: int = 64 * 1024**2
    """Most bytes of one request when it is unpacked."""
    max_records: int = 100_000
    """Most records of one request."""
    max_line_bytes: int = 1024 * 1024
    """Longer lines are cut and marked when they are read."""
    max_waiting: int = 256
    """Most requests at a time; further ones are told to come back (429)."""
    max_waiting_bytes: int = 128 * 1024**2
    """Most bytes of unfinished requests in memory; further ones are told to come back (429)."""
    max_unread_bytes: int = 1024**3
    """Most bytes of the spool that may wait to be read; beyond it, requests are told to come back (429)."""
    body_timeout_s: float = 30.0
    """Seconds in which a request must have arrived."""
    segment_bytes: int = 128 * 1024**2
    """Size from which on a new file of the spool is begun."""
    keep_bytes: int = 2 * 1024**3
    """Bytes of the spool that are kept for evidence; above it the oldest files go, as far as they have been read."""
    keep_hours: float = 48.0
    """Hours for which files of the spool are kept for evidence, as far as they have been read."""


def check(config: PushSourceConfig) -> None:
    """Whether the keys make sense together.

    Raises:
        ConfigError: they do not; names the key and the remedy.
    """
    here = f"source {config.name}"
    if not _NAME.fullmatch(config.name):
        raise ConfigError(
            f"source {config.name!r}: the name of a push source is a folder's: letters, digits, dot, dash, underscore"
        )
    least = {
        "max_body_bytes": 1, "max_decoded_bytes": 1, "max_records": 1, "max_line_bytes": 1, "max_waiting": 1,
        "max_waiting_bytes": config.max_body_bytes, "max_unread_bytes": config.max_decoded_bytes,
        "segment_bytes": 4096,
    }  # fmt: skip
    for key, bound in least.items():
        if getattr(config, key) < bound:
            raise ConfigError(f"{here}: `{key}` must be at least {bound}")
    if config.body_timeout_s <= 0 or config.signing_window_s <= 0:
        raise ConfigError(f"{here}: `body_timeout_s` and `signing_window_s` must be more than 0")
    if config.replay_s < 0 or config.keep_bytes < 0 or config.keep_hours < 0:
        raise ConfigError(f"{here}: `replay_s`, `keep_bytes` and `keep_hours` cannot be less than 0")


def followed(config: PushSourceConfig, folder: str) -> FileSourceConfig:
    """The file source that reads the spool in ``folder``, an absolute path without wildcards."""
    return FileSourceConfig(
        name=config.name,
        paths=[f"{folder}/*.log"],
        dialect=config.dialect,
        service=config.service,
        rotated=False,
        gz=False,
        rotate_wait=5.0,
        max_line_bytes=config.max_line_bytes,
    )
