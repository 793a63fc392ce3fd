"""What the setting of a model means."""

from __future__ import annotations

import re

import msgspec

from logmedic.errors import ConfigError
from logmedic.investigate.claude.config import DEFAULT_MODEL, DiagnoseConfig

_FOREIGN = re.compile(r"([a-z][a-z0-9-]{1,30}):([A-Za-z0-9][A-Za-z0-9._:/@-]{0,150})\Z")
_OWN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/@-]{0,150}\Z")


class ModelName(msgspec.Struct, frozen=True):
    provider: str  # as pydantic-ai calls it: "anthropic", "ollama", "openai", …
    name: str

    def __str__(self) -> str:
        return self.name if self.provider == "anthropic" else f"{self.provider}:{self.name}"


class Ladder(msgspec.Struct, frozen=True, kw_only=True):
    """The models of one installation: each rung is asked when the one before did not answer, or costs too much."""

    full: ModelName
    rungs: tuple[ModelName, ...]  # the full one first, each once
    cheap: ModelName | None


def parse(text: str, setting: str) -> ModelName:
    """``claude-…`` and ids without a provider are Anthropic's. Raises :class:`ConfigError`."""
    named = text.strip()
    found = _FOREIGN.match(named)
    if found is not None:
        return ModelName(found[1], found[2])
    if _OWN.match(named) is None:
        raise ConfigError(f"{setting}: {text[:80]!r} is no model; write claude-sonnet-5-5 or provider:name")
    return ModelName("anthropic", named)


def ladder(config: DiagnoseConfig, environment: str | None) -> Ladder:
    """``environment``: what ``DIAGNOSTIC_MODEL`` says. Raises :class:`ConfigError`."""
    named = "DIAGNOSTIC_MODEL" if environment else "diagnose.model"
    full = parse(environment or config.model or DEFAULT_MODEL, named)
    cheap = parse(config.cheap_model, "diagnose.cheap_model") if config.cheap_model else None
    fallback = parse(config.fallback_model, "diagnose.fallback_model") if config.fallback_model else None
    rungs = dict.fromkeys(model for model in (full, fallback, cheap) if model is not None)
    return Ladder(full=full, rungs=tuple(rungs), cheap=cheap)


def wanted(config: DiagnoseConfig, environment: str | None) -> bool:
    """Whether a model is to be asked at all: naming one is the consent to send it redacted logs."""
    if config.engine == "auto":
        return environment is not None or config.model is not None
    return config.engine == "claude"
