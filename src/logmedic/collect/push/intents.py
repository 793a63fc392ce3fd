"""What was about to be written to a file of the spool, noted beside it before: so that a crash leaves no doubt.

A batch is known by its digest. After a crash the sizes of the notes and of the file tell how much of each batch is
there; when its sender tries again, only the rest is written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

_DIGEST_BYTES = 16  # two batches of 2**64 share a digest by chance


class Intent(msgspec.Struct, frozen=True, array_like=True):
    """Bytes of one batch that are to be appended: from byte ``skip`` of the batch on, at ``start`` of the file."""

    at: int  # ns
    digest: str  # empty: the end of a half line, which belongs to no batch
    start: int
    length: int
    skip: int = 0


class Standing(msgspec.Struct, frozen=True):
    """How much of a batch is in a file."""

    intent: Intent
    segment: int  # number of the file
    present: int  # bytes of it that are there

    @property
    def whole(self) -> bool:
        return self.present == self.intent.length


_DECODER = msgspec.json.Decoder(Intent)  # made before there are threads; see ``store.rows``
_encode = msgspec.json.Encoder().encode


def digest(*parts: bytes) -> str:
    """What a batch is known by."""
    made = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    for part in parts:
        made.update(len(part).to_bytes(8, "big"))
        made.update(part)
    return made.hexdigest()


def encode(intents: Iterable[Intent]) -> bytes:
    return b"".join(_encode(intent) + b"\n" for intent in intents)


def read(path: Path) -> list[Intent]:
    """Those in a file; what a crash left of the last one is not among them. Raises ``OSError``."""
    found = []
    for line in path.read_bytes().split(b"\n"):
        try:
            found.append(_DECODER.decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue  # half a line: nothing of its batch was written yet
    return found


def standings(intents: Sequence[Intent], segment: int, size: int) -> list[Standing]:
    """How much of each batch a file of ``size`` bytes holds: each ends where the next one begins."""
    found = []
    end = size
    for intent in reversed(intents):
        present = min(max(end - intent.start, 0), intent.length)
        found.append(Standing(intent, segment, present))
        end = min(end, intent.start)
    return found[::-1]
