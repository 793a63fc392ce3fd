"""What refusals of Kafka mean, in one line with the remedy.

Source: Kafka protocol guide, "Error Codes"; librdkafka, ``rd_kafka_resp_err_t`` (local errors begin with ``_``).
"""

from __future__ import annotations

from typing import Protocol

from logmedic.bounds import clip
from logmedic.errors import SourceError

LONGEST = 300  # characters of Kafka's own words that are shown


class KafkaSourceError(SourceError):
    pass


class Code(Protocol):
    """What is used of ``confluent_kafka.KafkaError``."""

    def name(self) -> str: ...
    def str(self) -> str: ...


_REMEDIES = {
    "_ALL_BROKERS_DOWN": "no broker answers; is `brokers` right, and `security` that of their listener?",
    "_TRANSPORT": "no broker answers; is `brokers` right, and `security` that of their listener?",
    "_TIMED_OUT": "no broker answers in time; is `brokers` right, and `security` that of their listener?",
    "_RESOLVE": "this name is not known; is `brokers` right?",
    "_SSL": "look at `ca_file` and `cert_file`, and whether the listener speaks TLS",
    "_AUTHENTICATION": "look at `username`, `password` and `sasl_mechanism`",
    "SASL_AUTHENTICATION_FAILED": "look at `username`, `password` and `sasl_mechanism`",
    "UNKNOWN_TOPIC_OR_PART": "is `topics` spelt right?",
    "_UNKNOWN_TOPIC": "is `topics` spelt right?",
    "TOPIC_AUTHORIZATION_FAILED": "give this user the rights READ and DESCRIBE on the topic",
    "GROUP_AUTHORIZATION_FAILED": "give this user the right READ on the group, or leave `group` empty",
}
PASSING = frozenset({"_TRANSPORT", "_RESOLVE", "_TIMED_OUT"})
"""Told of one connection; librdkafka tries again by itself, and says ``_ALL_BROKERS_DOWN`` when none is left."""


def failed(error: Code, place: str) -> KafkaSourceError:
    """``place``: which source, and what of it."""
    remedy = _REMEDIES.get(error.name(), "")
    return KafkaSourceError(f"{place}: {clip(error.str(), LONGEST)}{f'; {remedy}' if remedy else ''}")
