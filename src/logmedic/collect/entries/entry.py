"""One line in a store of entries."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Entry(msgspec.Struct, frozen=True):
    """One line, or several, with what the store knows of it."""

    time: int  # ns
    line: str
    labels: Mapping[str, str]  # of its stream
    metadata: Mapping[str, str]  # of this line alone
    key: int  # 64 bits that stand for this entry: the same one always has the same
