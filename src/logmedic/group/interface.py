"""What a parser of one language's stack traces is."""

from __future__ import annotations

from typing import Protocol

from logmedic.model import Frame, Stack

CACHED = 1_024  # names and paths that each pure helper of a parser remembers: those of one service come again and again


class StackParser(Protocol):
    """One language. Parsers are pure, and linear in the length of the text.

    ``parse`` puts the frames of a part in the order of the model, outermost first, whatever the language prints first.
    """

    language: str

    def looks_like(self, text: str) -> bool:
        """A cheap first look; ``True`` for every text that :meth:`parse` would understand."""
        ...

    def parse(self, text: str) -> Stack | None:
        """The trace in ``text``, whatever stands before it; ``None`` when there is none. Never raises.

        ``in_app`` of its frames is as :meth:`in_app` says.
        """
        ...

    def start(self, text: str) -> int:
        """Where the trace begins in a text that has one: what stands before it is the message."""
        ...

    def in_app(self, frame: Frame) -> bool:
        """Whether a frame is the team's own code, as far as the language's conventions tell."""
        ...

    def name(self, frame: Frame) -> str:
        """``module.function`` without line, path prefix, address, hash or generics; ``""`` when it has no name."""
        ...

    def key(self, frame: Frame) -> str:
        """What of the name counts in a fingerprint; what the settings of a logger change does not."""
        return self.name(frame)

    def place(self, stack: Stack) -> str | None:
        """What identifies a fault instead of its calls: a place, or ``""`` for its words alone; ``None``: the calls."""
        return None
