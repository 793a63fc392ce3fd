"""What open pages are told: the rows that changed since the last look, rendered once for each language."""

from __future__ import annotations

import sqlalchemy as sa

from logmedic.doors import Clock
from logmedic.store import browse
from logmedic.web.live import MOST_ROWS, event
from logmedic.web.render import LANGUAGES, fragment


class News:
    """Remembers how far pages have been told. Used by one thread."""

    def __init__(self, database: sa.Engine, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._told: browse.Mark | None = None

    def __call__(self) -> dict[str, bytes] | None:
        """A message a language, or ``None``. Raises SQLAlchemy's ``DBAPIError``."""
        now = browse.mark(self._database)
        before, self._told = self._told, now
        if before is None or before == now:
            return None
        changed = browse.changed_since(self._database, before, MOST_ROWS + 1)
        if len(changed) > MOST_ROWS:
            return {language: event("reload", "") for language in LANGUAGES}
        rows = browse.rows(self._database, changed)
        if len(rows) < len(changed):  # one was merged into another: the list as a whole is another one
            return {language: event("reload", "") for language in LANGUAGES}
        # Oldest first: each new one is put on top.
        return {
            language: event("rows", fragment("_rows.html", language, self._clock.now(), rows=tuple(reversed(rows))))
            for language in LANGUAGES
        }
