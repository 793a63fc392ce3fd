"""Which stream is in which file now: follow by name and content over every way of rotating a log."""

# Names stay text here: a Path for each one would cost more than the look itself.
# ruff: noqa: PTH116, PTH119, PTH120

from __future__ import annotations

import os
from collections.abc import Iterable

import msgspec

from logmedic.collect.comparing import Stranger, opened
from logmedic.collect.departed import departed
from logmedic.collect.descriptors import Descriptors
from logmedic.collect.identity import (
    Key,
    continues,
    is_gz,
    kept_prefix,
    log_of,
    looks_rotated,
    related,
)
from logmedic.collect.interface import Position
from logmedic.collect.shares import Share
from logmedic.collect.survey import Seen, excluded, live_first, siblings, survey
from logmedic.collect.track import Track, restored, shown
from logmedic.doors import Clock

MISSING_FOR = 60.0  # seconds that a file may be away (a network file system blinks) before it is given up
_LOOKS = 3
_ALIGN_BYTES = 1 << 20  # how far back a line start is looked for when reading begins at the end


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What following needs to know of the source's configuration; units as there."""

    paths: tuple[str, ...]
    exclude: tuple[str, ...]
    gz: bool
    rotated: bool
    from_start: bool
    rotate_wait: float
    max_open: int
    max_gz_bytes: int
    share: Share | None = None  # None: all that the paths name


