"""A strict Loki on loopback: what it answers, a real one answers (``tests/data/loki`` is replayed against it).

::

    with FakeLoki() as loki:
        loki.push({"app": "shop"}, [(time_ns, "a line"), (time_ns, "another", {"trace_id": "5b8e"})])
        ...  # ask loki.url
        loki.faults.append(Fault.status(429, b"too many outstanding requests"))

It knows the JSON form of pushes, the LogQL of :mod:`.logql`, tenants, tokens, limits, and the tail, which leaves out
lines when it is busy, as the real one does. Source: Loki HTTP API; the recordings.
"""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from logmedic.testing import loki_answers as answers
from logmedic.testing.logql import LogQLError, parse
from logmedic.testing.loki_answers import Reply
from logmedic.testing.loki_store import Limits, RefusedError, Tenant
from logmedic.testing.loki_tail import Subscriber, answer_handshake

API = "/loki/api/v1/"
PLAIN = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Fault:
    """What happens to the next question instead of an ordinary answer."""

    code: int = 0
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: float | None = None  # share of the answer's body after which the connection is closed
    wait: float = 0.0  # seconds before anything else

    @staticmethod
    def status(code: int, body: bytes = b"", **headers: str) -> Fault:
        return Fault(code, body, {name.replace("_", "-"): value for name, value in headers.items()})

    @staticmethod
    def hang_up() -> Fault:
        """The connection is closed before anything is said."""
        return Fault(cut=0.0)

    @staticmethod
    def cut_off(share: float) -> Fault:
        """The connection is closed within the body."""
        return Fault(cut=share)


class FakeLoki:
    """``asked`` are the questions so far, ``sent`` the bytes of the answers' bodies as they went over the wire."""

    def __init__(
        self,
        *,
        tenants: bool = False,
        limits: Limits | None = None,
        authorization: str = "",
        now: Callable[[], int] = time.time_ns,
        tail_holds: int = 1000,
    ) -> None:
        """``tenants``: whether ``X-Scope-OrgID`` is needed. ``authorization``: the only value of that header that is
        let through. ``tail_holds``: lines that wait for a slow listener; what comes beyond is left out."""
        self.limits = limits or Limits()
        self.authorization = authorization
        self.faults: deque[Fault] = deque()
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.sent = 0
        self.dropped = 0
        self.lock = threading.RLock()
        self.subscribers: list[Subscriber] = []
        self.tail_holds = tail_holds
        self._tenants: dict[str, Tenant] = {}
        self._needs_tenant = tenants
        self._now = now
        self._server: ThreadingHTTPServer | None = None  # none: asked without a network, through ``answer``

    @property
    def url(self) -> str:
        assert self._server is not None, "only within the context"
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> FakeLoki:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self.lock:
            for subscriber in self.subscribers:
                subscriber.close()
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()

    def push(self, labels: Mapping[str, str], values: Sequence[Sequence[Any]], tenant: str = "fake") -> None:
        """Entries of one stream, as (ns, line) or (ns, line, metadata). Raises :class:`RefusedError`."""
        wire = [[str(at), *rest] for at, *rest in values]
        self.take(tenant, json.dumps({"streams": [{"stream": dict(labels), "values": wire}]}).encode())

    def take(self, tenant: str, body: bytes, content_type: str = "application/json") -> None:
        with self.lock:
            taken = self.tenant(tenant).push(body, content_type)
            for subscriber in self.subscribers:
                if subscriber.tenant == tenant:
                    self.dropped += subscriber.offer(taken)

    def forget(self, at: int) -> None:
        """Let every entry of this time be gone, as retention does."""
        with self.lock:
            for tenant in self._tenants.values():
                for stream in tenant.streams.values():
                    kept = [(t, e) for t, e in zip(stream.times, stream.entries, strict=True) if t != at]
                    stream.times, stream.entries = [t for t, _ in kept], [e for _, e in kept]

    def tenant(self, name: str) -> Tenant:
        known = self._tenants.get(name)
        if known is None:
            known = self._tenants[name] = Tenant(name, self.limits, self._now)
        known.limits = self.limits
        return known

    def named(self, headers: Mapping[str, str]) -> str:
        """Whose lines are meant. Raises :class:`RefusedError`."""
        if self.authorization and headers.get("authorization") != self.authorization:
            raise RefusedError(401, "Unauthorized")
        if not self._needs_tenant:
            return "fake"
        if not headers.get("x-scope-orgid"):
            raise RefusedError(401, "no org id")
        return headers["x-scope-orgid"]

    def answer(self, what: str, asked: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
        """Raises :class:`RefusedError` and :class:`LogQLError`."""
        name = self.named(headers)
        with self.lock:
            return answers.answer(self.tenant(name), what, asked, headers, self._now())


def _handler(loki: FakeLoki) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        of = loki

    return Handler


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    of: FakeLoki

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def _serve(self, body: bytes) -> None:
        parts = urlsplit(self.path)
        what = parts.path.removeprefix(API)
        pairs = parse_qs(parts.query if self.command == "GET" else body.decode("utf-8", "replace"))
        asked = {name: values[-1] for name, values in pairs.items()}
        fault = Fault()
        if what in {"query_range", "query", "labels", "series"}:
            with self.of.lock:
                self.of.asked.append((what, asked))
                fault = self.of.faults.popleft() if self.of.faults else fault
        time.sleep(fault.wait)
        reply: Reply | None
        try:
            reply = Reply(fault.code, fault.body, PLAIN) if fault.code else self._reply(what, asked, body)
        except RefusedError as error:
            reply = Reply(error.status, str(error).encode(), PLAIN)
        except LogQLError as error:
            reply = Reply(400, str(error).encode(), PLAIN)
        if reply is not None:
            self._send(reply, fault)

    def _reply(self, what: str, asked: dict[str, str], body: bytes) -> Reply | None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        if what == "/ready":
            return Reply(200, b"ready\n", PLAIN)
        if what == "push":
            if self.command != "POST":
                return Reply(405, b"")
            if headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            self.of.take(self.of.named(headers), body, headers.get("content-type", ""))
            return Reply(204, b"")
        if what == "tail":
            self.close_connection = True
            return self._tail(asked, headers)
        return self.of.answer(what, asked, headers)

    def _tail(self, asked: Mapping[str, str], headers: Mapping[str, str]) -> Reply | None:
        if headers.get("upgrade", "").lower() != "websocket":
            return Reply(400, b"Bad Request\n", PLAIN)
        subscriber = Subscriber(
            self.connection, self.of.named(headers), parse(asked.get("query", "")), self.of.tail_holds
        )
        answer_handshake(self.connection, headers["sec-websocket-key"])
        with self.of.lock:
            self.of.subscribers.append(subscriber)
        try:
            subscriber.run()
        finally:
            with self.of.lock:
                self.of.subscribers.remove(subscriber)
        return None

    def _send(self, reply: Reply, fault: Fault) -> None:
        body = reply.body
        packed = "gzip" in self.headers.get("Accept-Encoding", "") and len(body) > 1000
        if packed:
            body = gzip.compress(body, 1)
        if fault.cut == 0.0:
            self.close_connection = True
            return
        self.send_response(reply.status)
        if reply.status != 204:
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(body)))
        if packed:
            self.send_header("Content-Encoding", "gzip")
        for name, value in fault.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if fault.cut is not None:
            body = body[: int(len(body) * fault.cut)]
            self.close_connection = True
        self.wfile.write(body)
        with self.of.lock:
            self.of.sent += len(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on stderr."""
