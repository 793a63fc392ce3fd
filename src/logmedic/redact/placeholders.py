"""What stands where something was taken out: ``<email:1>``, the same for the same value throughout a text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

PLACEHOLDER = re.compile(r"<([a-z-]{3,20}):(\d{1,6})>")
_LONGEST = 30  # characters of a placeholder


class Names:
    """Numbers the values of one text: the same value, the same placeholder; never one that the text has already."""

    def __init__(self, texts: Sequence[str], allow: frozenset[str]) -> None:
        self._texts = texts
        self._allow = allow
        self._known: dict[tuple[str, str], str] = {}
        self._last: dict[str, int] | None = None
        self.given: dict[str, int] = {}  # how often a placeholder of each kind was put in

    def name(self, kind: str, value: str) -> str:
        if value in self._allow:
            return value
        self.given[kind] = self.given.get(kind, 0) + 1
        placeholder = self._known.get((kind, value))
        if placeholder is None:
            last = self._counters()
            last[kind] = last.get(kind, 0) + 1
            placeholder = self._known[kind, value] = f"<{kind}:{last[kind]}>"
        return placeholder

    def _counters(self) -> dict[str, int]:
        if self._last is None:
            self._last = {}
            for text in self._texts:
                for found in PLACEHOLDER.finditer(text):
                    self._last[found[1]] = max(self._last.get(found[1], 0), int(found[2]))
        return self._last


def touches(text: str, start: int, stop: int) -> bool:
    """``<secret:1>`` reads like a key and its value: what was replaced once stays as it is."""
    if text.find("<", max(0, start - _LONGEST), stop) < 0:
        return False
    near = PLACEHOLDER.finditer(text, max(0, start - _LONGEST), stop + _LONGEST)
    return any(found.start() < stop and found.end() > start for found in near)


def texts_of(value: Any) -> Iterator[str]:
    """Every text inside a JSON value, without recursion: its depth is a stranger's choice."""
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            todo.extend(item.values())
        elif isinstance(item, list | tuple):
            todo.extend(item)
