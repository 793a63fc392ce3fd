"""How far one partition has been read, as a position that is stored with what came of its messages.

A position's ``offset`` counts bytes handed over, as for every source, and grows with each batch; its token says where
in Kafka that is. Lines of several services go out in several batches, between which a process may die: what of the
messages behind ``next`` has gone out is in the token too.
"""

from __future__ import annotations

from collections.abc import Sequence

from logmedic.collect.entries.lines import Line
from logmedic.collect.interface import Position
from logmedic.collect.kafka.client import Key, Message


class Partition:
    """``next``: the offset before which all was handed over; ``ahead``: offsets behind it that were, too."""

    def __init__(self, source: str, key: Key, begin: int) -> None:
        self.source = source
        self.key = key
        self.next = begin
        self.ahead: set[int] = set()
        self.handed_bytes = 0
        self.at = 0  # ns: the time of the newest message handed over
        self.high = begin  # behind the newest message, as far as is known
        self.lost = 0  # messages that had gone before they were read, since the first run
        self.lost_at = 0  # ns: when that was found last
        self._end = begin  # behind the last message of those that are going out
        self._open: set[int] = set()  # offsets of these that have not gone out

    @classmethod
    def stored(cls, position: Position) -> Partition | None:
        """As it stands in the store; ``None``: that is no position of a partition."""
        topic, _, number = position.stream.rpartition("/")
        if not topic or not number.isdigit() or _whole(position, "next") < 0:
            return None
        found = cls(position.source, (topic, int(number)), _whole(position, "next"))
        found.handed_bytes = position.offset
        ahead = position.token.get("ahead", [])
        found.ahead = {found.next + n for n in ahead if isinstance(n, int) and n >= 0}
        found.at = max(0, _whole(position, "at"))
        found.high = max(found.next, _whole(position, "high"))
        found.lost, found.lost_at = max(0, _whole(position, "lost")), max(0, _whole(position, "lost_at"))
        return found

    @property
    def stream(self) -> str:
        return f"{self.key[0]}/{self.key[1]}"

    def fresh(self, messages: Sequence[Message]) -> list[Message]:
        """Those that were not handed over, each once and without tombstones; they are to go out now, all of them."""
        new = {m.offset: m for m in messages if m.offset >= self.next and m.offset not in self.ahead}
        self._end = max((m.offset + 1 for m in messages), default=self.next)
        found = [message for message in new.values() if message.value is not None]
        self._open = {message.offset for message in found}
        if not found:
            self._reach()
        return found

    def handed(self, lines: Sequence[Line], end: int) -> tuple[Position, None]:
        """Note lines that go out, up to ``end`` bytes: the position behind them."""
        for line in lines:
            self._open.discard(line.entry.key)
            self.ahead.add(line.entry.key)
            self.at = max(self.at, line.entry.time)
        self.handed_bytes = end
        if not self._open:
            self._reach()
        return self.position(), None

    def reached(self, end: int) -> None:
        """Nothing follows before ``end``: what stands there instead are markers of transactions, or gaps."""
        self._end = end
        self.high = max(self.high, end)
        self._reach()

    def skip(self, low: int, now: int) -> int:
        """Go on at ``low``, before which Kafka has nothing any more. Returns how many messages that loses, at most."""
        ahead = sum(self.next <= offset < low for offset in self.ahead)
        lost = low - self.next - ahead
        self.next = low
        self.ahead = {offset for offset in self.ahead if offset >= low}
        self.lost += lost
        self.lost_at = now
        return lost

    def again(self, low: int) -> None:
        """The topic was made anew: begin at its oldest message."""
        self.next = low
        self.ahead = set()

    def position(self) -> Position:
        token: dict[str, object] = {"next": self.next, "high": max(self.high, self.next), "at": self.at}
        if self.ahead:
            token["ahead"] = sorted(offset - self.next for offset in self.ahead)
        if self.lost_at:
            token |= {"lost": self.lost, "lost_at": self.lost_at}
        return Position(self.source, self.stream, self.handed_bytes, token)

    def _reach(self) -> None:
        self.next = max(self.next, self._end)
        self.ahead = {offset for offset in self.ahead if offset >= self.next}


def _whole(position: Position, key: str) -> int:
    """A number of a token; -1 when it is none."""
    value = position.token.get(key)
    return value if isinstance(value, int) else -1
