"""What an investigator is, and what it may look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from logmedic.doors import Git
from logmedic.investigate.changes.changelist import ChangeList
from logmedic.model import Diagnosis, Incident, LogRecord, Neighbour, Sample


class LogContext(Protocol):
    """Answers from the sources (``collect``), wired in by ``build``."""

    def around(self, record: LogRecord, before: int, after: int) -> Sequence[LogRecord]: ...

    def by_request(self, request_id: str, since: int, until: int) -> Sequence[LogRecord]: ...


class History(Protocol):
    """Answers from the store about earlier incidents and measured rates."""

    def similar(self, incident: Incident, limit: int) -> Sequence[Incident]:
        """Other incidents that resemble this one (same culprit, error code or title words), latest first."""
        ...

    def error_counts(self, service: str, since: int, until: int) -> int:
        """Errors that this service logged in the span of time (ns)."""
        ...

    def beside(self, incident: Incident, since: int, until: int) -> Sequence[Neighbour]:
        """Other services' incidents of errors that were seen in the span of time (ns), each with a sample.

        An investigation asks several times for the same, so the answer should be remembered.
        """
        ...


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """Everything an investigation starts from."""

    incident: Incident
    samples: tuple[Sample, ...]  # latest first, at least one
    logs: LogContext
    history: History
    git: Git | None  # None: no repository is configured
    changes: ChangeList | None = None  # what changed, from a list; it stands in for the repository's log
    now: int  # ns


class Investigator(Protocol):
    name: str

    def investigate(self, case: Case) -> Diagnosis:
        """A report whose claims cite evidence; already verified. Never raises for what a log contains."""
        ...
