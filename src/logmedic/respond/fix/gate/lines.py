"""Lines of code as the rules look at them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from logmedic.respond.fix.change import FileChange, Line

_COMMENT = {"python": "#", "rust": "//", "go": "//", "java": "//", "script": "//"}
_SPACE = re.compile(r"\s+")


def code(file: FileChange, lines: Iterable[Line]) -> Iterator[Line]:
    """Without empty lines and those that are a comment from their beginning to their end."""
    mark = _COMMENT.get(file.language, "#")
    for line in lines:
        text = line.text.strip()
        if text and not text.startswith(mark):
            yield line


def gone(file: FileChange) -> list[Line]:
    """Removed code that stands nowhere in the added lines, wherever in the file and however indented."""
    kept = Counter(normal(line.text) for line in code(file, file.added))
    found = []
    for line in code(file, file.removed):
        text = normal(line.text)
        if kept[text]:
            kept[text] -= 1
        else:
            found.append(line)
    return found


def fresh(file: FileChange) -> list[Line]:
    """Added code that stood nowhere in the removed lines."""
    had = Counter(normal(line.text) for line in code(file, file.removed))
    found = []
    for line in code(file, file.added):
        text = normal(line.text)
        if had[text]:
            had[text] -= 1
        else:
            found.append(line)
    return found


def normal(text: str) -> str:
    return _SPACE.sub(" ", text.strip())


def following(text: str | None, number: int, count: int) -> list[str]:
    """So many lines of code behind line ``number`` (1-based) that are not blank."""
    lines = [] if text is None else text.split("\n")[number:]
    return [line.strip() for line in lines if line.strip()][:count]
