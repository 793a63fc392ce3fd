"""Which logs of a file source belong to which of the parts that it is shared out in."""

# Names stay text here: a Path for each one would cost more than the look itself.
# ruff: noqa: PTH100

from __future__ import annotations

import os
import zlib
from collections.abc import Sequence

import msgspec

from logmedic.collect.identity import log_of
from logmedic.errors import ConfigError

MOST_SHARDS = 64


class Share(msgspec.Struct, frozen=True):
    """One part. A log and its rotated parts always belong to the same one, wherever rotation puts them."""

    number: int  # from 1
    of: int
    by_folder: bool  # whether logs of the same name in different folders may belong to different parts

    def holds(self, path: str) -> bool:
        folder, name = log_of(path)
        text = f"{folder}/{name}" if self.by_folder else name
        return zlib.crc32(os.fsencode(text)) % self.of + 1 == self.number

    @property
    def part(self) -> str:
        return f"@{self.number}/{self.of}"


def share(number: int, of: int, paths: Sequence[str]) -> Share:
    """Where globs reach folders of different depth, a rotated part may stand in a folder below that of its log; then
    only the name decides."""
    patterns = [os.path.abspath(pattern) for pattern in paths]
    level = len({pattern.count("/") for pattern in patterns}) == 1 and not any("**" in p for p in patterns)
    return Share(number, of, by_folder=level)


def check(name: str, shards: int, *, from_start: bool) -> None:
    """Raises :class:`ConfigError`: a source cannot be shared out so."""
    if not 1 <= shards <= MOST_SHARDS:
        raise ConfigError(f"source {name}: `shards` must be 1 to {MOST_SHARDS}")
    if shards > 1 and not from_start:
        # A part that had no file yet could not tell a new one from one that was there on the very first run.
        raise ConfigError(f"source {name}: `shards` needs `from_start = true`; leave one of them out")