class Following:
    """The tracks of one source. ``reconcile`` compares them with what the file system shows."""

    def __init__(self, rules: Rules, clock: Clock) -> None:
        self.tracks: dict[str, Track] = {}
        self.forgotten: list[Track] = []  # taken away by whoever stores positions
        self.seen: list[Seen] = []
        self.suffix = ""  # of the names of new streams
        self.descriptors = Descriptors(rules.max_open)
        self._rules = rules
        self._clock = clock
        self._by_key: dict[Key, list[Track]] = {}
        self._by_name: dict[str, list[Track]] = {}  # log name → streams; made when first asked for in a look
        self._latest: dict[tuple[str, str], int] = {}  # (folder, log name) → newest mtime of its streams, ns
        self._followed_since: dict[tuple[str, str], int] = {}  # the same, at the first look
        self._first = True  # nothing was ever read
        self._moved = True  # names may have come or gone during the last look
        self._folders: dict[str, int] = {}  # folder → its mtime (ns) at the last look

    def restore(self, positions: Iterable[Position]) -> None:
        self.close()
        self.tracks.update((t.stream, t) for t in map(restored, positions) if self._ours(t.path))
        self._first = not self.tracks
        self._moved = True
        self._followed_since = {}
        for track in self.tracks.values():
            since = track.since or track.mtime
            self._followed_since[track.log] = min(since, self._followed_since.get(track.log, since))

    def close(self) -> None:
        for track in self.tracks.values():
            track.close()
        self.tracks, self.forgotten = {}, []

    def reconcile(self) -> None:
        """Bring the tracks up to date; afterwards every stream that is there has its file, and new files a stream.

        Names that moved during the look may have been missed, and then a later part would be read before an earlier
        one; so the look is taken again when something had moved.
        """
        moved = self._folders_changed() or self._moved
        for _ in range(_LOOKS):
            self._look(moved)
            moved = self._folders_changed()
            if not moved:
                break
        self._moved = moved

    def _look(self, moved: bool) -> None:
        """Once. ``moved``: names came or went since the look before."""
        rules = self._rules
        self.seen = [s for s in survey(rules.paths, rules.exclude, gz=rules.gz) if self._ours(s.path)]
        self._by_key = {}
        self._by_name = {}
        for track in self.tracks.values():
            track.present = False
            if track.key is not None:
                self._by_key.setdefault(track.key, []).append(track)
        strangers = [s for s in self.seen if not self._claim(s)]
        away = [t for t in self.tracks.values() if not t.done and not t.present]
        for track in away:
            if track.fd is not None and not intact(track):
                self.displace(track)  # truncated while no name led to it
        beside: list[Seen] = []
        if rules.rotated and self.tracks and (moved or strangers or away):
            beside = self._beside()
        outside = {s.key for s in beside}
        for seen in sorted([*strangers, *beside], key=live_first):
            # A part that no glob names is read only when it was written to since its log has been followed.
            since = self._followed_since.get(log_of(seen.path), seen.mtime + 1)
            self._place(seen, begin=seen.key not in outside or seen.mtime >= since)
        self._expire()
        if moved and self.seen:  # not while all files are away, as on a file system that is not mounted
            self._forget()
        self._latest = self._newest_by_log()
        self._followed_since = {log: self._followed_since.get(log, since) for log, since in self._latest.items()}
        for track in self.tracks.values():
            track.since = track.since or self._followed_since[track.log]
        self._first = False

    def ready(self) -> list[Track]:
        """The streams that can be read, oldest first."""
        readable = (t for t in self.tracks.values() if not t.done and (t.present or t.fd is not None))
        return sorted(readable, key=lambda t: (t.mtime, t.present and not looks_rotated(t.path), t.path))

    def finished(self, track: Track) -> bool:
        """Whether nobody should write to it any more: no name leads to it, or a newer file took its log's name."""
        if not track.present:
            return True
        return looks_rotated(track.path) and track.mtime < self._latest.get(track.log, 0)

    def displace(self, track: Track) -> None:
        """Its bytes are no longer in its file (truncated, or replaced): somewhere else there may be a copy."""
        track.close()
        track.key = None
        track.present = False
        track.scanned = 0
        if not track.done:
            self._give_up_later(track, self._rules.rotate_wait)

    def _ours(self, path: str) -> bool:
        return self._rules.share is None or self._rules.share.holds(path)

    # -- the steps of reconcile ------------------------------------------------------------------------------------

    def _claim(self, seen: Seen) -> bool:
        """Give a file to the stream that is known to be in it. ``False``: no stream is."""
        claimed = False
        for track in sorted(self._by_key.get(seen.key, ()), key=lambda t: (t.done, -t.mtime)):
            if claimed or not self._still_in(track, seen):
                self.displace(track)
                continue
            if track.done and seen.stamp != track.stamp and (track.gz or seen.size > track.offset):
                track.done = False  # somebody still writes to it
            if not track.gz:
                track.lose(track.size - max(seen.size, track.offset), self._clock.now())
            track.reset_to(seen)
            claimed = True
        return claimed

    def _still_in(self, track: Track, seen: Seen) -> bool:
        if track.key is None or is_gz(seen.path) != track.gz:
            return False
        if track.offset == 0 and track.fd is None:  # nothing to compare, and inodes are reused
            return False
        if seen.stamp == track.stamp:
            return True
        if track.gz:
            with opened(seen, self._rules.max_gz_bytes) as stranger:
                return stranger is not None and stranger.holds(track)
        if seen.size < track.offset:
            return False
        # One that cannot be opened for now stays what it was known to be.
        return not self.descriptors.open(track, seen.path) or continues(track.known, track.read_at)

    def _folders_changed(self) -> bool:
        """Whether a name came or went: a log may have been rotated although its own file looks as before."""
        folders = {os.path.dirname(path) for path in [*(s.path for s in self.seen), *self._rules.paths]}
        before, self._folders = self._folders, {folder: _mtime(folder) for folder in folders}
        return self._folders != before

    def _beside(self) -> list[Seen]:
        """Rotated parts that no glob names, and that no known stream is in."""
        rules = self._rules
        named = {s.key for s in self.seen}
        paths = {s.path for s in self.seen} | {t.path for t in self.tracks.values() if t.path}
        found = siblings(paths, gz=rules.gz)
        return [s for s in found if s.key not in named and not excluded(s.path, rules.exclude) and not self._claim(s)]

    def _place(self, seen: Seen, *, begin: bool) -> None:
        """Find the stream of a file that none is known to be in: a copy of a known one, or a new one."""
        with opened(seen, self._rules.max_gz_bytes) as stranger:
            if stranger is None:
                if begin:
                    self._waiting(seen).problem = _why_closed(seen.path)
                return
            if stranger.empty and looks_rotated(seen.path):
                return  # a copy that has just been begun; or nothing to read anyway
            for track in self._relatives(seen):
                held = track.present or track.fd is not None
                if (held or track.done) and not looks_rotated(seen.path):
                    continue  # a new file under the log's own name is new, whatever it begins with
                if held and self._may_be_copy(stranger, track):
                    return  # rotation is at work: the stream is read where it is until that file is gone
                if not held and stranger.holds(track):
                    self._adopt(track, stranger)
                    return
            if begin and stranger.unsettled:
                self._waiting(seen).problem = f"{seen.path}: {stranger.unsettled}"
            elif begin:
                self._begin(seen, gz=stranger.gz)

    def _may_be_copy(self, stranger: Stranger, track: Track) -> bool:
        """Also when the track's file has just been moved or cut, so that only the next look can tell."""
        if track.gz:
            return False
        return not self.descriptors.open(track) or stranger.copies(track) or not intact(track)

    def _of_log(self, path: str) -> list[Track]:
        """Streams of logs of this name, in any folder."""
        if not self._by_name:
            for track in self.tracks.values():
                self._by_name.setdefault(track.log[1], []).append(track)
        return self._by_name.setdefault(log_of(path)[1], [])

    def _relatives(self, seen: Seen) -> list[Track]:
        found = [
            t
            for t in self._of_log(seen.path)
            if (t.offset or t.fd is not None)
            and seen.key not in t.mismatched
            and t.key != seen.key
            and related(seen.path, t.path)
        ]
        return sorted(found, key=lambda t: (t.present or t.fd is not None, -t.offset))

    def _adopt(self, track: Track, stranger: Stranger) -> None:
        track.close()
        track.reset_to(stranger.seen)
        track.gz = stranger.gz
        track.done = track.done and stranger.ends_at(track.offset)
        track.stamp = stranger.seen.stamp if track.done else (-1, -1)

    def _begin(self, seen: Seen, *, gz: bool) -> None:
        track = self._waiting(seen)
        track.reset_to(seen)
        track.stamp = (-1, -1)
        track.gz = gz
        track.done = False
        track.grew_at = self._clock.monotonic()
        skip_all = self._first and not self._rules.from_start
        if gz:
            track.done = skip_all
            return
        if not self.descriptors.open(track):
            return
        start = _line_start(track, seen.size) if skip_all else self._already_read(track)
        if start:
            track.consume(start, track.read_at)

    def _waiting(self, seen: Seen) -> Track:
        """A stream whose beginning waits until its file can be read."""
        track = self._unread(seen.path) or self._new(seen.path)
        track.problem = ""
        return track

    def _new(self, path: str) -> Track:
        name = shown(os.path.basename(path))[:80]
        track = Track(f"{name}~{os.urandom(8).hex()}{self.suffix}", path, None)
        self.tracks[track.stream] = track
        self._of_log(path).append(track)
        return track

    def _unread(self, path: str) -> Track | None:
        """A stream known by this name, of which nothing was ever consumed, so that any beginning is its own."""
        return next((t for t in self._of_log(path) if t.key is None and t.offset == 0 and t.path == path), None)

    def _already_read(self, track: Track) -> int:
        """How many bytes at the beginning of a new file were read before, in a stream that has been cut short."""
        cut = (t for t in self._of_log(track.path) if t.key is None and not t.done and related(track.path, t.path))
        return max((kept_prefix(t.known, t.head, track.read_at) for t in cut), default=0)

    def _expire(self) -> None:
        now = self._clock.monotonic()
        for track in self.tracks.values():
            if track.done or track.present or track.fd is not None:
                track.stays()
                continue
            if track.expires is None:
                self._give_up_later(track, max(MISSING_FOR, self._rules.rotate_wait))
            if track.expires is not None and track.expires <= now:
                track.give_up(self._clock.now())

    def _forget(self) -> None:
        for track in departed(self.tracks.values(), self._clock.now()):
            del self.tracks[track.stream]
            track.forgotten = True
            self.forgotten.append(track)

    def _give_up_later(self, track: Track, seconds: float) -> None:
        """In so many seconds, those counted for which it was away from processes before this one."""
        waited = track.away(self._clock.now())
        track.expires = self._clock.monotonic() + max(0.0, seconds - waited)

    def _newest_by_log(self) -> dict[tuple[str, str], int]:
        newest: dict[tuple[str, str], int] = {}
        for track in self.tracks.values():
            newest[track.log] = max(newest.get(track.log, 0), track.mtime)
        return newest


def intact(track: Track) -> bool:
    """Whether the open file still has what was consumed."""
    return os.fstat(track.read_fd()).st_size >= track.offset and (track.gz or continues(track.known, track.read_at))


def _why_closed(path: str) -> str:
    """Why a file cannot be opened; nothing when it can, and was merely replaced between two calls."""
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK))
    except OSError as error:
        return f"{path}: {error.strerror}"
    return ""


def _mtime(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


def _line_start(track: Track, size: int) -> int:
    """The start of the last, unfinished line before ``size``; ``size`` itself when that line is very long."""
    start = max(0, size - _ALIGN_BYTES)
    newline = track.read_at(size - start, start).rfind(b"\n")
    if newline >= 0:
        return start + newline + 1
    return 0 if start == 0 else size
