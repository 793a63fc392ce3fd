"""Rules meet the spellings of dialects: what the compilers of :mod:`logmedic.detect.compile` are given."""

from __future__ import annotations

from logmedic.collect import dialects
from logmedic.detect.interface import SurfaceLike


def surfaces(dialect: str = "auto") -> list[SurfaceLike]:
    """How lines of the dialect spell what rules ask for; of all dialects where it is not known before reading.

    Raises:
        ConfigError: there is no such dialect.
    """
    names = dialects.names() if dialect == "auto" else (dialect,)
    return [dialects.decoder(name).surface for name in names]
