"""A program on loopback that takes what is posted to it, and answers as it is told."""

from __future__ import annotations

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec


class Got(msgspec.Struct, frozen=True):
    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes

    def json(self) -> Any:
        return msgspec.json.decode(self.body)


class Listener:
    """``status`` ``None``: take the request and hang up without a word. ``hold``: seconds before an answer."""

    def __init__(self) -> None:
        self.status: int | None = 200
        self.headers: dict[str, str] = {}
        self.hold = 0.0
        self.got: list[Got] = []
        self._ended = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def at(self) -> str:
        return f"127.0.0.1:{self.port}"

    def __enter__(self) -> Listener:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                listener.got.append(Got(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                listener._ended.wait(listener.hold)
                if listener.status is None:
                    self.close_connection = True
                    return
                self.send_response(listener.status)
                for name, value in {**listener.headers, "content-length": "2"}.items():
                    self.send_header(name, value)
                with contextlib.suppress(ConnectionError):  # who asked has not waited
                    self.end_headers()
                    self.wfile.write(b"ok")

            def log_message(self, *_: object) -> None:
                pass

        return Handler
