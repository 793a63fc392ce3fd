"""Log files: followed by name and content, read by position."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from logmedic.collect.blocks import Buffer
from logmedic.collect.following import Following, Rules
from logmedic.collect.interface import Backlog, Batch, Position
from logmedic.collect.lookup import Limits, Lookup
from logmedic.collect.ranges import Range, split
from logmedic.collect.reading import Reader, Reading
from logmedic.collect.shares import Share, check, share
from logmedic.collect.survey import folders
from logmedic.collect.track import Track, shown
from logmedic.collect.wakeups import Wakeups, wakeups
from logmedic.doors import Clock
from logmedic.errors import ConfigError
from logmedic.model import LogRecord, Ref

RECONCILE_EVERY = 1.0  # seconds between full looks at the file system, whatever the notifications say


class FileSourceConfig(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="file"
):
    """Log files of a host (``kind = "file"``)."""

    name: str = "files"
    """What positions and references are stored under; do not change it once lines have been read."""
    paths: list[str] = msgspec.field(default_factory=lambda: ["logs/*.log"])
    """Files or globs; `**` is any depth of folders. Each file is read once, whatever leads to it."""
    exclude: list[str] = []
    """Globs of files to leave out, matched against the whole path and against the name alone."""
    dialect: str = "auto"
    """Layout of the records; "auto" looks at the first lines of each file."""
    service: str = ""
    """Service of records that name none."""
    from_start: bool = True
    """Whether files found on the very first run are read from their beginning; later ones always are."""
    rotated: bool = True
    """Whether rotated parts that no glob names (app.log.1 beside app.log) are read to complete what was followed."""
    gz: bool = True
    """Whether compressed parts (*.gz) are read. Of a part known from before only the unread remainder is handed on."""
    rotate_wait: float = 30.0
    """Seconds that a rotated or deleted file must be quiet before it is given up."""
    flush_partial_after: float = 30.0
    """Seconds after which a last line without a line end is handed on, in rotated files only."""
    multiline: Literal["auto", "off"] = "auto"
    """Whether lines of plain text that belong together (a stack trace) are one event; "off" takes each by itself."""
    multiline_timeout: float = 1.0
    """Seconds of silence after which the last event of a file is taken for complete."""
    block_bytes: int = 256 * 1024
    """Bytes read at a time."""
    max_line_bytes: int = 1024 * 1024
    """Longer lines are cut and marked."""
    max_gz_bytes: int = 16 * 1024**3
    """Most bytes that one compressed part may hold; against archives made to explode."""
    shards: int = 1
    """Parts, at most 64, in which the logs are shared out among the processes on one PostgreSQL store."""
    max_open_files: int = 512
    """Descriptors kept; at most half of what the process may open."""
    search_bytes: int = 256 * 1024**2
    """Most bytes read to answer one question for evidence, newest first."""
    search_seconds: float = 5.0
    """Longest time spent on one question for evidence."""


class FileStatus(msgspec.Struct, frozen=True):
    """Figures for people and metrics."""

    streams: int
    open_files: int
    lag_bytes: int  # written and not yet read, of files that are there (compressed parts not counted)
    bytes_read: int
    bytes_unread_lost: int  # known to have been deleted or overwritten before they were read
    nul_bytes_skipped: int
    lines_truncated: int
    last_error: str  # why something cannot be read now; empty when all is well


class FileSource:
    """Follows log files over rename, create, copytruncate, truncate, symlink swap and compression.

    Each complete line is handed over exactly once per chain of stored positions; a batch may carry no lines at all,
    only a position to store (a rename, an end, a look in vain). What cannot be known is documented in ``docs``:
    two truncations between two looks leave no trace of the lines between them.
    """

    def __init__(self, name: str, config: FileSourceConfig, clock: Clock, shard: int = 0) -> None:
        """``shard``: read only this part of the logs, of ``config.shards``; 0: all of them.

        Raises:
            ConfigError: limits that cannot work.
        """
        if config.block_bytes < 1 or config.max_line_bytes < 1:
            raise ConfigError(f"source {name}: `block_bytes` and `max_line_bytes` must be at least 1")
        if not config.paths:
            raise ConfigError(f"source {name}: `paths` names no file")
        check(name, config.shards, from_start=config.from_start)
        of = share(shard, config.shards, config.paths) if shard else None
        self.name = name
        self._part = of.part if of else ""
        self.ended = False
        self.config = config
        self._clock = clock
        self._following = Following(_rules(config, of), clock)
        self._buffer = Buffer(config.block_bytes, config.max_line_bytes)
        self._reader = Reader(_reading(name, config), self._buffer, self._following, clock)
        self._lookup = Lookup(_limits(name, config), self._following, clock)
        self._wakeups: Wakeups | None = None
        self._rewatch = True
        self._touched: set[str] | None = None  # paths to look at; None: everything
        self._looked_at = float("-inf")
        self._reading = False

    @property
    def part(self) -> str:
        return self._part

    def resume(self, positions: Sequence[Position]) -> None:
        """Take up where the stored positions say. May be called again, to go back to them after a failure."""
        self._following.restore(p for p in positions if p.source == self.name)
        self._touched = None

    def read(self) -> Iterator[Batch]:
        """What is there now, oldest file first. After a ``wait`` only the files that it heard of."""
        self._reading = True
        try:
            yield from self._read()
        finally:
            self._reading = False

    def _read(self) -> Iterator[Batch]:
        following = self._following
        touched, self._touched = self._touched, None
        if touched is not None and self._clock.monotonic() - self._looked_at < RECONCILE_EVERY:
            tracks = [t for t in following.ready() if t.path in touched]
            for track in tracks:
                yield from self._reader.drain(track)
            if all(t.key is not None for t in tracks):
                yield from self._notices()
                return
        for _ in range(2):  # once more when a file turned out to be truncated meanwhile: its bytes may be in a copy
            tracks = self._look()
            for track in tracks:
                yield from self._reader.drain(track)
            if all(t.key is not None for t in tracks):
                break
        yield from self._notices()

    def ranges(self, min_bytes: int = 64 << 20, chunk_bytes: int = 16 << 20) -> Iterator[Range]:
        """Cut a backlog of at least ``min_bytes`` into ranges of whole lines for worker processes.

        In order, oldest file first; each range counts as handed over when the next one is asked for, just like a
        batch, and its ``position`` is what to commit after all of it. Nothing comes where the backlog is smaller,
        compressed, or cannot be shared (no ``/proc``): ``read`` then does the work, as it does for what remains.
        """
        for track in self._look():
            yield from split(
                track,
                self._reader,
                self._following,
                max_line_bytes=self.config.max_line_bytes,
                min_bytes=min_bytes,
                chunk_bytes=chunk_bytes,
                joins=self.config.multiline == "auto",
            )

    def wait(self, timeout: float) -> bool:
        """Sleep until a followed file or its folder changes. A notification that was missed is made up for by the next
        full look, so call with at most about a second."""
        if self._wakeups is None:
            self._wakeups = wakeups(self._clock)
        if self._rewatch:
            self._rewatch = False
            following = self._following
            paths = {s.path for s in following.seen} | {t.path for t in following.ready()}
            if self._wakeups.watch(folders(self.config.paths, paths), paths):
                return True
        touched = self._wakeups.wait(timeout)
        self._touched = touched or None
        return touched is None or bool(touched)

    def settles_in(self) -> float:
        """Seconds until an event that may go on at the end of a file counts as complete; 0 when none is held back."""
        return max((self._reader.settles_in(track) for track in self._following.tracks.values()), default=0.0)

    def around(self, ref: Ref, before: int, after: int) -> list[LogRecord]:
        """The record at ``ref`` with up to so many neighbours, also from rotated and compressed parts."""
        self._refresh()
        return self._lookup.around(ref, before, after)

    def by_request(self, request_id: str, since: int, until: int, limit: int = 200) -> list[LogRecord]:
        """Lines that carry this id between two times (ns); bounded by ``search_bytes`` and ``search_seconds``."""
        self._refresh()
        return self._lookup.by_request(request_id, since, until, limit)

    def status(self) -> FileStatus:
        """Figures as of the last ``read``."""
        tracks = self._following.tracks.values()
        counters = self._reader.counters
        problems = [t.problem for t in tracks if t.problem]
        return FileStatus(
            streams=sum(not t.done for t in tracks),
            open_files=sum(t.fd is not None for t in tracks),
            lag_bytes=sum(max(0, t.size - t.offset) for t in tracks if not (t.done or t.gz or t.key is None)),
            bytes_read=counters.bytes_read,
            bytes_unread_lost=sum(t.lost for t in tracks),
            nul_bytes_skipped=counters.nul_bytes,
            lines_truncated=counters.truncated_lines,
            last_error=shown(problems[0]) if problems else "",
        )

    def backlog(self) -> Backlog:
        """Looks at the file system again; compressed parts do not count."""
        self._refresh()
        status = self.status()
        return Backlog(bytes=status.lag_bytes, problem=status.last_error)

    def close(self) -> None:
        self._following.close()
        if self._wakeups is not None:
            self._wakeups.close()
            self._wakeups = None

    def _look(self) -> list[Track]:
        self._looked_at = self._clock.monotonic()
        self._rewatch = True
        for track in self._following.tracks.values():
            track.pinned = False
        self._following.reconcile()
        return self._following.ready()

    def _refresh(self) -> None:
        """Learn where the files are now, unless a batch is out: then the files that are open must stay so."""
        if not self._reading and self._clock.monotonic() - self._looked_at >= RECONCILE_EVERY:
            self._look()

    def _notices(self) -> Iterator[Batch]:
        """Positions that changed without a line."""
        while self._following.forgotten:
            track = self._following.forgotten.pop()
            if track.handed is not None:  # else it was never stored
                yield self._reader.notice(track)
        for track in list(self._following.tracks.values()):
            worth_it = track.offset or track.stamp[0] > 0 or track.handed is not None
            if worth_it and track.handed != track.summary():
                yield self._reader.notice(track)


def _rules(config: FileSourceConfig, of: Share | None) -> Rules:
    return Rules(
        paths=tuple(config.paths),
        exclude=tuple(config.exclude),
        gz=config.gz,
        rotated=config.rotated,
        from_start=config.from_start,
        rotate_wait=config.rotate_wait,
        max_open=max(1, config.max_open_files // config.shards) if of else config.max_open_files,
        max_gz_bytes=config.max_gz_bytes,
        share=of,
    )


def _reading(name: str, config: FileSourceConfig) -> Reading:
    return Reading(
        source=name,
        dialect=config.dialect,
        service=config.service,
        rotate_wait=config.rotate_wait,
        flush_partial_after=config.flush_partial_after,
        max_gz_bytes=config.max_gz_bytes,
        multiline=config.multiline == "auto",
        multiline_timeout=config.multiline_timeout,
    )


def _limits(name: str, config: FileSourceConfig) -> Limits:
    return Limits(
        source=name,
        dialect=config.dialect,
        service=config.service,
        max_line_bytes=config.max_line_bytes,
        max_gz_bytes=config.max_gz_bytes,
        search_bytes=config.search_bytes,
        search_seconds=config.search_seconds,
        multiline=config.multiline == "auto",
    )
