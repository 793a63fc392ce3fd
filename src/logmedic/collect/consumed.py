"""The bytes that are being handed over, as they were read: the file may have been truncated since."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from logmedic.collect.blocks import Block
from logmedic.collect.identity import ReadAt
from logmedic.collect.track import Track

Piece = tuple[int, bytes | memoryview]
"""Offset in the stream, and the bytes that stand there."""


def as_read(track: Track, block: Block, read: ReadAt, raw: Sequence[Piece] | None = None) -> ReadAt:
    """Reads from memory what the fingerprint up to the block's end is made of, and with ``read`` what is not there.

    ``raw``: the block's bytes as they stand in the file, where they are not those of its data.
    """
    pieces: list[Piece] = [(0, track.head), (block.start - len(track.tail), track.tail)]
    if block.start != track.offset:  # NUL bytes in between
        pieces.pop()
    if raw is not None:
        pieces.extend(raw)
    elif not block.truncated:
        pieces.append((block.start, block.data))

    def read_at(length: int, offset: int) -> bytes:
        found = b""
        while len(found) < length:
            more = _part(pieces, offset + len(found), length - len(found))
            if not more:
                return found + read(length - len(found), offset + len(found))
            found += more
        return found

    return read_at


def _part(pieces: Iterable[Piece], at: int, length: int) -> bytes:
    """Some of the bytes from ``at`` on; none when no piece has them."""
    for start, data in pieces:
        if start <= at < start + len(data):
            return bytes(data[at - start : at - start + length])
    return b""
