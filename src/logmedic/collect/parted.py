"""An event that a rotation has parted: its beginning at the end of one file, the rest at the start of the next."""

from __future__ import annotations

import os

from logmedic.collect.events import MAX_BYTES
from logmedic.collect.following import Following
from logmedic.collect.track import Track


class Parted:
    """Looks among the streams of one log for the one before and the one behind. Nothing is read but their edges."""

    def __init__(self, following: Following) -> None:
        self._following = following

    def before(self, track: Track) -> Track | None:
        """The stream with an event held back that the first lines of this one, still unread, continue; or one of which
        nothing was handed over yet, for the same reason: this one comes behind it."""
        earlier = [t for t in self._of_log(track) if t.held[0] >= 0 and t.offset < t.size and t.mtime <= track.mtime]
        found = max(earlier, key=lambda t: t.mtime, default=None)
        if found is None or not self._following.descriptors.open(found):
            return None
        if not found.offset:
            return found
        held = found.read_at(found.size - found.offset, found.offset)
        return found if held.endswith(b"\n") and self.rest(held, track)[0] else None

    def behind(self, track: Track) -> Track | None:
        """The stream that begins after this one ends, of which nothing has been read yet."""
        later = [t for t in self._of_log(track) if t.offset == 0 and t.mtime >= track.mtime]
        found = min(later, key=lambda t: t.mtime, default=None)
        return found if found is not None and self._following.descriptors.open(found) else None

    def ended(self, held: bytes, track: Track) -> bool:
        """Whether the stream behind begins with another event: what ``track`` holds is complete, and comes first."""
        later = self.behind(track)
        if later is None or b"\n" not in later.read_at(MAX_BYTES, 0):
            return False
        return self.rest(held, later)[0] == 0

    def rest(self, held: bytes, later: Track) -> tuple[int, bool]:
        """How many bytes at the beginning of ``later`` belong to the event that is held, and whether more may come."""
        from logmedic.collect.events import joining  # noqa: PLC0415  many patterns, and an idle scan needs none

        size = os.fstat(later.read_fd()).st_size
        data = later.read_at(min(MAX_BYTES, size), 0)
        lines = data[: data.rfind(b"\n") + 1]
        length = joining.continued(held, lines)
        return length, 0 < length == len(lines)

    def _of_log(self, track: Track) -> list[Track]:
        """Other streams of the log whose file is there and can be read at any place."""
        tracks = self._following.tracks.values()
        return [t for t in tracks if t is not track and t.log == track.log and t.key and not (t.done or t.gz)]
