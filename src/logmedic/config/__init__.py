"""The only reader of the environment and of TOML.

The shape of the configuration is not known here: every part brings its own config class, and :mod:`logmedic.build`
puts them together. This module turns a file into such a class, and a wrong file into one clear line.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from logmedic.config.misfit import explain
from logmedic.config.reference import reference
from logmedic.config.secrets import Secret, read_secret, reason
from logmedic.errors import ConfigError

__all__ = ["CONFIG_NAME", "Secret", "Settings", "find", "load", "read_secret", "reference"]

CONFIG_NAME = "logmedic.toml"
T = TypeVar("T")


class Settings(msgspec.Struct, frozen=True):
    """What the environment says, read once."""

    config: str | None
    language: str
    diagnostic_model: str | None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        locale = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
        return cls(
            config=environ.get("LOGMEDIC_CONFIG") or None,
            language="ko" if locale.lower().startswith("ko") else "en",
            diagnostic_model=environ.get("DIAGNOSTIC_MODEL") or None,
        )


def find(explicit: str | None, settings: Settings, cwd: Path) -> Path | None:
    """The config file to use: the one named, else ``$LOGMEDIC_CONFIG``, else ``logmedic.toml`` here, else none.

    Raises:
        ConfigError: a file was named and is not there.
    """
    named = explicit or settings.config
    if named is not None:
        path = Path(named)
        if not path.is_file():
            raise ConfigError(f"{path}: no such config file; `logmedic init` writes one")
        return path
    here = cwd / CONFIG_NAME
    return here if here.is_file() else None


def load(path: Path, schema: type[T]) -> T:
    """Read a TOML file into ``schema``.

    Raises:
        ConfigError: unreadable, not TOML, an unknown key or a value of the wrong type; one line, with the place.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {reason(error)}") from None
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    try:
        return msgspec.convert(data, schema)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {explain(str(error), data, schema)}") from None
