"""Wires sources of the kind ``push``: their secrets, and the spools that the file source follows."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from logmedic import config as configuration
from logmedic.build.serving import is_loopback
from logmedic.build.shape import Loaded
from logmedic.collect.file import FileSourceConfig
from logmedic.collect.push.config import PushSourceConfig, check, followed
from logmedic.config import Secret
from logmedic.doors import Clock
from logmedic.errors import ConfigError
from logmedic.respond.webhook import signing_keys

if TYPE_CHECKING:
    from logmedic.collect.identity import Key
    from logmedic.collect.push.source import PushedSource
    from logmedic.collect.push.spool import Spool
    from logmedic.store.store import Store

SHORTEST_TOKEN = 16  # characters: shorter ones can be guessed
PACKAGES = ("cramjam", "google.protobuf", "opentelemetry.proto", "zstandard")
INSTALL = "pip install 'logmedic[web,push]'"


class Credentials(msgspec.Struct, frozen=True):
    """What senders to one source may show. Neither: nothing is asked of them."""

    tokens: tuple[str, ...]
    keys: tuple[bytes, ...]  # of signed requests


def sources(loaded: Loaded) -> Sequence[PushSourceConfig]:
    """Those of the config. Raises :class:`ConfigError`: one makes no sense."""
    found = [source for source in loaded.config.sources if isinstance(source, PushSourceConfig)]
    for source in found:
        check(source)
    return found


def folder(config: PushSourceConfig, base: Path) -> Path:
    """Of the source's spool, absolute."""
    return (base / config.spool).absolute() / config.name


def files(config: PushSourceConfig, base: Path) -> FileSourceConfig:
    """What the file source follows."""
    return followed(config, glob.escape(str(folder(config, base))))


def source(config: PushSourceConfig, base: Path, clock: Clock) -> PushedSource:
    """What reads the spool."""
    from logmedic.collect.push.source import PushedSource  # noqa: PLC0415  only where lines are pushed

    return PushedSource(config.name, files(config, base), clock, folder(config, base))


def credentials(config: PushSourceConfig, base: Path) -> Credentials:
    """Raises :class:`ConfigError`: a secret is not there, too short, or no key."""
    here = f"source {config.name}"
    tokens = tuple(configuration.read_secret(secret, f"{here}: tokens", base=base) for secret in config.tokens)
    if any(len(token) < SHORTEST_TOKEN for token in tokens):
        raise ConfigError(
            f"{here}: a token has less than {SHORTEST_TOKEN} characters; `openssl rand -hex 24` makes one"
        )
    if config.signing is None:
        return Credentials(tokens, ())
    text = configuration.read_secret(config.signing, f"{here}: signing", base=base)
    return Credentials(tokens, tuple(signing_keys(text, f"{here}: signing")))


def possible(loaded: Loaded, pushed: Sequence[PushSourceConfig]) -> None:
    """Whether senders can reach these sources, and nobody else. Raises :class:`ConfigError`."""
    web = loaded.config.web
    for source in pushed:
        here = f"source {source.name}"
        if not web.enabled:
            raise ConfigError(f"{here}: `[web] enabled = false` closes the port that it is pushed to")
        if not installed():
            raise ConfigError(f"{here}: packages are missing: {INSTALL}")
        shown = credentials(source, loaded.base)
        if not shown.tokens and not shown.keys and not is_loopback(web.address[0]):
            raise ConfigError(
                f"{here}: {web.listen} can be reached from other machines; give `tokens` or `signing`, "
                'or listen on "127.0.0.1:8787"'
            )


def secrets(loaded: Loaded) -> Iterator[str]:
    """All that are there, to be taken out of texts."""
    for source in loaded.config.sources:
        named: Sequence[Secret | None] = (
            (*source.tokens, source.signing) if isinstance(source, PushSourceConfig) else ()
        )
        for secret in named:
            if secret is not None:
                try:
                    yield configuration.read_secret(secret, f"source {source.name}", base=loaded.base)
                except ConfigError:
                    continue  # whoever opens the endpoint says so


def installed() -> bool:
    """Whether the packages of the extras ``web`` and ``push`` are there. Imports nothing heavy."""
    import importlib.util  # noqa: PLC0415  only here

    try:
        return all(importlib.util.find_spec(name) is not None for name in ("fastapi", "uvicorn", *PACKAGES))
    except ModuleNotFoundError:  # of the package around one of them
        return False


def spool(config: PushSourceConfig, base: Path, opened: Store, clock: Clock) -> Spool:
    """Where the source's lines go. ``opened``: the state that says how far they have been read."""
    from logmedic.collect.push.segments import identity, is_ours  # noqa: PLC0415  only where lines are pushed
    from logmedic.collect.push.spool import Spool, SpoolConfig  # noqa: PLC0415  as above

    def read_up_to() -> Mapping[Key, int]:
        own = identity(folder(config, base))
        return {
            (position.token["dev"], position.token["ino"]): position.offset
            for position in opened.positions(config.name)
            if not position.done and is_ours(position.stream, own)
        }

    limits = SpoolConfig(
        replay_s=config.replay_s,
        segment_bytes=config.segment_bytes,
        keep_bytes=config.keep_bytes,
        keep_hours=config.keep_hours,
    )
    return Spool(folder(config, base), limits, clock, read_up_to)
