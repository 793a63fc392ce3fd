"""What a responder is: it acts once and says what came of it. Retries wrap it from outside."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import msgspec

from logmedic.model import Incident, Outcome, Severity, Text


class Mode(enum.StrEnum):
    """How a channel is to be told (decided by :mod:`logmedic.respond.policy`)."""

    SEND = "send"  # a new message
    EDIT = "edit"  # the incident's last message in place; a new one when it is gone
    RECORD = "record"  # one more entry in a log of what happened
    SKIP = "skip"  # nothing; the action's reason says why
    DIGEST = "digest"  # nothing now; the incident goes into the channel's next digest, or into the alert of a storm
    WAIT = "wait"  # nothing until a named time; then it is decided again


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What to tell. ``receipt`` is what the last delivery for this incident and channel returned, if there was one."""

    incident: Incident
    language: str  # "en" or "ko"
    key: str  # idempotency key: the same for every try of the same effect
    url: str | None = None  # the incident's page
    receipt: dict[str, Any] | None = None
    mode: Mode = Mode.SEND
    mention: bool = False  # call people; only ever obeyed for a critical incident


class Kind(enum.StrEnum):
    """What a bulletin is about."""

    DIGEST = "digest"
    STORM = "storm"  # too many new incidents for a message each
    REMINDER = "reminder"  # a critical incident that nobody acknowledges
    SELF = "self"  # logmedic is not well itself


class Section(msgspec.Struct, frozen=True):
    """A heading and its lines. Lines may quote logs: a channel treats all of them as foreign text."""

    heading: Text
    lines: tuple[Text, ...]


class Bulletin(msgspec.Struct, frozen=True, kw_only=True):
    """A message about no single incident. A second one with the same key and a receipt edits the first."""

    key: str  # stands in the message, so that a duplicate can be recognised as one
    kind: Kind
    severity: Severity
    title: Text  # our own words and figures
    language: str  # "en" or "ko"; a channel may have one of its own
    sections: tuple[Section, ...] = ()
    mention: bool = False  # call people; only obeyed when critical, and never by an edit
    over: bool = False  # what it told of has ended
    receipt: dict[str, Any] | None = None  # what the last delivery of this bulletin returned


@runtime_checkable
class Announcer(Protocol):
    """A responder that also takes bulletins, all of them or only those of storms. Others are sent none."""

    def announce(self, bulletin: Bulletin) -> Outcome:
        """Tell people once. Raises :class:`DeliveryError` as :meth:`Responder.deliver` does."""
        ...


@runtime_checkable
class Previewer(Protocol):
    """A responder that can show what it would send. For the others the console's text stands in."""

    def preview(self, notice: Notice) -> str:
        """What people, or a program, would read; several lines. Sends nothing."""
        ...


class Ticket(msgspec.Struct, frozen=True):
    """How an issue stands in a tracker."""

    open: bool
    closed: str  # when it was closed last, as the tracker writes it; "" while it is open


@runtime_checkable
class Tracker(Protocol):
    """A responder whose messages people can close, and open again. Its receipts have the number as ``issue``."""

    def tickets(self, numbers: Sequence[int]) -> Mapping[int, Ticket]:
        """How these issues stand; those that are gone are left out. Raises :class:`DeliveryError`."""
        ...

    def settle(self, number: int, *, resolved: bool) -> None:
        """Close an issue, or open it again; doing so twice changes nothing. Raises :class:`DeliveryError`."""
        ...

    def shown(self, number: int) -> str:
        """What people call the issue, on one line."""
        ...


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
