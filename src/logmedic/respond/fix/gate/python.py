"""Python source as a tree, parsed once for all rules."""

from __future__ import annotations

import ast
from functools import lru_cache


@lru_cache(maxsize=64)
def parse(text: str) -> ast.Module | None:
    """``None``: it cannot be parsed."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
