"""Tells systemd how ``serve`` is; nothing where no systemd listens. Protocol: sd_notify(3)."""

from __future__ import annotations

import os
import socket


class Notifier:
    """Sends what a service says of itself to ``$NOTIFY_SOCKET``. A socket that is gone is no trouble of ours."""

    def __init__(self, address: str | None = None) -> None:
        given = os.environ.get("NOTIFY_SOCKET") if address is None else address
        self._address = f"\0{given[1:]}" if given and given.startswith("@") else given  # "@": abstract

    def ready(self) -> None:
        self._send("READY=1")

    def alive(self) -> None:
        """For the watchdog."""
        self._send("WATCHDOG=1")

    def _send(self, words: str) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            try:
                sender.sendto(words.encode(), self._address)
            except OSError:
                return
