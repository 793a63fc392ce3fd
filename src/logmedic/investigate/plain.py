"""Text written by strangers, made harmless for terminals and one-line places."""

from __future__ import annotations

import unicodedata

MOST_MARKS = 8  # on one letter; no script stacks more, and a tower of them covers lines and cannot be broken
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0\u034f")  # draw nothing although Unicode calls them printable


def inert(text: str) -> str:
    """Control, direction and invisible characters, and marks piled upon one letter, as ``\\x1b`` or ``\\u202e``; line
    ends stay.
    """
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    out: list[str] = []
    marks = 0
    for c in text.replace("\r\n", "\n").replace("\t", " "):
        marks = marks + 1 if unicodedata.category(c) in {"Mn", "Me"} else 0
        out.append(c if c == "\n" or (_shows(c) and marks <= MOST_MARKS) else _escape(c))
    return "".join(out)


def _shows(c: str) -> bool:
    return (c.isprintable() or unicodedata.category(c) == "Zs") and c not in _BLANK


def _escape(c: str) -> str:
    return c.encode("unicode_escape").decode("ascii")


def line(text: str, limit: int = 200) -> str:
    """One inert line of at most ``limit`` characters."""
    one = inert(" ".join(text[: 4 * limit].split()))
    return one if len(one) <= limit else one[: limit - 1].rstrip() + "…"
