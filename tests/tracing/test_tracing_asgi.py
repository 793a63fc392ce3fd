"""The middleware gives every request its ids, its span and its two lines, and turns a fault into one error line."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request as StarletteRequest
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route
from tracing_memory import Memory

from logmedic.tracing import RequestTracing, current_request

TRACE = "0af7651916cd43dd8448eb211c80319c"


class Answer:
    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    @property
    def status(self) -> int:
        return self.messages[0]["status"]

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages[1:])

    def header(self, name: str) -> list[str]:
        return [value.decode() for key, value in self.messages[0]["headers"] if key == name.encode()]


def call(app: Any, path: str = "/", headers: dict[str, str] | list[tuple[str, str]] | None = None) -> Answer:
    """One GET against a bare ASGI application, without a server."""
    pairs = headers.items() if isinstance(headers, dict) else headers or []
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "path": path,
        "raw_path": path.encode(), "root_path": "", "query_string": b"secret=1", "scheme": "http",
        "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1),
        "headers": [(name.encode(), value.encode()) for name, value in pairs],
    }  # fmt: skip
    answer = Answer()
    incoming = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> dict[str, Any]:
        if not incoming:
            await asyncio.Event().wait()  # the client stays connected
        return incoming.pop()

    async def send(message: Any) -> None:
        answer.messages.append(message)

    asyncio.run(app(scope, receive, send))
    return answer


async def hello(request: StarletteRequest) -> PlainTextResponse:
    logging.getLogger("shop").info("inside")
    here = current_request()
    assert here is not None
    return PlainTextResponse(f"{here.request_id} {here.trace_id}", headers={"x-request-id": "forged"})


async def bug(request: StarletteRequest) -> PlainTextResponse:
    raise KeyError("plan")


async def broken_stream(request: StarletteRequest) -> StreamingResponse:
    async def body() -> Any:
        yield b"half"
        raise OSError("disk gone")

    return StreamingResponse(body())


ROUTES = [Route("/", hello), Route("/items/{id}", hello), Route("/bug", bug), Route("/stream", broken_stream)]


@pytest.fixture
def app() -> RequestTracing:
    return RequestTracing(Starlette(routes=ROUTES), quiet={"/bug", "/items/1"})


def test_a_request_has_a_first_and_a_last_line_around_its_own(app: RequestTracing, log: Memory) -> None:
    call(app)
    lines = [line for line in log.lines if line["level"] == "INFO"]
    assert [line["fields"]["message"] for line in lines] == ["Request received", "inside", "Response sent"]
    assert len({line["fields"]["request_id"] for line in lines}) == 1
    assert lines[0]["fields"]["method"] == "GET"
    assert lines[0]["fields"]["path"] == "/"
    assert lines[2]["fields"]["status"] == 200
    assert 0 < lines[2]["fields"]["duration_ms"] < 60_000
    assert all(line["span"]["name"] == "handler" for line in lines)
    assert all(line["span"]["request_id"] == line["fields"]["request_id"] for line in lines)
    assert b"secret" not in b"".join(log.raw)


def test_the_pattern_of_the_route_is_named_where_the_framework_tells(log: Memory) -> None:
    async def framework(scope: Any, receive: Any, send: Any) -> None:
        scope["route"] = Route("/items/{id}", hello)
        await hello_app(scope, receive, send)

    hello_app = Starlette(routes=ROUTES)
    call(RequestTracing(framework), "/items/7")
    fields = log.named("Response sent")["fields"]
    assert (fields["path"], fields["route"]) == ("/items/7", "/items/{id}")


def test_valid_ids_of_the_caller_are_taken_over_and_answered(app: RequestTracing, log: Memory) -> None:
    answer = call(app, headers={"X-Request-ID": "abc-1", "traceparent": f"00-{TRACE}-b7ad6b7169203331-01"})
    assert answer.body.decode() == f"abc-1 {TRACE}"
    assert answer.header("x-request-id") == ["abc-1"]


@pytest.mark.parametrize(
    "headers",
    [
        [("x-request-id", "@everyone")],
        [("x-request-id", "abc-1"), ("x-request-id", "abc-2")],
        [("traceparent", f"ff-{TRACE}-b7ad6b7169203331-01")],
        [("traceparent", f"00-{TRACE}-b7ad6b7169203331-01")] * 2,
    ],
)
def test_invalid_or_repeated_ids_are_replaced(app: RequestTracing, headers: list[tuple[str, str]]) -> None:
    request_id, trace_id = call(app, headers=headers).body.decode().split()
    assert len(request_id) == 32
    assert trace_id != TRACE


def test_ids_are_made_anew_when_the_caller_is_not_trusted() -> None:
    app = RequestTracing(Starlette(routes=ROUTES), trust_incoming=False)
    assert not call(app, headers={"x-request-id": "abc-1"}).body.startswith(b"abc-1")


def test_an_unhandled_exception_is_one_error_line_and_a_500_that_names_the_request(log: Memory) -> None:
    async def bare(scope: Any, receive: Any, send: Any) -> None:
        raise KeyError("plan")

    answer = call(RequestTracing(bare))
    errors = [line for line in log.lines if line["level"] == "ERROR"]
    assert [line["fields"]["exception"]["type"] for line in errors] == ["KeyError"]
    assert answer.status == 500
    assert answer.header("x-request-id")[0].encode() in answer.body
    assert log.named("Response sent")["fields"]["status"] == 500


def test_a_500_that_the_framework_has_answered_is_not_raised_on(app: RequestTracing, log: Memory) -> None:
    """Starlette answers and raises on; the server would log the same fault once more."""
    assert call(app, "/bug").status == 500
    fault = log.named("Unhandled exception")["fields"]
    assert fault["exception"]["frames"][-1]["function"] == "bug"
    assert log.named("Response sent")["fields"]["status"] == 500


def test_an_answer_broken_off_in_the_middle_is_logged_and_raised_on(app: RequestTracing, log: Memory) -> None:
    with pytest.raises(OSError, match="disk gone"):
        call(app, "/stream")
    assert log.named("Unhandled exception")["level"] == "ERROR"
    assert log.named("Response broken off")["fields"]["status"] == 200


def test_a_cancelled_request_is_said_to_be(log: Memory) -> None:
    async def cancelled(scope: Any, receive: Any, send: Any) -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        call(RequestTracing(cancelled))
    assert log.named("Request cancelled")["fields"]["status"] == 499


def test_quiet_paths_log_nothing_when_they_succeed(app: RequestTracing, log: Memory) -> None:
    call(app, "/items/1")
    assert {line["fields"]["message"] for line in log.lines} == {"inside", "Span ended"}


@pytest.mark.parametrize("kind", ["lifespan", "websocket"])
def test_other_scopes_pass_through_untouched(kind: str, log: Memory) -> None:
    seen = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope, receive, send, current_request()))

    scope, receive, send = {"type": kind}, object(), object()
    asyncio.run(RequestTracing(inner)(scope, receive, send))  # type: ignore[arg-type]  # passed on, never called
    assert seen == [(scope, receive, send, None)]
    assert log.raw == []
