"""The table of responders: every kind that there is, what the policy takes it for, and how one is made.

A new kind is a config class (with ``tag="<kind>"``), a responder, a line in the union and a line in the table; the
contract tests run over the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TextIO

import msgspec

from logmedic.config import Secret
from logmedic.doors import Clock, Http, Shell, SystemShell
from logmedic.errors import ConfigError
from logmedic.model import Severity
from logmedic.respond.apprise_channel import AppriseConfig, AppriseResponder
from logmedic.respond.console import ConsoleConfig, ConsoleResponder
from logmedic.respond.discord import DiscordConfig, DiscordResponder
from logmedic.respond.github.config import GithubConfig
from logmedic.respond.github.responder import GithubResponder
from logmedic.respond.interface import Responder
from logmedic.respond.jsonl import JsonlConfig, JsonlResponder
from logmedic.respond.policy import ChannelSpec, Style
from logmedic.respond.ratelimit import RateLimits
from logmedic.respond.webhook import WebhookConfig, WebhookResponder

ChannelConfig = ConsoleConfig | JsonlConfig | DiscordConfig | GithubConfig | AppriseConfig | WebhookConfig


class Wiring(msgspec.Struct, frozen=True, kw_only=True):
    """What a responder may be made of."""

    http: Http
    clock: Clock
    secret: str | None
    stream: TextIO | None
    limits: RateLimits
    shell: Shell


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One row: ``make`` takes the kind's own config class, which is why it is typed ``Any`` here."""

    style: Style
    min_severity: Severity  # unless the channel says otherwise
    make: Callable[[Any, Wiring], Responder]
    announces: bool = False  # its responder is an Announcer: it takes digests, alerts of storms and of ourselves
    storms: bool = False  # its responder is an Announcer for the alerts of storms at least


KINDS: Mapping[str, Kind] = {
    "console": Kind(
        style=Style.RECORD,
        min_severity=Severity.INFO,
        make=lambda config, wiring: ConsoleResponder(config, stream=wiring.stream),
    ),
    "jsonl": Kind(
        style=Style.RECORD,
        min_severity=Severity.INFO,
        make=lambda config, wiring: JsonlResponder(config, stream=wiring.stream),
    ),
    "discord": Kind(
        style=Style.MESSAGE,
        min_severity=Severity.CRITICAL,
        announces=True,
        make=lambda config, wiring: DiscordResponder(
            config, webhook=wiring.secret or "", http=wiring.http, clock=wiring.clock, limits=wiring.limits
        ),
    ),
    "github": Kind(
        style=Style.MESSAGE,
        min_severity=Severity.CRITICAL,
        storms=True,
        make=lambda config, wiring: GithubResponder(
            config, token=wiring.secret or "", shell=wiring.shell, clock=wiring.clock
        ),
    ),
    "apprise": Kind(
        style=Style.MESSAGE,
        min_severity=Severity.CRITICAL,
        announces=True,
        make=lambda config, wiring: AppriseResponder(
            config, url=wiring.secret or "", clock=wiring.clock, limits=wiring.limits
        ),
    ),
    "webhook": Kind(
        style=Style.MESSAGE,
        min_severity=Severity.CRITICAL,
        announces=True,
        make=lambda config, wiring: WebhookResponder(
            config, secret=wiring.secret or "", http=wiring.http, clock=wiring.clock, limits=wiring.limits
        ),
    ),
}

# One for the process: two channels with the same webhook share its rate limit.
_LIMITS = RateLimits()


def kind_of(config: ChannelConfig) -> str:
    return str(config.__struct_config__.tag)


def secret_of(config: ChannelConfig) -> Secret | None:
    """Where the channel's secret stands, for the caller to resolve; ``None`` when it has none."""
    values = (getattr(config, field) for field in config.__struct_fields__)
    return next((value for value in values if isinstance(value, Secret)), None)


def make(
    config: ChannelConfig,
    *,
    http: Http,
    clock: Clock,
    secret: str | None = None,
    stream: TextIO | None = None,
    limits: RateLimits | None = None,
    shell: Shell | None = None,
) -> Responder:
    """The responder that a channel's config describes.

    ``secret`` is what :func:`secret_of` resolved to. ``stream`` defaults to standard error for text and to standard
    output for JSON lines; ``limits`` to the process's own.

    Raises:
        ConfigError: a setting cannot work.
    """
    wiring = Wiring(
        http=http,
        clock=clock,
        secret=secret,
        stream=stream,
        limits=limits or _LIMITS,
        shell=shell or SystemShell(),
    )
    return KINDS[kind_of(config)].make(config, wiring)


def specs(configs: Sequence[ChannelConfig]) -> tuple[ChannelSpec, ...]:
    """What the policy needs to know of the configured channels.

    Raises:
        ConfigError: two channels have the same name, or one has none.
    """
    made: dict[str, ChannelSpec] = {}
    for config in configs:
        kind = KINDS[kind_of(config)]
        if not config.name.strip():
            raise ConfigError(f"channels: a {kind_of(config)} channel has an empty name")
        if config.name in made:
            raise ConfigError(f"channels: two are named {config.name!r}; give each its own `name`")
        made[config.name] = ChannelSpec(
            name=config.name,
            kind=kind_of(config),
            style=kind.style,
            announces=kind.announces,
            storms=kind.storms,
            most_per_hour=getattr(config, "most_per_hour", 0),
            min_severity=kind.min_severity if config.min_severity is None else config.min_severity,
        )
    return tuple(made.values())
