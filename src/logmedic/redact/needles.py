"""Where literals stand in a text: with an automaton when its wheel is there; the answer is the same without."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

LONGEST_NESTED = 64  # characters of a literal

Hits = list[tuple[int, int, int]]
"""Number of a literal, and where it begins and ends; in no order, overlaps included."""


def finder(literals: Sequence[str], *, accelerate: bool = True) -> Callable[[str], Hits]:
    """What finds all of ``literals`` in a text in one pass; many times as fast with the extra ``fast``."""
    automaton = _automaton(literals) if accelerate and literals else None
    if automaton is None:
        return _Trie(literals).hits

    def find(text: str) -> Hits:
        try:
            hits: Hits = automaton.find_matches_as_indexes(text, overlapping=True)
        except UnicodeEncodeError:  # half of a surrogate pair; as a question mark it has the same length
            text = text.encode("utf-8", "replace").decode()
            hits = automaton.find_matches_as_indexes(text, overlapping=True)
        return hits

    return find


def _automaton(literals: Sequence[str]) -> Any:
    try:
        import ahocorasick_rs  # noqa: PLC0415  optional
    except ImportError:
        return None
    return ahocorasick_rs.AhoCorasick(literals, implementation=ahocorasick_rs.Implementation.DFA)


_Node = dict[str, Any]  # character → node; under "" that a literal ends here


class _Trie:
    """One pattern that says at each place which is the longest literal that begins there; the others begin it.

    Patterns nest as deep as a literal is long, so long ones are searched for one by one: there are few.
    """

    def __init__(self, literals: Sequence[str]) -> None:
        numbers = {literal: number for number, literal in enumerate(literals)}
        self._long = [(number, literal) for literal, number in numbers.items() if len(literal) > LONGEST_NESTED]
        literals = [literal for literal in literals if len(literal) <= LONGEST_NESTED]
        self._begins = {
            literal: [(numbers[literal[:n]], n) for n in range(1, len(literal) + 1) if literal[:n] in numbers]
            for literal in literals
        }
        root: _Node = {}
        for literal in literals:
            node = root
            for character in literal:
                node = node.setdefault(character, {})
            node[""] = True
        self._pattern = re.compile(f"(?=({_pattern(root)}))", re.DOTALL) if literals else None

    def hits(self, text: str) -> Hits:
        hits = [hit for number, literal in self._long for hit in _each(number, literal, text)]
        if self._pattern is not None:
            for found in self._pattern.finditer(text):
                hits += ((number, found.start(), found.start() + length) for number, length in self._begins[found[1]])
        return hits


def _each(number: int, literal: str, text: str) -> Iterator[tuple[int, int, int]]:
    at = text.find(literal)
    while at >= 0:
        yield number, at, at + len(literal)
        at = text.find(literal, at + 1)


def _pattern(node: _Node) -> str:
    ways = [re.escape(character) + _pattern(deeper) for character, deeper in sorted(node.items()) if character]
    if not ways:
        return ""
    joined = ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})"
    return f"(?:{joined})?" if "" in node else joined
