"""What is known when suspects are sought."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from logmedic.investigate.changes.diffs import Change, FileDiff, Hunk, Touch
from logmedic.investigate.faults.clues import Clues
from logmedic.investigate.faults.kind import Kind
from logmedic.investigate.source import Span
from logmedic.model import LogRecord, Text


class Place(msgspec.Struct, frozen=True):
    """One in-app frame found in the repository. ``depth``: 0 is the culprit, 1 its caller…; ``exact``: it ran here."""

    path: str
    span: Span
    depth: int
    exact: bool = True
    code: str = ""  # the line itself
    deliberate: bool = False  # the line raises on purpose, so what led there matters more than who wrote it


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """The fault, and the commits that may have produced it."""

    kind: Kind
    clues: Clues
    places: tuple[Place, ...]
    changes: tuple[Change, ...]  # up to the first occurrence, newest first
    blamed: dict[str, int]  # commit → lines of the culprit's statement that it wrote
    first_seen: int  # seconds
    libraries: tuple[str, ...] = ()  # packages whose frames raised it, the deepest first
    hit: tuple[str, ...] = ()  # services that failed, first to last
    services: tuple[str, ...] = ()  # all that are known
    sent: Mapping[str, tuple[str, ...]] = {}  # commit → services that it was deployed to
    deployed: Mapping[str, tuple[int, ...]] = {}  # service → times of all its deploys, s
    listed: bool = False  # the changes are a list, whose line numbers may be missing or of another commit
    functions: tuple[str, ...] = ()  # names on the stack, the culprit first
    sources: tuple[str, ...] = ()  # the functions of the stack as they stand in the repository, the culprit first
    alike: tuple[str, ...] = ()  # services that fail in the same way
    told: tuple[LogRecord, ...] = ()  # what the services said at that time, oldest first
    service: str = ""  # whose error it is
    subject: str = ""  # all that the error itself says
    called: tuple[str, ...] = ()  # services of ours that the error names as callees

    @property
    def ran(self) -> tuple[Place, ...]:
        """The code of ours that the error itself names, of which we know that it ran."""
        return tuple(place for place in self.places if place.exact)


class View(msgspec.Struct, frozen=True):
    """One commit with its telling hunks, found once because every reason looks at them."""

    change: Change
    hunks: tuple[tuple[FileDiff, Hunk], ...]
    touched: tuple[tuple[Place, Touch], ...]


class Reason(msgspec.Struct, frozen=True):
    """One reason to suspect a commit. ``why`` is a clause: reasons are told together, with semicolons."""

    weight: float
    why: Text
    also: str = ""  # another commit that the reason speaks of

    @property
    def rank(self) -> tuple[float, str]:
        return self.weight, self.why.en
