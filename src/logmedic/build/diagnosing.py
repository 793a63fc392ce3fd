"""Wires the model that looks at incidents after the offline verdict, as far as one is wanted."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

import msgspec

from logmedic import config as configuration
from logmedic.build.shape import Loaded
from logmedic.doors import Clock
from logmedic.errors import ConfigError
from logmedic.investigate.claude import lifecycle, models

if TYPE_CHECKING:
    from collections.abc import Iterator

    import sqlalchemy as sa

    from logmedic.investigate.claude.investigator import ClaudeInvestigator
    from logmedic.investigate.interface import Investigator
    from logmedic.redact import Redactor

PACKAGE = "pydantic_ai"
INSTALL = "pip install 'logmedic[claude]'"


def wanted(loaded: Loaded) -> bool:
    """Whether a model is to be asked."""
    return models.wanted(loaded.config.diagnose, loaded.diagnostic_model)


def with_engine(loaded: Loaded, engine: str) -> Loaded:
    """The same configuration with ``diagnose.engine`` set."""
    section = msgspec.structs.replace(loaded.config.diagnose, engine=engine)
    return msgspec.structs.replace(loaded, config=msgspec.structs.replace(loaded.config, diagnose=section))


def ladder(loaded: Loaded) -> models.Ladder:
    """The models in the order in which they are asked. Raises :class:`ConfigError`."""
    return models.ladder(loaded.config.diagnose, loaded.diagnostic_model)


def key(loaded: Loaded) -> str:
    """Anthropic's API key. Raises :class:`ConfigError`: it is not there."""
    return configuration.read_secret(loaded.config.diagnose.api_key, "diagnose.api_key", base=loaded.base)


def keys(loaded: Loaded) -> dict[str, str]:
    """By provider; only Anthropic's is ours to hold. Empty without one."""
    try:
        return {"anthropic": key(loaded)}
    except ConfigError:
        return {}


def installed() -> bool:
    """Whether the packages of the extra ``claude`` are there. Imports nothing heavy."""
    import importlib.util  # noqa: PLC0415  only here

    return all(importlib.util.find_spec(name) is not None for name in (PACKAGE, "anthropic", "genai_prices"))


def warnings(loaded: Loaded, now: int) -> Iterator[str]:
    """What a person should know before a run, a line each. ``now``: ns. Raises :class:`ConfigError`."""
    if not wanted(loaded):
        return
    rungs = ladder(loaded).rungs
    if not installed():
        yield f"no model is asked: its packages are missing; {INSTALL}"
        return
    if any(model.provider == "anthropic" for model in rungs):
        try:
            key(loaded)
        except ConfigError as error:
            yield f"no model is asked: {error}"
    for model in rungs:
        row = lifecycle.lifecycle(model.provider, model.name, now)
        gone = row.phase is not lifecycle.Phase.RETIRING
        if gone or _days_left(row.retires, now) <= lifecycle.SOON_DAYS:
            warning = row.warning(str(model))
            if warning is not None:
                yield warning


def _days_left(retires: str, now: int) -> int:
    today = datetime.datetime.fromtimestamp(now // 1_000_000_000, datetime.UTC).date()
    return (datetime.date.fromisoformat(retires) - today).days


def investigator(
    loaded: Loaded, database: sa.Engine, redactor: Redactor, offline: Investigator, clock: Clock
) -> ClaudeInvestigator | None:
    """The model's investigator over the ledger in ``database``; ``None`` when none is wanted or can be had."""
    if not wanted(loaded) or not installed():
        return None
    from logmedic.investigate.claude.investigator import ClaudeInvestigator  # noqa: PLC0415  not for an idle scan
    from logmedic.store.ledger import Ledger  # noqa: PLC0415

    return ClaudeInvestigator(
        config=loaded.config.diagnose,
        ladder=ladder(loaded),
        keys=keys(loaded),
        ledger=Ledger(database),
        clock=clock,
        redactor=redactor,
        offline=offline,
    )
