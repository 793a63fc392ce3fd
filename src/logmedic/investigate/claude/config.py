"""``[diagnose]``: which model is asked, when, and for how much money."""

from __future__ import annotations

from typing import Literal

import msgspec

from logmedic.config import Secret
from logmedic.model import Severity

DEFAULT_MODEL = "claude-sonnet-5-5"
CHEAP_MODEL = "claude-haiku-5-5"
API = "https://api.anthropic.com"


class BudgetConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[diagnose.budget]``: most US dollars that may be spent. What a call costs at worst is set aside before it."""

    per_incident: float = 0.5
    """On one piece of news of one incident."""
    per_fingerprint: float = 2.0
    """On all news of one incident within 30 days."""
    per_hour: float = 2.0
    """Within any 60 minutes."""
    per_day: float = 10.0
    """Within any 24 hours."""
    per_month: float = 100.0
    """Within any 30 days."""
    unpriced_calls_per_day: int = 50
    """Requests within any 24 hours to models whose price is not known: no sum of money can bound those."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            if not 0 <= getattr(self, name) <= 1_000_000:
                raise ValueError(f"`{name}` must be from 0 to 1,000,000")


class PriceConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[diagnose.prices."<model>"]``: your own price, for models that the price list does not know."""

    input: float
    """US dollars per million tokens sent; 0 for a model on your own machine."""
    output: float
    """US dollars per million tokens received."""

    def __post_init__(self) -> None:
        if not (0 <= self.input <= 1e6 and 0 <= self.output <= 1e6):
            raise ValueError("`input` and `output` are US dollars per million tokens, from 0 to 1,000,000")


class DiagnoseConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[diagnose]``: the model that looks at an incident after the offline verdict has gone out."""

    engine: Literal["auto", "offline", "claude"] = "auto"
    """"claude" asks a model, "offline" never does, "auto" does once somebody has named one, here or in
    ``DIAGNOSTIC_MODEL``."""
    model: str | None = None
    """Any id of Anthropic's, or ``provider:name`` ("ollama:llama3.3", "openai:…"). ``DIAGNOSTIC_MODEL`` goes before it;
    default: claude-sonnet-5-5."""
    cheap_model: str | None = CHEAP_MODEL
    """Asked when the budget does not allow the full one, and for the second look; "" for none."""
    fallback_model: str | None = None
    """Asked when the full one is overloaded, retired, refuses or does not answer. Default: the cheap one."""
    api_key: Secret = Secret(env="ANTHROPIC_API_KEY")
    """Where Anthropic's key stands. Other providers read their own environment variables."""
    base_url: str = API
    """Of the Messages API; change it for a gateway."""
    min_severity: Severity = Severity.WARNING
    """Least severity of the offline verdict for which a model is asked."""
    max_tokens: int = 12_000
    """Most tokens of one answer, the model's thinking included."""
    evidence_chars: int = 60_000
    """Most characters of evidence that are sent, the most telling first."""
    request_timeout_s: float = 60.0
    """Longest wait for one answer, in seconds."""
    deadline_s: float = 100.0
    """Longest time for all tries on one incident, in seconds."""
    tries: int = 3
    """Most tries of one request when the provider is overloaded or limits the rate."""
    max_retry_after_s: float = 15.0
    """Longest wait that a provider may ask for; who asks for more is not asked again."""
    asks_again: int = 1
    """How often an answer that is no report is given back to the model."""
    second_look: bool = False
    """Whether the cheap model argues against the cause before a report on a critical incident replaces the first."""
    reuse_days: float = 30.0
    """How long a report serves for later news of the same incident, unless its code or its rate changes."""
    budget: BudgetConfig = BudgetConfig()
    prices: dict[str, PriceConfig] = {}
    """Own prices by model id, in US dollars per million tokens: ``[diagnose.prices."ollama:llama3.3"]``."""

    def __post_init__(self) -> None:
        bounds = {
            "max_tokens": (256, 200_000), "evidence_chars": (2_000, 1_000_000), "request_timeout_s": (0.1, 3_600),
            "deadline_s": (0.1, 3_600), "tries": (1, 10), "max_retry_after_s": (0, 600), "asks_again": (0, 3),
            "reuse_days": (0, 3_650),
        }  # fmt: skip
        for name, (least, most) in bounds.items():
            if not least <= getattr(self, name) <= most:
                raise ValueError(f"`{name}` must be from {least} to {most:,}")
