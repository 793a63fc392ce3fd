"""What a responder is: it acts once and says what came of it. Retries wrap it from outside."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from logmedic.model import Incident, Outcome


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What to tell. ``receipt`` is what the last delivery for this incident and channel returned, if there was one."""

    incident: Incident
    language: str  # "en" or "ko"
    key: str  # idempotency key: the same for every try of the same effect
    url: str | None = None  # the incident's page
    receipt: dict[str, Any] | None = None


class Responder(Protocol):
    name: str  # the channel's name in the config
    kind: str  # "console", "jsonl", "discord", …

    def deliver(self, notice: Notice) -> Outcome:
        """Tell people once.

        Raises:
            DeliveryError: with ``retry_after`` when a retry makes sense, ``unclear`` when it may have arrived.
        """
        ...
