"""A database's refusals as ours: one line that says what happened and what to do about it."""

from __future__ import annotations

import sqlalchemy as sa

from logmedic.errors import StoreError

_FILE = "make room if the disk is full, else move the file away to start afresh"
_SERVER = "check that the server runs there and takes connections"
_REMEDIES = (  # of PostgreSQL: what it says, and what to do then
    ("password authentication failed", "check user and password in [store] url"),
    ("no password supplied", "give one in [store] url, in PGPASSWORD or in ~/.pgpass"),
    ("does not exist", "create it, or correct its name in [store] url"),
    ("no pg_hba.conf entry", "let this host and user in by the server's pg_hba.conf"),
    ("permission denied", "let the user of [store] url own the database"),
    ("too many clients", "raise the server's max_connections, or run fewer processes"),
    ("No space left", "make room on the server's disk"),
    ("starting up", "wait until the server is ready"),
)


def said(error: object) -> str:
    """What a driver's error says, in one line, without the statement that PostgreSQL quotes."""
    primary = getattr(getattr(error, "diag", None), "message_primary", None)
    return " ".join(str(primary or error).split())


def refusal(error: sa.exc.DBAPIError) -> str:
    """What the database said, and what to do about it."""
    words = said(error.orig)
    if type(error.orig).__module__.startswith("sqlite3"):
        return f"{words}; {_FILE}"
    return f"{words}; {next((remedy for sign, remedy in _REMEDIES if sign in words), _SERVER)}"


def unusable(error: Exception) -> StoreError:
    """``error``: of the database, or of what decodes its rows."""
    if isinstance(error, sa.exc.DBAPIError):
        return StoreError(f"state database: {refusal(error)}")
    return StoreError(f"state database: {error}; {_FILE}")
