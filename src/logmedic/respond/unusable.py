"""A channel that is configured and cannot be used: its secret is not there, say. The others are told as ever."""

from __future__ import annotations

from logmedic.errors import DeliveryError
from logmedic.model import Outcome
from logmedic.respond.interface import Bulletin, Notice


class UnusableResponder:
    """Refuses everything for good, with the reason; `notify retry` tells it again once that is mended."""

    def __init__(self, name: str, kind: str, reason: str) -> None:
        self.name = name
        self.kind = kind
        self._reason = reason

    def deliver(self, notice: Notice) -> Outcome:
        raise DeliveryError(self._reason)

    def announce(self, bulletin: Bulletin) -> Outcome:
        raise DeliveryError(self._reason)
