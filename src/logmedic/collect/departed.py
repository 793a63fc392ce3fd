"""Which streams need not be told from new ones any more, so that a process does not hold all that there ever were."""

from __future__ import annotations

from collections.abc import Iterable

from logmedic.collect.track import Track
from logmedic.model import NANOSECONDS

FORGET_AFTER = 72 * 3600 * NANOSECONDS  # longer than a weekend on which a network file system is away


def departed(tracks: Iterable[Track], now: int) -> list[Track]:
    """Those that ended and whose file has been gone for ``FORGET_AFTER``; of the others, notes since when it has been.

    ``now``: ns on the wall clock, as a restart must not begin the wait anew. Ask only when every name that a stream
    may have was looked at. Until then the file may come back under another name, compressed say.
    """
    found = []
    for track in tracks:
        if not track.done or track.present or track.fd is not None:
            track.gone = 0
        elif not 0 < track.gone <= now:  # a clock that was set back begins anew
            track.gone = now
        elif now - track.gone >= FORGET_AFTER:
            found.append(track)
    return found
