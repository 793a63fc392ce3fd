"""The constant part of a message: what varies between two occurrences of the same fault becomes ``<num>``, ``<id>``, ….

One pass over the words (:mod:`.masking`). Two messages of one shape (every digit read as ``0``) have the same template
if the places where digits are kept are alike, which is what the cache in front relies on: it stores, by shape, where
those places are.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from logmedic.group import words
from logmedic.group.masking import LONGEST_TEXT, Masking, plain
from logmedic.group.vocabulary import PORTS

__all__ = ["LONGEST_CACHED", "LONGEST_TEXT", "Masking", "Templates"]

CACHED_SHAPES = 8_192
LONGEST_CACHED = 600
_ZEROS = bytes.maketrans(b"123456789", b"0" * 9)


class _Kept(NamedTuple):
    """A shape whose template depends on the digits at some places, and on no others."""

    shape: bytes
    places: tuple[tuple[int, int], ...]
    ports: bool  # whether one of them is that of a port


class Templates:
    """Templates of messages, with a bounded cache. Pure: the cache never changes an answer."""

    def __init__(self) -> None:
        self._shapes: dict[bytes, str | _Kept] = {}
        # The same by shapes in which addresses and long numbers are not yet written alike. They are many: kept apart.
        self._unlike: dict[bytes, str | _Kept] = {}
        self._known: dict[tuple[bytes | str, ...], str] = {}

    def __call__(self, text: str) -> str:
        if len(text) > LONGEST_CACHED:
            return Masking(text).template
        if not text.isascii():
            text = plain(text)
        shape = _shape(text)
        found = self._shapes.get(shape)
        if found is None:
            found = self._unlike.get(shape)
            if found is None:
                text, found = self._learned(text, shape)
        if isinstance(found, str):
            return found
        digits = [text[start:end] for start, end in found.places]
        key: tuple[bytes | str, ...] = (found.shape, *(map(_told, digits) if found.ports else digits))
        template = self._known.get(key)
        if template is None:
            template = Masking(words.alike(text), alike=True).template
            _put(self._known, key, template)
        return template

    def _learned(self, text: str, shape: bytes) -> tuple[str, str | _Kept]:
        """The text with ids written alike, and what is known of its shape from now on."""
        alike, finds = words.rewritten(text)
        common = _shape(alike)
        found = self._shapes.get(common)
        if found is None:
            masking = Masking(alike, alike=True)
            ports = any(alike[start] == ":" for start, _ in masking.kept)
            found = _Kept(common, tuple(masking.kept), ports) if masking.kept else masking.template
            _put(self._shapes, common, found)
        if common != shape and all(find[0].replace(".", "").isdecimal() for find in finds):
            own = found if isinstance(found, str) else _before(found, finds)
            if own is not None:
                _put(self._unlike, shape, own)
        return alike, found


def _told(kept: str) -> str:
    """What the digits of one place say: all ports of clients say the same, and would fill the cache."""
    return ":" if kept[:1] == ":" and kept[1:].isdecimal() and kept[1:] not in PORTS else kept


def _before(kept: _Kept, finds: list[re.Match[str]]) -> _Kept | None:
    """The places as they are in the text before ``finds`` were rewritten; ``None`` where one was rewritten itself."""
    places = []
    for start, end in kept.places:
        grown = 0  # characters by which what stands before became longer
        for find in finds:
            at, length = find.start() + grown, len(words.one_of_its_kind(find))
            if at >= end:
                break
            if at + length > start:
                return None
            grown += length - len(find[0])
        places.append((start - grown, end - grown))
    return _Kept(kept.shape, tuple(places), kept.ports)


def _put(cache: dict[Any, Any], key: object, value: object) -> None:
    if len(cache) >= CACHED_SHAPES:
        cache.clear()
    cache[key] = value


def _shape(text: str) -> bytes:
    """The text with every digit read as ``0``. As bytes: their translation takes a twentieth of the time."""
    return text.encode("utf-8", "surrogatepass").translate(_ZEROS)
