"""How the tables of symptoms and levers are searched. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from logmedic.investigate.changes.hunks import is_comment

Search = Callable[..., "re.Match[str] | None"]
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

_LOGS = re.compile(
    r"\b(?:log|logger|logging|console|tracing|slog|metrics)\b(?:::|\.)|\b(?:error|warn|info|debug|trace)!\(|\bprintln?\b",
    re.IGNORECASE,
)


def is_idle(line: str) -> bool:
    """A comment, or a line that only tells of what goes on."""
    return is_comment(line) or _LOGS.search(line) is not None


def spaced(text: str) -> str:
    """The text, and behind it the text with its compound names taken apart: ``maxPoolSize max Pool Size``."""
    apart = _CAMEL.sub(" ", text)
    return text if apart == text else f"{text} {apart}"


def bounded(pattern: str) -> re.Pattern[str]:
    """The pattern without regard to case; each of its alternatives that begins with a letter begins a word."""
    parts, depth, start, at, within = [], 0, 0, 0, False  # within: a class of characters
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            at += 1
        elif within:
            within = char != "]"
        elif char == "[":
            within = True
        elif char in "()":
            depth += 1 if char == "(" else -1
        elif char == "|" and not depth:
            parts.append(pattern[start:at])
            start = at + 1
        at += 1
    parts.append(pattern[start:])
    words = [part for part in parts if part[:1].isalpha()]
    others = [part for part in parts if not part[:1].isalpha()]
    assert not any(word[1:2] in {"?", "*", "{"} for word in words), "a word's first letter is always there"
    # Looked for together, and by their first letters: a tenth of the time that one by one would take.
    first = "".join(sorted({word[0].lower() for word in words}))
    together = [f"(?=[{first}])(?<![a-z])(?:{'|'.join(words)})"] if words else []
    return re.compile("|".join([*together, *others]), re.IGNORECASE)


@cache
def bounded_search(pattern: str) -> Search:
    """Compiled when it is first asked for: no outage needs all of them."""
    return bounded(pattern).search


@cache
def search(pattern: str) -> Search:
    return re.compile(pattern, re.IGNORECASE).search
