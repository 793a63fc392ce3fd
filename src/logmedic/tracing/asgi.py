"""Middleware for any ASGI application: ids, the handler span, and the lines that begin and end a request."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, MutableMapping
from contextlib import ExitStack
from types import TracebackType
from typing import Any

from logmedic.tracing.context import Request, Span, span
from logmedic.tracing.ids import accept_request_id, accept_tracestate, parse_traceparent

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

CLIENT_CLOSED = 499  # nginx's status for a client that went away before the answer


class RequestTracing:
    """Wraps an ASGI application. Put it outermost: ``app = RequestTracing(Starlette(…))``.

    Each HTTP request gets a :class:`Request` (ids taken over from ``x-request-id`` and ``traceparent`` when they are
    valid and ``trust_incoming`` holds) and a span called ``handler``. It logs "Request received" and "Response sent"
    (``status``, ``duration_ms``; the latter until the last byte of the answer) at INFO through ``logger``, and answers
    with an ``x-request-id`` header.

    An exception that leaves the application is logged at ERROR with its trace. If no answer has begun, the client gets
    a 500 that names its request id. It goes on to the server only when an answer was broken off in the middle, because
    otherwise the server would log the same fault once more.

    Paths in ``quiet`` (health checks) log nothing when they succeed. Websockets and lifespan pass through untouched.
    """

    def __init__(
        self, app: App, *, logger: str = "http", trust_incoming: bool = True, quiet: Collection[str] = ()
    ) -> None:
        self._app = app
        self._log = logging.getLogger(logger)
        self._trust_incoming = trust_incoming
        self._quiet = frozenset(quiet)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = request_from(scope["headers"]) if self._trust_incoming else Request()
        async with _Exchange(scope, send, request, self._log, scope["path"] in self._quiet) as exchange:
            await self._app(scope, receive, exchange.send)


class _Exchange:
    """One request and its answer; leaving it is what ends the request, however it ended."""

    def __init__(self, scope: Scope, send: Send, request: Request, log: logging.Logger, quiet: bool) -> None:
        self._scope = scope
        self._send = send
        self._request = request
        self._log = log
        self._quiet = quiet
        self._status = 0  # 0: no answer has begun
        self._complete = False
        self._stack = ExitStack()
        self._span: Span

    async def __aenter__(self) -> _Exchange:
        ids = {"request_id": self._request.request_id, "trace_id": self._request.trace_id}
        where = {"method": self._scope["method"], "path": self._scope["path"]}
        self._span = self._stack.enter_context(span("handler", request=self._request, **ids, **where))
        if not self._quiet:
            self._log.info("Request received", extra=where)
        return self

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            own = [pair for pair in message.get("headers", ()) if pair[0].lower() != b"x-request-id"]
            message = {**message, "headers": [*own, (b"x-request-id", self._request.request_id.encode())]}
        elif message["type"] == "http.response.body" and not message.get("more_body", False):
            self._complete = True
        await self._send(message)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> bool:
        with self._stack:
            if isinstance(error, Exception):
                return await self._failed(error)
            if isinstance(error, asyncio.CancelledError):
                self._finish("Request cancelled", self._status or CLIENT_CLOSED)
            elif error is None:
                self._finish("Response sent", self._status)
            return False

    async def _failed(self, error: Exception) -> bool:
        self._log.error("Unhandled exception", exc_info=error, extra=self._route())
        self._quiet = False
        broken_off = self._status != 0 and not self._complete
        if self._status == 0:
            await self._answer_500()
        self._finish("Response broken off" if broken_off else "Response sent", self._status)
        return not broken_off

    async def _answer_500(self) -> None:
        body = json.dumps({"error": "internal server error", "request_id": self._request.request_id}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await self.send({"type": "http.response.start", "status": 500, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})

    def _finish(self, message: str, status: int) -> None:
        if self._quiet and status < 400:
            return
        extra = {"status": status, "duration_ms": self._span.elapsed_ms, **self._route()}
        self._log.info(message, extra=extra)

    def _route(self) -> dict[str, Any]:
        """Method and path, and the route's pattern where the framework says it: it groups what the path scatters."""
        known = {"method": self._scope["method"], "path": self._scope["path"]}
        pattern = getattr(self._scope.get("route"), "path", None)
        return {**known, "route": pattern} if isinstance(pattern, str) else known


def request_from(headers: Iterable[tuple[bytes, bytes]]) -> Request:
    """The ids that a caller sent, as far as they are valid; what is missing or invalid is made anew.

    A header that came more than once says nothing certain, so it counts as invalid (for traceparent by W3C, 3.2.1).
    """
    sent: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        lower = name.lower()
        if lower in (b"x-request-id", b"traceparent", b"tracestate"):
            sent.setdefault(lower, []).append(value)
    if not sent:
        return Request()
    single = {name: values[0].decode("latin-1").strip() for name, values in sent.items() if len(values) == 1}
    given: dict[str, Any] = {}
    request_id = accept_request_id(single.get(b"x-request-id", ""))
    if request_id is not None:
        given["request_id"] = request_id
    parent = parse_traceparent(single.get(b"traceparent", ""))
    if parent is not None:
        given.update(trace_id=parent.trace_id, flags=parent.flags, tracestate=_tracestate(sent))
    return Request(**given)


def _tracestate(sent: dict[bytes, list[bytes]]) -> str | None:
    """Unlike the others this header may be spread over several lines, which are joined (W3C, 3.3)."""
    return accept_tracestate(b",".join(sent.get(b"tracestate", [])).decode("latin-1").strip())
