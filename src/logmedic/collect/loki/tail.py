"""Loki's tail as a wake-up: it tells that there is something new, never what.

Its lines are not used, because it leaves out lines when it is slow or busy (``dropped_entries``; measured: 20,170 of
30,000 at 16,000 lines a second). While nobody asks what is new, nothing is read from it.

Source: Loki HTTP API, "Stream logs"; ``tests/data/loki``, the recordings named ``tail-…``.
"""

from __future__ import annotations

import contextlib
import logging
import ssl
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from logmedic.collect.loki.client import API, Access
from logmedic.doors import tls

log = logging.getLogger("logmedic")

PACKAGE = "websockets"
MOST_BYTES = 64 << 20  # of a message; a longer one ends the connection, which is a wake-up as well
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0  # s between attempts to connect
HEED_SECONDS = 5.0  # after which the next message is read although nobody has asked: Loki ends tails that block


class Tail:
    """A thread that listens from ``start`` until ``close``; silent without the package, or while Loki refuses."""

    def __init__(self, access: Access, query: str, ca_file: Path | None) -> None:
        self._access = access
        self._query = query
        self._ca_file = ca_file
        self._news = threading.Event()
        self._heeded = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._connection: Any = None
        self.problem = ""  # why nothing is heard; empty when all is well

    @property
    def listening(self) -> bool:
        return self._connection is not None

    def start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=f"tail-{self._access.name}", daemon=True)
            self._thread.start()

    def wait(self, timeout: float) -> bool:
        """Until something new is heard of, at most so many seconds."""
        return self._news.wait(timeout)

    def heed(self) -> None:
        """Whoever asks now sees all that was heard of."""
        self._news.clear()
        self._heeded.set()

    def close(self) -> None:
        self._stop.set()
        self._heeded.set()
        connection = self._connection
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.socket.shutdown(2)  # ends a read that waits; closing politely would wait for an answer
        if self._thread is not None:
            self._thread.join(LONGEST_WAIT)
            self._thread = None

    def _run(self) -> None:
        try:
            from websockets.exceptions import InvalidStatus, WebSocketException  # noqa: PLC0415  optional, 0.1 s
            from websockets.sync.client import connect  # noqa: PLC0415
        except ImportError:
            self._note(f"the package {PACKAGE} is not installed; asking once a second instead")
            return
        wait = FIRST_WAIT
        while not self._stop.is_set():
            try:
                with connect(self._url(), **self._options()) as connection:
                    self._connection = connection
                    self.problem = ""
                    wait = FIRST_WAIT
                    self._news.set()  # what came before was not heard of
                    self._listen(connection)
            except InvalidStatus as error:
                body = (error.response.body or b"")[:200].decode("utf-8", "replace")
                self._note(f"Loki refuses the tail: {error.response.status_code} {' '.join(body.split())}")
            except (OSError, WebSocketException) as error:
                self._note(f"the tail has ended: {error}")
            finally:
                self._connection = None
            self._stop.wait(wait)
            wait = min(2 * wait, LONGEST_WAIT)

    def _listen(self, connection: Any) -> None:
        while not self._stop.is_set():
            connection.recv(decode=False)
            self._heeded.clear()
            self._news.set()
            self._heeded.wait(HEED_SECONDS)

    def _url(self) -> str:
        asked = {"query": self._query, "limit": "1", "start": str(time.time_ns())}
        base = self._access.url.rstrip("/")
        return f"ws{base.removeprefix('http')}{API}tail?{urlencode(asked)}"

    def _options(self) -> Mapping[str, Any]:
        context: ssl.SSLContext | None = None
        if self._access.url.startswith("https:") and self._ca_file is not None:
            context = tls(self._ca_file)
        return {
            "additional_headers": {k: v for k, v in self._access.headers.items() if k != "cache-control"},
            "ssl": context,
            "proxy": None,  # as for all other requests, the environment has no say
            "user_agent_header": "logmedic",
            "open_timeout": self._access.timeout,
            "close_timeout": 1,
            "max_size": MOST_BYTES,
            "max_queue": 1,
        }

    def _note(self, problem: str) -> None:
        if problem != self.problem and not self._stop.is_set():
            log.info("source %s: %s", self._access.name, problem)
        self.problem = problem
