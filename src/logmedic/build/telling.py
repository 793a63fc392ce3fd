"""Wires channels: all of them for the pipeline, or a single one for commands that tell or show one thing without it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TextIO

import msgspec

from logmedic import config as configuration
from logmedic import doors
from logmedic.build.shape import Loaded
from logmedic.doors import Clock, Http
from logmedic.errors import ConfigError, UsageError
from logmedic.model import Outcome
from logmedic.respond import channels
from logmedic.respond.channels import ChannelConfig
from logmedic.respond.interface import Bulletin, Notice, Responder, Tracker
from logmedic.respond.policy import ChannelSpec, Style
from logmedic.respond.retry import Patient
from logmedic.respond.unusable import UnusableResponder

log = logging.getLogger("logmedic")


class Wired(msgspec.Struct, frozen=True):
    """All channels, with their retries around them, by name."""

    deliver: Mapping[str, Callable[[Notice], Outcome]]
    announce: Mapping[str, Callable[[Bulletin], Outcome]]  # those that take bulletins, all or some
    trackers: Mapping[str, tuple[Tracker, float]]  # with the seconds between two looks


def wire(loaded: Loaded, http: Http, clock: Clock) -> Wired:
    """Raises :class:`ConfigError`: a setting cannot work, or a secret is not there and nobody would be told."""
    found, missing = secrets(loaded)
    specs = channels.specs(loaded.config.channels)
    _tolerate(missing, specs)
    deliver: dict[str, Callable[[Notice], Outcome]] = {}
    announce: dict[str, Callable[[Bulletin], Outcome]] = {}
    trackers: dict[str, tuple[Tracker, float]] = {}
    for config, spec in zip(loaded.config.channels, specs, strict=True):
        made: Responder
        if spec.name in missing:
            made = UnusableResponder(spec.name, spec.kind, f"{missing[spec.name]}")
        else:
            made = channels.make(config, http=http, clock=clock, secret=found.get(spec.name))
        patient = Patient(made, clock, loaded.config.retry)
        deliver[spec.name] = patient
        if spec.announces or spec.storms:
            announce[spec.name] = patient.announce
        if isinstance(made, Tracker):
            trackers[spec.name] = (made, getattr(config, "sync_s", 0.0))
    return Wired(deliver, announce, trackers)


def secrets(loaded: Loaded) -> tuple[dict[str, str], dict[str, ConfigError]]:
    """Those of the channels, by name; and why those that are not there are not."""
    found, missing = {}, {}
    for config in loaded.config.channels:
        secret = channels.secret_of(config)
        if secret is None:
            continue
        try:
            found[config.name] = configuration.read_secret(secret, f"channel {config.name}", base=loaded.base)
        except ConfigError as error:
            missing[config.name] = error
    return found, missing


def _tolerate(missing: Mapping[str, ConfigError], specs: Sequence[ChannelSpec]) -> None:
    """Do without channels whose secrets are not there while others interrupt people.

    Raises:
        ConfigError: nobody would hear of anything.
    """
    others = any(spec.style is not Style.RECORD and spec.name not in missing for spec in specs)
    for error in missing.values():
        if not others:
            raise error
        log.error("%s; nothing is told there meanwhile", error)


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
