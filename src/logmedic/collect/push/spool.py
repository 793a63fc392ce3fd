"""Batches of lines to files, each once, and on the disk before its sender is told so.

One thread writes. All batches that wait for it share one pass: their intents are noted and synced, then their lines are
appended and synced (group commit). The file source follows the files; how far it has come tells how much is unread.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path

import msgspec

from logmedic.collect.identity import Key
from logmedic.collect.push import intents, segments
from logmedic.collect.push.intents import Standing
from logmedic.collect.push.refusal import RefusalError
from logmedic.collect.push.tail import Tail
from logmedic.doors import Clock
from logmedic.errors import ConfigError, StoreError
from logmedic.model import NANOSECONDS

log = logging.getLogger("logmedic")

LOOK_SECONDS = 0.5  # between two looks at how far the lines have been read, while there are unread ones
IDLE_SECONDS = 30.0  # between two looks otherwise
FULL_SECONDS = 30  # after which senders may try again when the disk is full
_MOST_KNOWN = 200_000  # digests remembered, of some 200 bytes

ReadUpTo = Callable[[], Mapping[Key, int]]
"""How far each file was taken in, by device and inode. Raises :class:`StoreError`."""


class SpoolConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What the spool needs to know of the source's configuration; units as there."""

    replay_s: float
    segment_bytes: int
    keep_bytes: int
    keep_hours: float


class _Waiting(msgspec.Struct):
    digest: str
    data: bytes
    done: Future[bool]


