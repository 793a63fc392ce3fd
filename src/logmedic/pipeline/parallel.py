"""Big backlogs on several cores: worker processes digest byte ranges, this process merges them in order."""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Any

from logmedic.collect.file import FileSource
from logmedic.collect.interface import Position, Source
from logmedic.collect.ranges import Range, read_range
from logmedic.pipeline.digest import Digest, Digester

MIN_BYTES = 64 << 20  # below, starting processes costs more than it gains
CHUNK_BYTES = 1 << 20  # of log per task: bounds what a worker and the queue hold when every line is an error
AHEAD = 1  # tasks per worker that may be finished and waiting

_digester: Digester | None = None  # of a worker process


def _start(make: Callable[[Any], Digester], config: Any) -> None:
    global _digester  # noqa: PLW0603  the one thing a worker process keeps
    _digester = make(config)


def _digest(part: Range, received: int) -> Digest:
    assert _digester is not None
    digest = Digest()
    for batch in read_range(part):
        _digester.add(digest, batch, received)
    return digest


class Pool:
    """Makes digests of a file source's backlog, with one worker process a core."""

    def __init__(self, make: Callable[[Any], Digester], config: Any, now: Callable[[], int]) -> None:
        self._make = make
        self._config = config
        self._now = now
        self._workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

    def digests(self, source: Source) -> Generator[tuple[Digest, Position], None, None]:
        """In order; nothing where it does not pay (one core, a small backlog, a source that is no file)."""
        if self._workers < 2 or not isinstance(source, FileSource):
            return
        ranges = source.ranges(MIN_BYTES, CHUNK_BYTES)
        first = next(ranges, None)
        if first is None:
            return
        # spawn: this process has threads, and a forked copy of them would be a trap
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(self._workers, context, _start, (self._make, self._config)) as pool:
            waiting: deque[tuple[Future[Digest], Position]] = deque()

            def submit(part: Range) -> None:
                waiting.append((pool.submit(_digest, part, self._now()), part.position))

            submit(first)
            try:
                for part in ranges:
                    submit(part)
                    if len(waiting) >= AHEAD * self._workers:
                        future, position = waiting.popleft()
                        yield future.result(), position
                while waiting:
                    future, position = waiting.popleft()
                    yield future.result(), position
            finally:
                pool.shutdown(wait=True, cancel_futures=True)
