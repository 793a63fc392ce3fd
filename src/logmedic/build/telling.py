"""Wires single channels, for commands that tell or show one thing without the pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import msgspec

from logmedic import config as configuration
from logmedic import doors
from logmedic.build.shape import Loaded
from logmedic.errors import UsageError
from logmedic.respond import channels
from logmedic.respond.channels import ChannelConfig
from logmedic.respond.interface import Responder


def channel(loaded: Loaded, name: str) -> ChannelConfig:
    """The configured channel of that name. Raises :class:`UsageError`."""
    for config in loaded.config.channels:
        if config.name == name:
            return config
    known = ", ".join(config.name for config in loaded.config.channels) or "none"
    raise UsageError(f"no channel is named {name!r}; configured: {known}")


@contextmanager
def responder(
    loaded: Loaded, config: ChannelConfig, *, language: str | None = None, stream: TextIO | None = None
) -> Iterator[Responder]:
    """The channel's responder, without retries. ``language`` goes before the channel's own.

    Raises:
        ConfigError: its secret is not there, or a setting cannot work.
    """
    if language is not None and hasattr(config, "language"):
        config = msgspec.structs.replace(config, language=language)
    secret = channels.secret_of(config)
    text = None
    if secret is not None:
        text = configuration.read_secret(secret, f"channel {config.name}", base=loaded.base)
    http = doors.SystemHttp()
    try:
        yield channels.make(config, http=http, clock=doors.SystemClock(), secret=text, stream=stream)
    finally:
        http.close()
