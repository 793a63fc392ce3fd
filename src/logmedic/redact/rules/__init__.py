"""The built-in rules, by family. Where two find the same text, the earlier one names it."""

from logmedic.redact.rule import Rule
from logmedic.redact.rules import cloud, fields, headers, keys, personal, tokens, urls

SECRETS: dict[str, tuple[Rule, ...]] = {
    "cloud": cloud.RULES,
    "tokens": tokens.RULES,
    "urls": urls.RULES,
    "headers": headers.RULES,
    "keys": keys.RULES,
    "fields": fields.RULES,
}
"""Always looked for."""

PERSONAL: tuple[Rule, ...] = personal.RULES
NUMBERS: tuple[Rule, ...] = personal.NUMBERS
