"""Where secrets stand, and reading them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from logmedic.errors import ConfigError


class Secret(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a secret stands. Never the secret itself, so that a config file can be shown and committed."""

    env: str | None = None
    """Name of the environment variable that holds it."""
    file: str | None = None
    """Path of a file that holds nothing else (Docker and Kubernetes secrets)."""


def read_secret(secret: Secret, what: str, *, base: Path, environ: Mapping[str, str] = os.environ) -> str:
    """The secret's text, without white space around it.

    Raises:
        ConfigError: it is not there, or empty; ``what`` names the setting.
    """
    if (secret.env is None) == (secret.file is None):
        raise ConfigError(f'{what}: give either {{ env = "NAME" }} or {{ file = "path" }}')
    if secret.env is not None:
        text = environ.get(secret.env, "").strip()
        if not text:
            raise ConfigError(f"{what}: the environment variable {secret.env} is not set; export it or use a file")
        return text
    path = base / str(secret.file)
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{what}: cannot read {path}: {reason(error)}") from None
    if not text:
        raise ConfigError(f"{what}: {path} is empty")
    return text


def reason(error: Exception) -> str:
    """Why a file could not be read, in a few words."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    return str(getattr(error, "strerror", None) or error)
