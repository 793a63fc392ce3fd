"""Whether a Loki can be read, and what is there: for ``check``."""

from __future__ import annotations

from collections import Counter

from logmedic.collect.loki.client import Access, LokiClient
from logmedic.collect.loki.config import LokiSourceConfig, check, selector
from logmedic.doors import Clock, Http
from logmedic.model import NANOSECONDS

HOUR = 3600 * NANOSECONDS
SHOWN = 12  # names


def probe(config: LokiSourceConfig, http: Http, clock: Clock, *, secret: str = "") -> str:
    """What the last hour has: streams that the query selects, labels, and where services come from; one line.

    Raises:
        ConfigError: keys that cannot work together.
        LokiError: it cannot be reached, or refuses; with the remedy.
    """
    check(config.name, config)
    access = Access(config.name, config.url, config.tenant, config.username, secret, config.timeout_s)
    client = LokiClient(access, http, clock)
    now = clock.now()
    client.entries(config.query.strip(), now - HOUR, now, 1, "backward")
    names = client.labels(now - HOUR, now)
    streams = client.series(selector(config.query), now - HOUR, now)
    if not streams:
        known = f"it has the labels {_listed(names)}" if names else "it has no lines at all"
        return f"{config.url} answers, but nothing within the last hour matches `query`; {known}"
    used = Counter(next((name for name in config.service_labels if labels.get(name)), "") for labels in streams)
    unnamed = used.pop("", 0)
    services = ", ".join(f"{name} ({count})" for name, count in used.most_common()) or "no label"
    without = f"; {unnamed} without, set `service_labels`" if unnamed and used else ""
    return f"{len(streams):,} streams within the last hour; service from {services}{without}; labels {_listed(names)}"


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
