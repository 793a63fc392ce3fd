"""A look at a SQLite state without SQLAlchemy (0.35 s to import), so that a scan with nothing new ends at once."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import msgspec

_TOKEN = msgspec.json.Decoder(dict[str, Any])


class Peeked(msgspec.Struct, frozen=True):
    positions: list[tuple[str, str, int, dict[str, Any], bool]]  # source, stream, offset, token, done
    unhandled: bool  # an earlier run left an incident that people have not been told of
    wake_at: int  # ns: when there is something to do beside incidents, as a digest


def peek(path: Path, schema: str) -> Peeked | None:
    """What an idle scan needs to know; ``None`` when the state is missing, of another schema, or unreadable."""
    if not path.is_file():
        return None
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=1.0)
    except sqlite3.Error:
        return None
    try:
        if connection.execute("SELECT version_num FROM alembic_version").fetchone() != (schema,):
            return None
        rows = connection.execute('SELECT source, stream, "offset", token, done FROM positions').fetchall()
        (unhandled,) = connection.execute(
            "SELECT EXISTS (SELECT 1 FROM incidents WHERE handled_generation < generation)"
        ).fetchone()
        row = connection.execute("SELECT value FROM carried WHERE name = 'wake-at'").fetchone()
        wake_at = 0 if row is None else int(row[0])
        positions = [(s, t, o, _TOKEN.decode(j), bool(d)) for s, t, o, j, d in rows]
    except (sqlite3.Error, msgspec.DecodeError, TypeError, ValueError):
        return None
    finally:
        connection.close()
    return Peeked(positions, bool(unhandled), wake_at)
