"""Record layouts: which logger puts what where, as data (:mod:`.table`), and the decoder that reads them all.

To add a dialect, add an entry to :data:`.table.DIALECTS` and an example line under ``tests/data/dialects``.
"""

from __future__ import annotations

from functools import cache

from logmedic.collect.dialects.decoder import BLANK, HALF, NULS, Decoder, Surface
from logmedic.collect.dialects.sniff import sniff, sniff_one
from logmedic.collect.dialects.table import DIALECTS
from logmedic.errors import ConfigError

__all__ = ["BLANK", "HALF", "NULS", "Decoder", "Surface", "decoder", "names", "sniff", "sniff_one"]

_BY_NAME = {dialect.name: dialect for dialect in DIALECTS}


def names() -> tuple[str, ...]:
    """Every dialect that a config may name."""
    return tuple(_BY_NAME)


def decoder(name: str, service: str = "", *, timed: bool = True) -> Decoder:
    """A decoder of the dialect ``name``; ``service`` is given to records that name none themselves.

    ``timed=False``: the times of the records are not read.

    Raises:
        ConfigError: there is no such dialect.
    """
    if name not in _BY_NAME:
        raise ConfigError(f"unknown dialect `{name}`; known: {', '.join(_BY_NAME)}")
    return _nameless(name, timed).named(service)


@cache
def _nameless(name: str, timed: bool) -> Decoder:
    """Its tables take 18 kB, and are shared by the decoders of all services."""
    return Decoder(_BY_NAME[name], timed=timed)
