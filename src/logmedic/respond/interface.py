"""What a responder is: it acts once and says what came of it. Retries wrap it from outside."""

from __future__ import annotations

import enum
from typing import Any, Protocol

import msgspec

from logmedic.model import Incident, Outcome


class Mode(enum.StrEnum):
    """How a channel is to be told (decided by :mod:`logmedic.respond.policy`)."""

    SEND = "send"  # a new message
    EDIT = "edit"  # the incident's last message in place; a new one when it is gone
    RECORD = "record"  # one more entry in a log of what happened
    SKIP = "skip"  # nothing; the action's reason says why


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What to tell. ``receipt`` is what the last delivery for this incident and channel returned, if there was one."""

    incident: Incident
    language: str  # "en" or "ko"
    key: str  # idempotency key: the same for every try of the same effect
    url: str | None = None  # the incident's page
    receipt: dict[str, Any] | None = None
    mode: Mode = Mode.SEND
    mention: bool = False  # call people; only ever obeyed for a critical incident


class Responder(Protocol):
    name: str  # the channel's name in the config
    kind: str  # "console", "jsonl", "discord", …

    def deliver(self, notice: Notice) -> Outcome:
        """Tell people once.

        The receipt of a sent outcome contains :func:`told`, so that the policy knows what this channel has heard.

        Raises:
            DeliveryError: with ``retry_after`` when a retry makes sense, ``unclear`` when it may have arrived.
        """
        ...


def told(incident: Incident) -> dict[str, Any]:
    """The part of a receipt that every channel has in common: which news of the incident it was given."""
    return {"generation": incident.generation, "severity": incident.severity.value}
