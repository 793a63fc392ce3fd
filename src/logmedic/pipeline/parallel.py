"""Big backlogs on several cores: worker processes digest byte ranges, this process merges them in order.

Each worker has two pipes, for the ranges it is given and for what came of them. Ranges go to the workers in turn, and
results are taken in the order of the ranges. A worker runs ahead as far as its pipe has room, which is far where little
is found, and not at all in a storm of errors: there it hands over a part of a range whenever it holds much. So the
workers do not wait for the database, and memory is bounded whatever the log says.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterator
from multiprocessing.connection import Connection
from typing import Any

import msgspec

from logmedic.collect.file import FileSource
from logmedic.collect.interface import Position, Source
from logmedic.collect.ranges import Range, read_range
from logmedic.errors import SourceError
from logmedic.pipeline.digest import Digest, Digester

MIN_BYTES = 64 << 20  # below, starting processes costs more than it gains
RANGE_BYTES = 32 << 20  # of log, at most: each range costs this process some turns at the interpreter's lock
QUIET_BYTES = 2 << 20  # read at a time where little is found; elsewhere it is what the source reads
AHEAD = 4  # ranges given to each worker; their descriptions must fit its pipe, or both sides would wait for ever
PIPE_BYTES = 1 << 20  # what Linux allows without privileges (pipe(7), /proc/sys/fs/pipe-max-size)

_Result = tuple[Digest, Position]


class _Part(msgspec.Struct, array_like=True):
    """What a worker says: a position and, as the message that follows, the digest up to it; or how the range ended."""

    position: Position | None = None
    error: str = ""


_PART = msgspec.json.Decoder(_Part)
_RANGE = msgspec.json.Decoder(tuple[Range, int])


class Pool:
    """Makes digests of a file source's backlog, with one worker process a core."""

    def __init__(self, make: Callable[[Any], Digester], config: Any, now: Callable[[], int]) -> None:
        self._make = make
        self._config = config
        self._now = now
        self._workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

    def digests(self, source: Source) -> Generator[_Result, None, None]:
        """In order; nothing where it does not pay (one core, a small backlog, a source that is no file).

        Raises:
            SourceError: a file was cut short meanwhile, or a worker process ended; nothing that was not handed over
                counts as read.
        """
        if self._workers < 2 or not isinstance(source, FileSource):
            return
        ranges = source.ranges(MIN_BYTES, RANGE_BYTES)
        first = next(ranges, None)
        if first is None:
            return
        workers = deque(_Worker(self._make, self._config) for _ in range(self._workers))
        try:
            waiting: deque[_Worker] = deque()
            part: Range | None = first
            while part is not None or waiting:
                if part is not None:
                    workers.rotate(-1)
                    workers[0].give(part, self._now())
                    waiting.append(workers[0])
                    part = next(ranges, None)
                if part is None or len(waiting) == AHEAD * self._workers:
                    yield from waiting.popleft().results()
        finally:
            for worker in workers:
                worker.close()
            for worker in workers:
                worker.join()


class _Worker:
    """One worker process, as seen from this one."""

    def __init__(self, make: Callable[[Any], Digester], config: Any) -> None:
        # spawn: this process has threads, and a forked copy of them would be a trap
        context = multiprocessing.get_context("spawn")
        tasks, self._tasks = context.Pipe(duplex=False)
        self._results, results = context.Pipe(duplex=False)
        _widen(results)
        self._process = context.Process(target=_work, args=(tasks, results, make, config), daemon=True)
        self._process.start()
        tasks.close()
        results.close()

    def give(self, part: Range, received: int) -> None:
        with self._watched():
            self._tasks.send_bytes(msgspec.json.encode((part, received)))

    def results(self) -> Iterator[_Result]:
        """What comes of the next range that was given."""
        while True:
            with self._watched():
                part = _PART.decode(self._results.recv_bytes())
                if part.position is None:
                    if part.error:
                        raise SourceError(part.error)
                    return
                digest = Digest.unpacked(self._results.recv_bytes())
            yield digest, part.position

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        try:
            yield
        except (EOFError, OSError):
            self._process.join()
            raise SourceError(
                f"a worker process ended (exit code {self._process.exitcode}); what it had read is read again"
            ) from None

    def close(self) -> None:
        """Let it end: it finds its pipes closed."""
        self._tasks.close()
        self._results.close()

    def join(self) -> None:
        self._process.join()
        self._process.close()


def _work(tasks: Connection, results: Connection, make: Callable[[Any], Digester], config: Any) -> None:
    """The worker process, until the other ends of the pipes are closed (also by the death of the process there)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the first process decides
    digester = make(config)
    block_bytes = 0
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            part, received = _RANGE.decode(tasks.recv_bytes())
            handed_over = 0
            try:
                for digest, position in _digests(digester, part, received, block_bytes):
                    handed_over += 1
                    results.send_bytes(msgspec.json.encode(_Part(position)))
                    results.send_bytes(digest.packed())
                block_bytes = QUIET_BYTES if handed_over == 1 else 0
                results.send_bytes(msgspec.json.encode(_Part()))
            except SourceError as error:
                results.send_bytes(msgspec.json.encode(_Part(error=str(error))))


def _digests(digester: Digester, part: Range, received: int, block_bytes: int) -> Iterator[_Result]:
    """One for the range, or more where much is found in it."""
    digest = Digest()
    for batch in read_range(part, block_bytes):
        digester.add(digest, batch, received)
        if batch.position.offset == part.end:
            yield digest, part.position
        elif digest.large:
            yield digest, batch.position
            digest = Digest()


def _widen(pipe: Connection) -> None:
    import fcntl  # noqa: PLC0415  there is none on Windows

    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with contextlib.suppress(OSError):  # beyond a limit for all pipes of a user; then a worker waits more often
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)
