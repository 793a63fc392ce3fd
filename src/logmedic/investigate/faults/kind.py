"""One row of the taxonomy of faults."""

from __future__ import annotations

import enum

import msgspec

from logmedic.model import CauseKind, Severity, Text


class Code(enum.Enum):
    """How far a change of the code can be behind a kind of fault."""

    BUG = "bug"  # it is one: the lines that ran are to blame
    KNOB = "knob"  # only a changed limit, name or value that the error speaks of can be
    OUTSIDE = "outside"  # it explains itself from outside, unless a change touched just what brings it about
    NEVER = "never"  # no change explains it


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the taxonomy.

    ``types`` are last parts of exception names; ``phrases`` and ``codes`` are lower case, a code is a part of an error
    code between underscores (or several). ``fewer`` and ``more`` are words of settings that bring the fault about when
    their value falls or rises.
    """

    id: str
    cause: CauseKind
    severity: Severity
    code: Code
    root: Text
    actions: tuple[Text, ...]
    types: frozenset[str] = frozenset()
    phrases: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    fewer: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
