"""What was handed over already, within the stretch of time that may be read again. Bounded, and kept in the state.

Keys are kept in blocks in the order of reading. The newest block grows; a full one is stored once, under one of a fixed
number of names that are used in turn, so that a commit writes little and the state does not grow.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections import deque
from collections.abc import Iterable

import msgspec

BLOCK = 2_048  # keys of one block; 44 kB in the state
_PAIR = struct.Struct(">qQ")  # time, key


class Block(msgspec.Struct):
    """``number`` counts the blocks of a source from its first one on."""

    number: int
    pairs: dict[int, int] = {}  # key → time

    @property
    def latest(self) -> int:
        return max(self.pairs.values(), default=0)

    def packed(self) -> str:
        return base64.b64encode(b"".join(_PAIR.pack(time, key) for key, time in self.pairs.items())).decode()

    @classmethod
    def unpacked(cls, number: int, text: object) -> Block:
        """What is no such text is an empty block: entries may then come twice, but none is lost."""
        try:
            data = base64.b64decode(str(text), validate=True)
            return cls(number, {key: time for time, key in _PAIR.iter_unpack(data)})
        except (binascii.Error, struct.error, ValueError):
            return cls(number)


class Seen:
    """Keys of entries from ``floor`` (ns) on; nothing is known of older ones, so they must not be read again."""

    def __init__(self, most: int, floor: int, blocks: Iterable[Block] = ()) -> None:
        self.floor = floor
        self.slots = most // BLOCK + 2
        self._most = most
        self._blocks = deque(sorted(blocks, key=lambda block: block.number)) or deque([Block(1)])
        self._keys: dict[int, int] = {key: time for block in self._blocks for key, time in block.pairs.items()}

    @property
    def open(self) -> Block:
        return self._blocks[-1]

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, key: int) -> bool:
        return key in self._keys

    def add(self, key: int, time: int, at: int) -> Block | None:
        """Note an entry. Returns the block that is full now and has to be stored, if one is.

        ``at``: from which time on entries are still being read; what was seen there is not forgotten.
        """
        self._keys[key] = time
        full = self._blocks[-1]
        full.pairs[key] = time
        if len(full.pairs) < BLOCK:
            return None
        self._blocks.append(Block(full.number + 1))
        while len(self._keys) > self._most and len(self._blocks) > 1 and self._blocks[0].latest < at:
            self.floor = max(self.floor, self._blocks[0].latest + 1)
            self._drop()
        return full

    def forget(self, before: int) -> None:
        """Raise the floor; drop the blocks that lie below it."""
        self.floor = max(self.floor, before)
        while len(self._blocks) > 1 and self._blocks[0].latest < self.floor:
            self._drop()

    def count(self, after: int, until: int) -> int:
        """How many are known with ``after < time <= until``."""
        return sum(after < time <= until for time in self._keys.values())

    def _drop(self) -> None:
        for key in self._blocks.popleft().pairs:
            self._keys.pop(key, None)
