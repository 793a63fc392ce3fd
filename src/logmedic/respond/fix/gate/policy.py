"""What the configuration adds to the rules."""

from __future__ import annotations

import msgspec


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """``protected``: further globs. ``most_files`` and ``most_lines`` (added and removed, tests left out)."""

    protected: tuple[str, ...] = ()
    most_files: int = 8
    most_lines: int = 150
    most_test_lines: int = 400
