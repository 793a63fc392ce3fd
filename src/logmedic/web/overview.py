"""How many incidents there are of what, remembered: counting a hundred thousand takes most of the time of a list."""

from __future__ import annotations

import threading
import time

import msgspec
import sqlalchemy as sa

from logmedic.store import browse

OLDEST_SECONDS = 5.0  # what a page may show that no line of a timeline tells of, such as a raised severity


class Overview(msgspec.Struct, frozen=True):
    facets: tuple[browse.Facet, ...]
    services: tuple[str, ...]


class Overviews:
    """Counts again when something has happened to an incident: each new one and each change has its line."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._found: tuple[int, float, Overview] | None = None  # line of the timelines, when (monotonic)

    def __call__(self) -> Overview:
        """Raises SQLAlchemy's ``DBAPIError``."""
        line = browse.mark(self._database).timeline
        with self._lock:  # of many who ask at once, one counts
            known = self._found
            if known is not None and known[0] == line and time.monotonic() - known[1] < OLDEST_SECONDS:
                return known[2]
            found = Overview(browse.facets(self._database), browse.services(self._database))
            self._found = (line, time.monotonic(), found)
            return found
