"""How far a store of entries has been read, as positions that are stored with what came of the entries."""

from __future__ import annotations

from collections.abc import Sequence

from logmedic.collect.entries.entry import Entry
from logmedic.collect.entries.lines import Line
from logmedic.collect.entries.seen import Block, Seen
from logmedic.collect.interface import Position

CURSOR = "cursor"  # stream of the position that says how far time has been read …
SEEN = "seen-"  # … and, with a number, of those that keep what was read within the overlap


class Cursor:
    """A time, and what was seen near it. ``at``: ns, all that the store had before it has been handed over."""

    def __init__(self, source: str, at: int, seen: Seen, offset: int = 0, suffix: str = "") -> None:
        self.source = source
        self.at = at
        self.seen = seen
        self.offset = offset  # bytes of lines handed over since the first run
        self.stored_at: int | None = None  # the time of the last position that went out
        self._suffix = suffix

    @classmethod
    def stored(cls, source: str, positions: Sequence[Position], most: int, suffix: str = "") -> Cursor | None:
        """As it stands in the store. ``None``: nothing was ever read. ``most``: entries to remember.

        ``suffix``: ``@`` and a name, where one source has several cursors, each with what it read.
        """
        own = [p for p in positions if p.source == source and p.stream.partition("@")[2] == suffix[1:]]
        cursor = next((p for p in own if p.stream == CURSOR + suffix), None)
        if cursor is None or _whole(cursor, "at") <= 0:
            return None
        number = _whole(cursor, "block")
        # The cursor keeps the newest block itself.
        blocks = {n: Block.unpacked(n, p.token.get("keys")) for p in own if 0 < (n := _whole(p, "block")) <= number}
        blocks[number] = Block.unpacked(number, cursor.token.get("keys"))
        found = cls(
            source, _whole(cursor, "at"), Seen(most, _whole(cursor, "floor"), blocks.values()), cursor.offset, suffix
        )
        found.stored_at = found.at
        return found

    def fresh(self, entry: Entry) -> bool:
        """Whether it was not handed over yet, as far as is known."""
        return entry.key not in self.seen and entry.time >= self.seen.floor

    def handed(self, lines: Sequence[Line], end: int) -> tuple[Position, Position | None]:
        """Note lines that go out, up to ``end`` bytes: the position behind them, and a block that is full now."""
        full: Block | None = None
        for line in lines:
            full = self.seen.add(line.entry.key, line.entry.time, self.at) or full
        self.offset = end
        return self.position(), None if full is None else self._kept(full)

    def position(self) -> Position:
        self.stored_at = self.at
        block = self.seen.open
        token = {"at": self.at, "floor": self.seen.floor, "block": block.number, "keys": block.packed()}
        return Position(self.source, CURSOR + self._suffix, self.offset, token)

    def _kept(self, block: Block) -> Position:
        token = {"block": block.number, "keys": block.packed()}
        return Position(self.source, f"{SEEN}{block.number % self.seen.slots}{self._suffix}", block.number, token)


def _whole(position: Position, key: str) -> int:
    """A number of a token; 0 when it is none."""
    value = position.token.get(key)
    return value if isinstance(value, int) else 0
