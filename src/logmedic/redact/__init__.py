"""Secrets and personal data out of texts, before they reach the store, a model or a channel."""

from logmedic.redact.lines import Lines
from logmedic.redact.own import SHORTEST_OWN_SECRET
from logmedic.redact.redactor import DEEPEST_VALUE, MOST_PASSES, Line, PersonalKind, RedactConfig, Redactor
from logmedic.redact.rule import Rule, fill
from logmedic.redact.rules import NUMBERS, PERSONAL, SECRETS

__all__ = [
    "DEEPEST_VALUE", "MOST_PASSES", "NUMBERS", "PERSONAL", "SECRETS", "SHORTEST_OWN_SECRET", "Line", "Lines",
    "PersonalKind", "RedactConfig", "Redactor", "Rule", "fill",
]  # fmt: skip
