"""What exceptions say that tells two bugs apart although types and frames are the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from logmedic.group import words
from logmedic.group.masking import LONGEST_TEXT, Masking
from logmedic.group.vocabulary import ZEROS
from logmedic.model import ExceptionPart

TYPES_THAT_SAY_NOTHING = frozenset({"", "panic", "fatal error", "error", "Error", "Exception"})
# What a language gives to whoever has no type of their own: one function often raises one of them for several reasons.
VAGUE_TYPES = TYPES_THAT_SAY_NOTHING | {
    "ApplicationException", "ArgumentException", "IllegalArgumentException", "IllegalStateException",
    "InvalidOperationException", "RuntimeError", "RuntimeException", "ValueError",
}  # fmt: skip
# What a driver gives for whatever its server says.
DRIVER_TYPES = frozenset({
    "DatabaseError", "DataError", "DatabaseException", "InternalError", "MongoServerError", "MySqlException",
    "NpgsqlException", "OperationalError", "PSQLException", "PostgresException", "ProgrammingError", "QueryFailedError",
    "SQLException", "SqlException",
})  # fmt: skip
_NAMED = re.compile(
    r"\bStatusCode\.([A-Z_]{2,30})\b"  # gRPC
    r"|\(([A-Z][A-Za-z.]{2,60})\) when calling the (\w{2,60})"  # AWS
    r"|\bconstraint [\"'“‘`]?([A-Za-z_]\w{1,62})"  # SQL
)


def telling(parts: Sequence[ExceptionPart], named: Callable[[str], str], template: Callable[[str], str]) -> str:
    """Of types that say what happened only the codes in their messages; of a vague root cause, and of a driver, all.

    ``named``: a type without its module. ``""``: the frames speak for themselves.
    """
    said: list[str] = []
    for number, part in enumerate(parts):
        kind = named(part.type)
        if not part.message:
            continue
        root = number == len(parts) - 1
        if kind in DRIVER_TYPES or (root and number and kind in VAGUE_TYPES):
            said.append(template(part.message))
        elif _has_codes(words.alike(part.message[:LONGEST_TEXT]).translate(ZEROS)):
            said.extend(_codes(part.message[:LONGEST_TEXT]))
    return ", ".join(dict.fromkeys(said))


@lru_cache(maxsize=1_024)
def _has_codes(shape: str) -> bool:
    """Whether messages of a shape (every digit read as 0) hold any: shapes and words decide that."""
    return bool(_codes(shape))


@lru_cache(maxsize=1_024)
def _codes(message: str) -> tuple[str, ...]:
    names = [" ".join(filter(None, found.groups())) for found in _NAMED.finditer(message)]
    return (*Masking(message).codes, *names)
