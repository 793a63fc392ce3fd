"""The tail of the stand-in for Loki: a websocket (RFC 6455). It leaves out what a slow listener makes it keep."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Iterable
from typing import Any

from logmedic.testing.logql import LogQuery, MetricQuery
from logmedic.testing.loki_store import Stream

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 §1.3
_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
_AT_ONCE = 100  # entries of one message
_LOOK_SECONDS = 0.2  # between two looks whether the listener is still there


def answer_handshake(connection: socket.socket, key: str) -> None:
    accept = base64.b64encode(hashlib.sha1(key.encode() + _GUID, usedforsecurity=False).digest()).decode()
    connection.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept.encode() + b"\r\n\r\n"
    )


class Subscriber:
    """One listener. ``offer`` is called by whoever pushes, ``run`` by the listener's own thread."""

    def __init__(self, connection: socket.socket, tenant: str, query: LogQuery | MetricQuery, holds: int) -> None:
        self.tenant = tenant
        self._connection = connection
        self._query = query
        self._holds = holds
        self._waiting: deque[tuple[int, str, dict[str, str]]] = deque()
        self._dropped: list[dict[str, Any]] = []
        self._news = threading.Condition()
        self._open = True

    def offer(self, taken: Iterable[tuple[Stream, int, str]]) -> int:
        """How many of the entries were left out."""
        if not isinstance(self._query, LogQuery):
            return 0
        left_out = 0
        with self._news:
            for stream, time, line in taken:
                if not self._query.matches(stream.labels) or self._query.run(line, stream.labels) is None:
                    continue
                if len(self._waiting) < self._holds:
                    self._waiting.append((time, line, stream.labels))
                else:
                    left_out += 1
                    self._dropped.append({"timestamp": str(time), "labels": stream.labels})
            self._news.notify()
        return left_out

    def close(self) -> None:
        with self._news:
            self._open = False
            self._news.notify()
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    def run(self) -> None:
        if not isinstance(self._query, LogQuery):
            self._frame(_CLOSE, struct.pack(">H", 1011) + b"only log selector is supported")
            return
        self._connection.settimeout(None)
        listening = threading.Thread(target=self._listen, daemon=True)
        listening.start()
        with contextlib.suppress(OSError):
            while self._open:
                with self._news:
                    self._news.wait_for(lambda: self._waiting or not self._open, _LOOK_SECONDS)
                    some = [self._waiting.popleft() for _ in range(min(_AT_ONCE, len(self._waiting)))]
                    dropped, self._dropped = self._dropped, []
                if some or dropped:
                    self._frame(_TEXT, json.dumps(message(some, dropped)).encode())
        self.close()
        listening.join()

    def _listen(self) -> None:
        """Answer pings; end with the listener."""
        with contextlib.suppress(OSError, struct.error):
            while self._open:
                first, second = self._read(2)
                length = second & 127
                if length >= 126:
                    length = struct.unpack(">H" if length == 126 else ">Q", self._read(2 if length == 126 else 8))[0]
                mask = self._read(4)
                payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(self._read(length)))
                if first & 15 == _CLOSE:
                    self._frame(_CLOSE, payload)
                    break
                if first & 15 == _PING:
                    self._frame(_PONG, payload)
        self.close()

    def _read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = self._connection.recv(count - len(data))
            if not part:
                raise OSError("the listener has gone")
            data += part
        return data

    def _frame(self, opcode: int, payload: bytes) -> None:
        length = len(payload)
        if length < 126:
            size = bytes([length])
        elif length <= 0xFFFF:
            size = b"\x7e" + struct.pack(">H", length)
        else:
            size = b"\x7f" + struct.pack(">Q", length)
        self._connection.sendall(bytes([0x80 | opcode]) + size + payload)


def message(some: list[tuple[int, str, dict[str, str]]], dropped: list[dict[str, Any]]) -> dict[str, Any]:
    """Of entries as (ns, line, labels of the stream), each in a stream of its own."""
    streams = [{"stream": labels, "values": [[str(time), line]]} for time, line, labels in some]
    return {"streams": streams, "dropped_entries": dropped} if dropped else {"streams": streams}
