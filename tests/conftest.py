"""No test reaches beyond this machine: whoever tries to fails, whatever library does it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

LOOPBACK = ("127.", "::1", "localhost")


@pytest.fixture(autouse=True, scope="session")
def _only_loopback() -> Iterator[None]:
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def guarded(self: socket.socket, address: Any) -> None:
        local = self.family == socket.AF_UNIX or str(address[0]).startswith(LOOPBACK)
        assert local, f"a test tried to reach {address!r}"
        connect(self, address)

    def named(host: Any, *more: Any, **options: Any) -> Any:
        assert host is None or str(host).startswith(LOOPBACK), f"a test looked up {host!r}"
        return look_up(host, *more, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        patch.setattr(socket, "getaddrinfo", named)
        yield
