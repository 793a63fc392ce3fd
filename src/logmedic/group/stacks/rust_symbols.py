"""Demangled names of Rust functions without what the compiler and the optimiser add."""

from __future__ import annotations

import re
from functools import lru_cache

from logmedic.group.interface import CACHED

_HASH = re.compile(r"::h[0-9a-f]{16}$|\[[0-9a-f]{16}\]")


@lru_cache(maxsize=CACHED)
def symbol(name: str) -> str:
    """A demangled path without hash, generics, closures; ``<A as B>::f`` is ``A::f``, or ``B::f`` for a bare type."""
    name = _HASH.sub("", name)
    if name.startswith("<"):
        inner, rest = _split_bracket(name)
        this, _, trait = _top_level(inner, " as ")
        this = this.strip("&*() ").removeprefix("mut ").removeprefix("dyn ").removeprefix("impl ")
        name = (this if "::" in this or not trait else trait) + rest
    kept = [
        part
        for part in _without_brackets(name).split("::")
        if part and part[0] not in "{<(" and not part.startswith("__")
    ]
    return "::".join(kept)


def _split_bracket(name: str) -> tuple[str, str]:
    depth = 0
    for i, c in enumerate(name):
        if c == "<":
            depth += 1
        elif c == ">" and name[i - 1] != "-":
            depth -= 1
            if depth == 0:
                return name[1:i], name[i + 1 :]
    return name[1:], ""


def _top_level(text: str, word: str) -> tuple[str, str, str]:
    """``str.partition`` that looks only outside angle brackets."""
    depth = 0
    for i, c in enumerate(text):
        if c == "<":
            depth += 1
        elif c == ">" and text[i - 1] != "-":
            depth -= 1
        elif c == " " and depth == 0 and text.startswith(word, i):
            return text[:i], word, text[i + len(word) :]
    return text, "", ""


def _without_brackets(name: str) -> str:
    kept: list[str] = []
    depth = 0
    for i, c in enumerate(name):
        if c in "<{":
            depth += 1
        elif c == "}" or (c == ">" and name[i - 1 : i] != "-"):
            depth = max(0, depth - 1)
        elif depth == 0:
            kept.append(c)
    return "".join(kept)
