"""News for open pages: one thread asks the store what changed, and every reader gets the same bytes."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable

import sqlalchemy as sa

log = logging.getLogger("logmedic")

LOOK_SECONDS = 0.5
PING_SECONDS = 15.0  # proxies close what is silent for a minute
MOST_ROWS = 50  # told at a time; a page that missed more is told to load again
QUEUE = 8  # messages that wait for a slow reader before it is told to load again
MOST_READERS = 1_000


class Busy(Exception):  # noqa: N818  a state of ours, not a fault
    """Too many pages are open."""


class Broadcaster:
    """Asks ``look`` for news while anybody reads, and hands them out by language."""

    def __init__(self, look: Callable[[], dict[str, bytes] | None]) -> None:
        """``look``: one message a language, ready to be sent, or ``None`` when nothing is new."""
        self._look = look
        self._readers: dict[asyncio.Queue[bytes], tuple[str, asyncio.AbstractEventLoop]] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="live", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def poke(self) -> None:
        """Look at once: somebody has just changed something."""
        self._wake.set()

    @property
    def readers(self) -> int:
        return len(self._readers)

    async def read(self, language: str) -> AsyncIterator[bytes]:
        """Messages as they come, and a ping when none do. Raises :class:`Busy`."""
        queue: asyncio.Queue[bytes] = asyncio.Queue(QUEUE)
        with self._lock:
            if len(self._readers) >= MOST_READERS:
                raise Busy
            self._readers[queue] = (language, asyncio.get_running_loop())
        try:
            yield b"retry: 3000\n\n"
            while not self._stop.is_set():
                try:
                    message = await asyncio.wait_for(queue.get(), PING_SECONDS)
                except TimeoutError:
                    message = b": ping\n\n"
                if not message:
                    return
                yield message
        finally:
            with self._lock:
                self._readers.pop(queue, None)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(LOOK_SECONDS)
            self._wake.clear()
            if self._stop.is_set():
                break
            try:
                news = self._look() if self._readers else None
            except sa.exc.DBAPIError as error:
                log.warning("dashboard: no live news now: %s", error.orig)
                continue
            if news:
                self._send(news)
        self._send({})

    def _send(self, news: dict[str, bytes]) -> None:
        """``{}``: the end."""
        with self._lock:
            readers = list(self._readers.items())
        for queue, (language, loop) in readers:
            message = news.get(language, b"")
            try:
                loop.call_soon_threadsafe(_put, queue, message)
            except RuntimeError:  # the loop has been closed meanwhile
                continue


def _put(queue: asyncio.Queue[bytes], message: bytes) -> None:
    """A reader who does not keep up is told to load the page again, in place of what it missed."""
    if queue.full():
        while not queue.empty():
            queue.get_nowait()
        message = message and event("reload", "")
    queue.put_nowait(message)


def event(name: str, data: str) -> bytes:
    """One server-sent event (WHATWG HTML, 9.2): every line of the data is a field of its own."""
    lines = data.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "".join([f"event: {name}\n", *(f"data: {line}\n" for line in lines), "\n"]).encode()
