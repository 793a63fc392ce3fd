"""The agent's only way out: a unix socket that leads to the Messages API and nowhere else.

It runs in our process, outside the sandbox, and holds the key. Each request is judged (``gateway_rules``), paid for
before it is sent (``Meter``), sent with our key and model, and answered whole.
"""

from __future__ import annotations

import contextlib
import logging
import socketserver
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Protocol

import msgspec

from logmedic.doors import Http, HttpAnswer, HttpError
from logmedic.model import Text
from logmedic.respond.fix.gateway_rules import MOST_BODY, Refusal, Request, judge
from logmedic.respond.fix.usage import Used, used

log = logging.getLogger("logmedic")
_SILENT = 120.0  # seconds until a connection on which nothing comes is dropped
_RETURNED = ("content-type", "request-id", "retry-after", "x-should-retry")
_ERROR_TYPES = {400: "invalid_request_error", 403: "permission_error", 404: "not_found_error",
                413: "request_too_large", 529: "overloaded_error"}  # fmt: skip


class Ticket(msgspec.Struct, frozen=True):
    number: int
    reserved: int | None  # billionths of a dollar


class Meter(Protocol):
    """Pays for requests. Serves several threads."""

    def reserve(self, sent: int, answer: int) -> Ticket | Text:
        """Set aside what ``sent`` and ``answer`` tokens cost at worst; the reason when there is no money for it."""
        ...

    def paid(self, ticket: Ticket, used: Used) -> None: ...

    def failed(self, ticket: Ticket, reason: str) -> None:
        """Not billed."""
        ...

    def unclear(self, ticket: Ticket, reason: str) -> None:
        """It may have been billed."""
        ...


class Upstream(msgspec.Struct, frozen=True, kw_only=True):
    """``key`` is never shown to the agent, nor in ``repr``."""

    url: str  # without "/v1"
    key: str
    model: str
    most_tokens: int  # of one answer
    timeout: float  # seconds until one answer is there

    def __repr__(self) -> str:
        return f"Upstream({self.url!r}, model={self.model!r})"


class Tally(msgspec.Struct):
    """What one agent has asked for so far."""

    requests: int = 0
    refused: list[str] = []
    stopped: Text | None = None  # why no more requests are let through


class Gateway:
    """For one run of an agent. Use :meth:`open`."""

    def __init__(self, upstream: Upstream, http: Http, meter: Meter, *, most_requests: int) -> None:
        self._upstream = upstream
        self._http = http
        self._meter = meter
        self._most = most_requests
        self._lock = threading.Lock()
        self.tally = Tally()

    @contextlib.contextmanager
    def open(self) -> Iterator[Path]:
        """The socket, for as long as this lasts. It stands in a folder that only this user can enter."""
        with tempfile.TemporaryDirectory(prefix="lm-gw-") as folder:
            path = Path(folder) / "s"
            server = _Server(str(path), _Handler)
            server.gateway = self
            path.chmod(0o666)  # another user's process connects from within the sandbox, where the socket is lent
            thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="gateway", daemon=True)
            thread.start()
            try:
                yield path
            finally:
                server.shutdown()
                server.server_close()
                thread.join()

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> HttpAnswer:
        """What the agent gets. Never raises for what a request holds or the network does."""
        up = self._upstream
        judged = judge(method, target, headers, body, model=up.model, most_tokens=up.most_tokens)
        if isinstance(judged, Refusal):
            with self._lock:
                self.tally.refused.append(judged.said)
            return _refused(judged.status, judged.said)
        with self._lock:
            if self.tally.requests >= self._most and self.tally.stopped is None:
                self.tally.stopped = Text(
                    f"the agent has made {self._most} requests", f"에이전트 요청 {self._most}회 도달"
                )
            if self.tally.stopped is not None:
                return _refused(400, self.tally.stopped.en)
            self.tally.requests += 1
        return self._forward(judged)

    def _forward(self, request: Request) -> HttpAnswer:
        if request.counts:
            return self._send(request)
        sent = len(msgspec.json.encode(request.body))  # a token is at least one byte of what is sent
        ticket = self._meter.reserve(sent, request.body["max_tokens"])
        if isinstance(ticket, Text):
            with self._lock:
                self.tally.stopped = ticket
            return _refused(400, ticket.en)
        try:
            answer = self._send(request, ticket)
        except BaseException as error:
            self._meter.unclear(ticket, type(error).__name__)
            raise
        return answer

    def _send(self, request: Request, ticket: Ticket | None = None) -> HttpAnswer:
        up = self._upstream
        headers = {**request.headers, "x-api-key": up.key}
        try:
            answer = self._http.request(
                "POST", f"{up.url}{request.path}", timeout=up.timeout, json=request.body, headers=headers
            )
        except HttpError as error:
            reason = _without(up.key, str(error))
            if ticket is not None:
                (self._meter.unclear if error.sent else self._meter.failed)(ticket, reason)
            log.warning("fix: the Messages API gave no answer: %s", reason)
            return _refused(529, "no answer from the API")
        if ticket is not None:
            if answer.status != 200:
                self._meter.failed(ticket, f"HTTP {answer.status}")
            else:
                self._meter.paid(ticket, used(answer.body, answer.headers.get("content-type", "")))
        kept = {name: value for name, value in answer.headers.items() if name in _RETURNED}
        return HttpAnswer(answer.status, kept, answer.body)


def _without(secret: str, text: str) -> str:
    return text.replace(secret, "***") if secret else text


def _refused(status: int, said: str) -> HttpAnswer:
    body = {"type": "error", "error": {"type": _ERROR_TYPES[status], "message": said}}
    headers = {"content-type": "application/json", "x-should-retry": "true" if status == 529 else "false"}
    return HttpAnswer(status, headers, msgspec.json.encode(body))


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 32
    gateway: Gateway

    def handle_error(self, request: Any, client_address: Any) -> None:
        """An agent that hangs up, or is killed, in the middle of an answer."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _SILENT
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: ``Gateway.tally`` says what came in."""

    def address_string(self) -> str:
        return "agent"

    def _serve(self) -> None:
        length = self.headers.get("content-length") or "0"
        if not length.isdecimal() or int(length) > MOST_BODY or "transfer-encoding" in self.headers:
            self.close_connection = True
            self._write(_refused(413, "the request is too large, or names no size"))
            return
        body = self.rfile.read(int(length))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._write(self.server.gateway.answer(self.command, self.path, headers, body))

    def _write(self, answer: HttpAnswer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_CONNECT = _serve  # noqa: N815  names that the base class asks for
