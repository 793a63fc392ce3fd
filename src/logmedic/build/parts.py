"""Which parts of the work a configuration lets a process do alone."""

from __future__ import annotations

from logmedic.build.shape import Loaded
from logmedic.errors import ConfigError
from logmedic.pipeline.roles import Role
from logmedic.store.lock import sqlite_path


def check(role: Role, loaded: Loaded) -> None:
    """Raises :class:`ConfigError`: this part alone makes no sense."""
    if role is not Role.ALL and sqlite_path(loaded.store_url) is not None:
        raise ConfigError(
            f"--role {role}: one process does everything on SQLite; give [store] url a PostgreSQL, or leave --role out"
        )
    if role is Role.WEB and not loaded.config.web.enabled:
        raise ConfigError("--role web: `[web] enabled = false` leaves it nothing to do")
