"""The constant part of a message: what varies between two occurrences of the same fault becomes ``<num>``, ``<id>``, ….

One pass over the words (:mod:`.masking`). Two messages of one shape (every digit read as ``0``) have the same template
if the places where digits are kept are alike, which is what the cache in front relies on: it stores, by shape, where
those places are.
"""

from __future__ import annotations

from logmedic.group import words
from logmedic.group.masking import LONGEST_TEXT, Masking, plain
from logmedic.group.vocabulary import ZEROS

__all__ = ["LONGEST_CACHED", "LONGEST_TEXT", "Masking", "Templates"]

CACHED_SHAPES = 8_192
LONGEST_CACHED = 600


class Templates:
    """Templates of messages, with a bounded cache. Pure: the cache never changes an answer."""

    def __init__(self) -> None:
        # By shape: the template, or where nothing but the digits kept decide between several, the places of those.
        self._shapes: dict[str, str | tuple[tuple[int, int], ...]] = {}
        self._known: dict[tuple[str, ...], str] = {}

    def __call__(self, text: str) -> str:
        if len(text) > LONGEST_CACHED:
            return Masking(text).template
        if not text.isascii():
            text = plain(text)
        shape = text.translate(ZEROS)
        found = self._shapes.get(shape)
        if found is None:
            text = words.alike(text)
            shape = text.translate(ZEROS)
            found = self._shapes.get(shape)
        if isinstance(found, str):
            return found
        return self._by_places(text, shape, found)

    def _by_places(self, text: str, shape: str, places: tuple[tuple[int, int], ...] | None) -> str:
        if places is None:
            masking = Masking(text, alike=True)
            if len(self._shapes) >= CACHED_SHAPES:
                self._shapes.clear()
            self._shapes[shape] = tuple(masking.kept) or masking.template
            return masking.template
        key = (shape, *[text[start:end] for start, end in places])
        template = self._known.get(key)
        if template is None:
            template = Masking(words.alike(text), alike=True).template
            if len(self._known) >= CACHED_SHAPES:
                self._known.clear()
            self._known[key] = template
        return template
