"""The keys of ``[[sources]]`` with ``kind = "loki"``."""

from __future__ import annotations

import re
import string
from urllib.parse import urlsplit

import msgspec

from logmedic.config import Secret
from logmedic.errors import ConfigError

_ENDINGS = string.digits + string.ascii_letters
MOST_SHARDS = len(_ENDINGS)
MOST_OVERLAP_S = 600.0
"""Loki may keep the empty answer of a query in its cache once it is 10 minutes old (``max_cache_freshness_per_query``):
what arrives later than that, a query over the same time need not show."""


class LokiSourceConfig(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="loki"
):
    """Lines of a Grafana Loki (``kind = "loki"``)."""

    name: str = "loki"
    """What positions and references are stored under; do not change it once lines have been read."""
    url: str = "http://localhost:3100"
    """Where Loki answers, without `/loki/api/…`; a path of a proxy in front of it belongs here."""
    query: str = '{service_name=~".+"}'
    """What to read: a stream selector, and line filters behind it if you like."""
    tenant: str = ""
    """Value of `X-Scope-OrgID`, for a Loki with tenants; `a|b` reads two."""
    username: str = ""
    """For basic authentication; needs `password`."""
    password: Secret | None = None
    """Where the password for basic authentication stands."""
    bearer: Secret | None = None
    """Where a token for `Authorization: Bearer …` stands."""
    ca_file: str = ""
    """Certificates (PEM) to trust in place of the system's; relative to the config file."""
    lookback_s: float = 3600.0
    """How far back the very first run reads, in seconds."""
    overlap_s: float = 300.0
    """Seconds that are looked at again for entries that arrive late; at most 600, and less where `remember` is full."""
    remember: int = 100_000
    """Entries within the overlap that are remembered, so that none counts twice; each takes 200 bytes of memory."""
    limit: int = 5000
    """Entries asked for at a time. Lowered by itself to what Loki allows."""
    pushdown: bool = True
    """Whether Loki leaves out lines that no rule can match (`logmedic rules show` prints how); else all are fetched."""
    shard_label: str = ""
    """Label by whose values the streams are shared out among the processes on one PostgreSQL store, e.g. `pod`."""
    shards: int = 1
    """Parts in which the streams are shared out; each is read by one process at a time."""
    shard: int = 0
    """Read this part alone, 1 to `shards`, and leave the others to processes that are told so; 0: take a fair share."""
    tail: bool = True
    """Whether `serve` is woken by Loki's tail (needs the package `websockets`), else it asks once a second."""
    service_labels: list[str] = msgspec.field(
        default_factory=lambda: ["service_name", "service", "app", "container", "job"]
    )
    """Labels that name the service of lines that name none themselves; the first one that is there."""
    service: str = ""
    """Service of lines that neither name one nor have such a label."""
    dialect: str = "auto"
    """Layout of the lines; "auto" looks at the lines of each stream."""
    max_line_bytes: int = 1024 * 1024
    """Longer lines are cut and marked."""
    max_answer_bytes: int = 64 * 1024**2
    """Longer answers are asked for in smaller parts."""
    timeout_s: float = 30.0
    """Longest wait for one answer, in seconds."""


def check(name: str, config: LokiSourceConfig) -> None:
    """Whether the keys make sense together.

    Raises:
        ConfigError: they do not; names the key and the remedy.
    """
    here = f"source {name}"
    parts = urlsplit(config.url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigError(f"{here}: url: {config.url!r} is no http:// or https:// address")
    if parts.username is not None or parts.query or parts.fragment or "/loki/api" in parts.path:
        raise ConfigError(f"{here}: url: give Loki's address alone; user and password have keys of their own")
    selector(config.query, here)
    if bool(config.username) != (config.password is not None):
        raise ConfigError(f"{here}: `username` and `password` belong together")
    if config.bearer is not None and config.password is not None:
        raise ConfigError(f"{here}: give either `password` or `bearer`, not both")
    if any(ord(c) < 32 or ord(c) > 126 for c in config.tenant):
        raise ConfigError(f"{here}: tenant: {config.tenant!r} cannot be sent in a header")
    if not 0 <= config.overlap_s <= MOST_OVERLAP_S:
        raise ConfigError(f"{here}: `overlap_s` must be between 0 and {MOST_OVERLAP_S:g}")
    if config.limit < 1 or config.remember < 10_000 or config.max_line_bytes < 1:
        raise ConfigError(f"{here}: `limit` and `max_line_bytes` must be at least 1, `remember` at least 10000")
    if not 1 <= config.shards <= MOST_SHARDS or not 0 <= config.shard <= config.shards:
        raise ConfigError(f"{here}: `shards` must be 1 to {MOST_SHARDS}, and `shard` 0 to `shards`")
    if config.shards > 1 and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", config.shard_label):
        raise ConfigError(f"{here}: `shards` needs `shard_label`, the name of a label whose values end differently")
    if config.timeout_s <= 0 or config.lookback_s < 0 or config.max_answer_bytes < 1 << 20:
        raise ConfigError(f"{here}: `timeout_s`, `lookback_s` and `max_answer_bytes` (at least 1 MiB) must be positive")


def sharded(config: LokiSourceConfig) -> str:
    """The query for one part of the streams, or for all where none is chosen. Every stream belongs to exactly one.

    The last character of the label's value decides, because names of pods and containers end in random ones; all that
    ends otherwise, or lacks the label, is for the first shard.
    """
    query = config.query.strip()
    if config.shards == 1 or config.shard == 0:
        return query
    label, first = config.shard_label, config.shard == 1
    others = [c for i, c in enumerate(_ENDINGS) if (i % config.shards + 1 == config.shard) != first]
    matcher = f'{label}{"!~" if first else "=~"}".*[{"".join(others)}]"'
    chosen = selector(query)
    inside = chosen[1:-1].strip().rstrip(",")
    return f"{{{inside}, {matcher}}}{query[len(chosen) :]}"


def selector(query: str, here: str = "query") -> str:
    """The stream selector that a log query begins with, braces included.

    Raises:
        ConfigError: it does not begin with one, as a metric query does not.
    """
    text = query.strip()
    quote = ""
    at = 0
    while text.startswith("{") and at < len(text):
        character = text[at]
        if quote:
            if character == "\\" and quote == '"':
                at += 1
            elif character == quote:
                quote = ""
        elif character in '"`':
            quote = character
        elif character == "}":
            return text[: at + 1]
        at += 1
    raise ConfigError(f'{here}: query: {query!r} does not begin with a stream selector such as {{app="shop"}}')
