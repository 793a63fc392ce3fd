"""Spans nest, follow the task and carry the ids out of the service."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from tracing_memory import Memory

from logmedic.tracing import (
    Request,
    async_request_hook,
    current_request,
    current_span,
    outgoing_headers,
    request_hook,
    span,
)
from logmedic.tracing.ids import parse_traceparent

LOG = logging.getLogger("shop")


def names(line: dict[str, Any]) -> list[str]:
    return [one["name"] for one in line.get("spans", [])]


def test_every_line_names_the_spans_around_it(log: Memory) -> None:
    with span("handler", request=Request(request_id="r")), span("service.process", order=7), span("external.claude"):
        LOG.info("asked")
    LOG.info("after")
    asked = log.named("asked")
    assert names(asked) == ["handler", "service.process", "external.claude"]
    assert asked["spans"][1] == {"order": 7, "name": "service.process"}
    assert asked["span"] == {"name": "external.claude"}
    assert "spans" not in log.named("after")


def test_what_a_span_records_shows_in_later_lines(log: Memory) -> None:
    with span("handler") as outer, span("inner"):
        outer.record(user=3, name="other")
        LOG.info("here")
    assert log.named("here")["spans"][0] == {"name": "handler", "user": 3}


def test_a_span_that_ends_says_how_long_it_took_and_what_left_it(log: Memory) -> None:
    with pytest.raises(KeyError), span("service") as work:
        raise KeyError("x")
    ended = log.named("Span ended")
    assert ended["level"] == "DEBUG"
    assert ended["fields"]["elapsed_ms"] == work.elapsed_ms >= 0
    assert ended["fields"]["error.type"] == "KeyError"
    assert ended["filename"] == __file__
    assert "duration_ms" not in ended["fields"]


def test_decorated_functions_keep_their_name_and_run_in_a_span_of_their_own(log: Memory) -> None:
    @span("service", kind="plain")
    def plain(depth: int) -> str:
        LOG.info("depth %d", depth)
        return "done" if depth == 0 else plain(depth - 1)

    @span("service.async")
    async def waiting() -> str:
        LOG.info("in async")
        return plain(0)

    assert plain(1) == "done"
    assert plain.__name__ == "plain"
    assert names(log.named("depth 0")) == ["service", "service"]
    assert asyncio.run(waiting()) == "done"
    assert names(log.named("in async")) == ["service.async"]
    assert asyncio.iscoroutinefunction(waiting)


def test_a_span_that_ends_in_another_context_than_it_began_breaks_nothing() -> None:
    def dependency() -> Iterator[int]:
        with span("dependency"):
            yield 1

    halves = dependency()
    contextvars.copy_context().run(next, halves)
    assert contextvars.copy_context().run(next, halves, "ended") == "ended"
    assert current_span() is None


def test_a_generator_cannot_be_decorated() -> None:
    def items() -> Iterator[int]:
        yield 1

    with pytest.raises(TypeError, match="cannot decorate the generator"):
        span("x")(items)


def test_concurrent_tasks_keep_their_own_ids() -> None:
    async def serve(number: int) -> None:
        with span("handler", request=Request(request_id=f"r{number}")):
            await asyncio.sleep(0)
            assert outgoing_headers()["x-request-id"] == f"r{number}"
            await asyncio.to_thread(check, number)
            await asyncio.create_task(check_later(number))

    def check(number: int) -> None:
        request = current_request()
        assert request is not None
        assert request.request_id == f"r{number}"

    async def check_later(number: int) -> None:
        check(number)

    async def everything() -> None:
        await asyncio.gather(*(serve(number) for number in range(50)))

    asyncio.run(everything())
    assert current_span() is None


def test_outgoing_headers_carry_the_trace_and_a_span_of_our_own() -> None:
    request = Request(request_id="r", flags=0xFF, tracestate="v=1")
    with span("handler", request=request), span("external") as here:
        headers = outgoing_headers()
    parent = parse_traceparent(headers["traceparent"])
    assert parent is not None
    assert (parent.trace_id, parent.parent_id, parent.flags) == (request.trace_id, here.id, 3)
    assert (headers["x-request-id"], headers["tracestate"]) == ("r", "v=1")


def test_outside_of_a_request_nothing_goes_out() -> None:
    assert outgoing_headers() == {}
    with span("startup"):
        assert outgoing_headers() == {}


def test_the_context_of_opentelemetry_goes_out_when_it_has_a_span() -> None:
    trace = pytest.importorskip("opentelemetry.trace")
    context = trace.SpanContext(0xABC, 0xDEF, is_remote=False, trace_flags=trace.TraceFlags(0))
    with span("handler", request=Request()), trace.use_span(trace.NonRecordingSpan(context)):
        assert outgoing_headers()["traceparent"] == f"00-{0xABC:032x}-{0xDEF:016x}-00"


def test_the_hooks_add_the_ids_to_requests_and_leave_what_the_caller_set() -> None:
    def echo(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json=dict(request.headers))

    async def ask() -> dict[str, str]:
        hooks = {"request": [async_request_hook()]}
        async with httpx2.AsyncClient(transport=httpx2.MockTransport(echo), event_hooks=hooks) as client:
            return (await client.get("http://x/")).json()

    hooks = {"request": [request_hook()]}
    with (
        span("handler", request=Request(request_id="r")),
        httpx2.Client(transport=httpx2.MockTransport(echo), event_hooks=hooks) as client,
    ):
        seen = client.get("http://x/", headers={"x-request-id": "mine"}).json()
        assert seen["x-request-id"] == "mine"
        assert parse_traceparent(seen["traceparent"]) is not None
        assert asyncio.run(ask())["x-request-id"] == "r"
