"""Runs the application in a thread of its own, beside the collectors."""

from __future__ import annotations

import logging
import socket
import threading
from typing import Any

from logmedic.errors import ConfigError, PortTakenError
from logmedic.web.app import create_app
from logmedic.web.site import Site

log = logging.getLogger("logmedic")

START_SECONDS = 30.0
STOP_SECONDS = 3  # that open requests get to end


class Server:
    """``with Server(site, host, port) as server: …``; leaving it stops the thread."""

    def __init__(self, site: Site, host: str, port: int) -> None:
        """Listen at once, so that a port that is taken is known before anything starts.

        Raises:
            PortTakenError: another process listens there.
            ConfigError: this machine has no such address.
        """
        self._site = site
        self._socket = _listen(host, port)
        self._thread: threading.Thread | None = None
        self._server: Any = None

    @property
    def port(self) -> int:
        """The one that is listened on; another than asked for when that was 0."""
        return int(self._socket.getsockname()[1])

    def __enter__(self) -> Server:
        import uvicorn  # noqa: PLC0415  only where there is a dashboard

        config = uvicorn.Config(
            create_app(self._site), log_config=None, access_log=False, server_header=False, lifespan="on",
            timeout_graceful_shutdown=STOP_SECONDS, h11_max_incomplete_event_size=64 << 10, timeout_keep_alive=30,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._site.live.start()
        self._site.rates.start()
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="web", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._site.live.close()
        self._site.rates.close()
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(START_SECONDS)
        self._socket.close()


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        # By its name, or asyncio does not switch Nagle's algorithm off, and an answer in two parts takes 40 ms.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except OSError as error:
        raise ConfigError(f"web.listen: {host} is no address of this machine: {error.strerror or error}") from None
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(address)
        listening.listen(512)
    except OSError as error:
        listening.close()
        raise PortTakenError(
            f"web.listen: {host}:{port} cannot be used: {error.strerror}; "
            "choose another port, or `[web] enabled = false`"
        ) from None
    return listening
