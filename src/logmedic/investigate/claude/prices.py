"""What tokens cost, by the price list of genai-prices or the user's own. Unknown is ``None``, never 0.

Money is counted in whole billionths of a dollar, so that sums in the database are exact.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec

from logmedic.investigate.claude.config import PriceConfig
from logmedic.investigate.claude.models import ModelName

NANO = 1_000_000_000  # of a dollar
MILLION = 1_000_000


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """``input`` holds all that was sent, what was read from or written to the provider's cache included."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(**{name: getattr(self, name) + getattr(other, name) for name in self.__struct_fields__})


class Rates(msgspec.Struct, frozen=True):
    """US dollars per million tokens of a small request."""

    input: float
    output: float


def cost(model: ModelName, tokens: Tokens, own: Mapping[str, PriceConfig]) -> int | None:
    """Billionths of a dollar, rounded up; ``None`` when the price is not known."""
    mine = own.get(str(model)) or own.get(model.name)
    if mine is not None:
        return math.ceil((tokens.input * mine.input + tokens.output * mine.output) / MILLION * NANO)
    import genai_prices  # noqa: PLC0415  0.2 s that only those who ask a model pay

    usage = genai_prices.Usage(
        input_tokens=tokens.input,
        output_tokens=tokens.output,
        cache_read_tokens=tokens.cache_read or None,
        cache_write_tokens=tokens.cache_write or None,
    )
    try:
        found = genai_prices.calc_price(usage, model.name, provider_id=model.provider)
    except LookupError:
        return None
    return math.ceil(found.total_price * NANO)


def worst(model: ModelName, sent: int, answer: int, own: Mapping[str, PriceConfig]) -> int | None:
    """The most that a request can cost: all of ``sent`` tokens written to the cache, ``answer`` tokens received."""
    plain = cost(model, Tokens(input=sent, output=answer), own)
    cached = cost(model, Tokens(input=sent, output=answer, cache_write=sent), own)
    return None if plain is None else max(plain, cached or 0)


def rates(model: ModelName, own: Mapping[str, PriceConfig]) -> Rates | None:
    """For people. ``None``: not known."""
    sent, received = cost(model, Tokens(input=1_000), own), cost(model, Tokens(output=1_000), own)
    return None if sent is None or received is None else Rates(sent * 1_000 / NANO, received * 1_000 / NANO)
