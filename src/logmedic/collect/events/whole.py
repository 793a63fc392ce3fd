"""Blocks that end where an event ends: what may go on in the next block is held back and put in front of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from logmedic.collect.blocks import Block

_PEEK = 2_048  # bytes at the end of a block that its last line is looked for in


class WholeEvents:
    """Cuts one pass over a stream. ``held`` are the bytes at its end that were not handed over."""

    def __init__(self, *, joins: bool) -> None:
        """``joins``: ``False`` lets everything through as it is (``multiline = "off"``)."""
        self.held = b""
        self.joins = joins
        self._start = 0  # offset of what is held
        self._end = 0

    def blocks(self, blocks: Iterable[Block], complete: Callable[[], bool]) -> Iterator[Block]:
        """``complete`` is asked when nothing more is there: whether what is held is to be handed over all the same.

        An empty block says that the writer pauses; it is asked then as well. A cut line or a hole ends an event.
        """
        if not self.joins:
            yield from (block for block in blocks if block.data)
            return
        for block in blocks:
            if self.held and (block.truncated or block.start != self._end):
                yield self.release()
            if not block.data:
                if self.held and complete():
                    yield self.release()
            elif block.truncated or (not self.held and _ends_with_object(block.data)):
                yield block
            else:
                yield from self._cut(block)
        if self.held and complete():
            yield self.release()

    def _cut(self, block: Block) -> Iterator[Block]:
        from logmedic.collect.events import joining  # noqa: PLC0415  many patterns, and an idle scan needs none

        data = self.held + bytes(block.data)
        start = self._start if self.held else block.start
        cut = joining.open_from(data)
        if cut == len(data):
            self.held = b""
            yield Block(start, memoryview(data), block.end, {})
            return
        self.held, self._start, self._end = data[cut:], start + cut, block.end
        if cut:
            yield Block(start, memoryview(data)[:cut], start + cut, {})

    def release(self) -> Block:
        """What is held, as complete."""
        held, self.held = self.held, b""
        return Block(self._start, memoryview(held), self._end, {})


def _ends_with_object(data: memoryview) -> bool:
    """Whether the last line is a whole JSON object, so that nothing can continue it. All that pure JSON pays for."""
    tail = bytes(data[-_PEEK:])
    line = tail.rfind(b"\n", 0, -1) + 1
    if not line and len(data) > _PEEK:
        tail = bytes(data)
        line = tail.rfind(b"\n", 0, -1) + 1
    return tail.startswith(b"{", line) and tail[line:].strip() != b"{"