class Spool:
    """One folder of lines. ``submit`` from any thread, between ``open`` and ``close``."""

    def __init__(self, folder: Path, config: SpoolConfig, clock: Clock, read_up_to: ReadUpTo) -> None:
        self._folder = folder
        self._config = config
        self._clock = clock
        self._read_up_to = read_up_to
        self.unread = 0  # bytes, as of the last look and what was written since
        self._known: dict[str, Standing] = {}
        self._waiting: list[_Waiting] = []
        self._wake = threading.Condition()
        self._closing = False
        self._thread: threading.Thread | None = None
        self._tail: Tail | None = None
        self._lock = -1
        self._looked = float("-inf")

    def open(self) -> None:
        """Take up what an earlier process has left.

        Raises:
            ConfigError: the folder cannot be written, or another process writes to it.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._unlock()
            raise ConfigError(f"{self._folder}: another process writes to this spool; give each its own") from None
        except OSError as error:
            self._unlock()
            raise ConfigError(f"{self._folder}: the spool cannot be written: {error.strerror}") from None
        try:
            segments.identify(self._folder)
            self._recover()
            self._look()
        except OSError as error:
            self._unlock()
            raise ConfigError(f"{self._folder}: the spool cannot be read: {error.strerror}") from None
        self._thread = threading.Thread(target=self._run, name="spool", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Write what waits, and stop."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join()
        if self._tail is not None:
            self._tail.close()
            self._tail = None
        self._unlock()

    def submit(self, digest: str, data: bytes) -> Future[bool]:
        """Whole lines, to be written once. The result comes when they are on the disk: whether they had not been yet.

        ``digest`` (:func:`.intents.digest`) is what a second try is known by. The future's exception is a
        :class:`.refusal.RefusalError`.
        """
        waiting = _Waiting(digest, data, Future())
        waiting.done.set_running_or_notify_cancel()  # a sender that went away cannot take it back
        with self._wake:
            if self._closing:
                waiting.done.set_exception(RefusalError(503, "logmedic is stopping", retry_after=5))
            else:
                self._waiting.append(waiting)
                self._wake.notify()
        return waiting.done

    # -- the thread that writes ------------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            with self._wake:
                if not self._waiting and not self._closing:
                    self._wake.wait(LOOK_SECONDS if self.unread else IDLE_SECONDS)
                group, self._waiting = self._waiting, []
                if self._closing and not group:
                    return
            try:
                self._commit(group)
                self._look()
            except OSError as error:
                self._give_up(group, error)

    def _commit(self, group: Sequence[_Waiting]) -> None:
        """Raises ``OSError``."""
        now = self._clock.now()
        since = now - int(self._config.replay_s * NANOSECONDS)
        if self._tail is None and group:
            self._recover()  # after a failure
        fresh: dict[str, list[_Waiting]] = {}
        for one in group:
            known = self._known.get(one.digest)
            if known is not None and known.whole and known.intent.at >= since:
                one.done.set_result(False)
            else:
                key = one.digest if self._config.replay_s else f"{one.digest} {id(one)}"
                fresh.setdefault(key, []).append(one)
        if not fresh:
            return
        firsts = [many[0] for many in fresh.values()]
        written = self._writable().append([(f.digest, f.data, self._left_of(f.digest, since)) for f in firsts], now)
        self.unread += sum(standing.present for standing in written)
        if self._config.replay_s:
            self._known.update({standing.intent.digest: standing for standing in written})
        for first, *others in fresh.values():
            first.done.set_result(True)
            for other in others:
                other.done.set_result(False)
        if len(self._known) > _MOST_KNOWN:
            self._forget(since)

    def _left_of(self, digest: str, since: int) -> Standing | None:
        known = self._known.get(digest)
        return None if known is None or known.intent.at < since else known

    def _writable(self) -> Tail:
        assert self._tail is not None, "_recover comes first"
        if self._tail.size >= self._config.segment_bytes:
            following = Tail(self._folder, self._tail.number + 1)
            self._tail.close()
            self._tail = following
        return self._tail

    def _give_up(self, group: Sequence[_Waiting], error: OSError) -> None:
        """Nothing is acknowledged; what of it is in the file is told apart when the next batch comes."""
        log.error("%s: the spool cannot be written: %s", self._folder, error.strerror)
        if self._tail is not None:
            self._tail.close()
            self._tail = None
        for one in group:
            if not one.done.done():
                refusal = f"the spool cannot be written: {error.strerror}"
                one.done.set_exception(RefusalError(503, refusal, retry_after=FULL_SECONDS))

    def _recover(self) -> None:
        """Learn from the notes which batches are there, and go on with the latest file. Raises ``OSError``."""
        now = self._clock.now()
        since = now - int(self._config.replay_s * NANOSECONDS)
        sizes = {segment.number: segment.size for segment in segments.survey(self._folder)}
        noted = segments.notes(self._folder)
        self._known = {}
        for number, mtime in noted:
            if mtime >= since and self._config.replay_s:
                found = intents.read(segments.intents_path(self._folder, number))
                # A file that is gone had been read to its end.
                size = sizes.get(number, max((i.start + i.length for i in found), default=0))
                self._known.update((s.intent.digest, s) for s in intents.standings(found, number, size))
        self._known.pop("", None)
        latest = max([*sizes, *(number + 1 for number, _ in noted if number not in sizes), 1])
        self._tail = Tail(self._folder, latest)

    def _forget(self, since: int) -> None:
        """Digests that are too old; and where there are too many even so, the older half."""
        recent = [(d, s) for d, s in self._known.items() if s.intent.at >= since]
        self._known = dict(recent[-_MOST_KNOWN // 2 :])

    # -- how much is unread, and what may go -----------------------------------------------------------------------

    def _look(self) -> None:
        """Raises ``OSError``."""
        if self._clock.monotonic() - self._looked < LOOK_SECONDS:
            return
        self._looked = self._clock.monotonic()
        try:
            read = self._read_up_to()
        except StoreError as error:
            log.warning("%s; the spool is kept as it is", error)
            return
        there = segments.survey(self._folder)
        self.unread = segments.unread(there, read)
        now = self._clock.now()
        keep_ns = int(self._config.keep_hours * 3600 * NANOSECONDS)
        gone = segments.dispensable(there, read, now=now, keep_bytes=self._config.keep_bytes, keep_ns=keep_ns)
        for segment in gone:
            segments.log_path(self._folder, segment.number).unlink(missing_ok=True)
        kept = {segment.number for segment in there} - {segment.number for segment in gone}
        for number, mtime in segments.notes(self._folder):
            if number not in kept and now - mtime > self._config.replay_s * NANOSECONDS:
                segments.intents_path(self._folder, number).unlink(missing_ok=True)

    def _unlock(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1
