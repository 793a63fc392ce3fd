"""Headers that carry the current ids to the next service."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

from logmedic.tracing.context import current_span


class _HttpxRequest(Protocol):
    @property
    def headers(self) -> MutableMapping[str, str]: ...


def outgoing_headers() -> dict[str, str]:
    """``x-request-id``, ``traceparent`` and, when one came in, ``tracestate``. Empty outside of a request.

    Where OpenTelemetry has a current span, its trace context is what goes out: both sides then see one trace.
    """
    here = current_span()
    if here is None or here.request is None:
        return {}
    request = here.request
    headers = {"x-request-id": request.request_id}
    theirs = opentelemetry_ids()
    if theirs is not None:
        trace_id, span_id, flags = theirs
        headers["traceparent"] = f"00-{trace_id}-{span_id}-{flags:02x}"
    else:
        # Bits other than "sampled" and "random" are not known to version 00, so they must go out as 0 (W3C, 3.2.2.5).
        headers["traceparent"] = f"00-{request.trace_id}-{here.id}-{request.flags & 3:02x}"
    if request.tracestate is not None:
        headers["tracestate"] = request.tracestate
    return headers


def request_hook() -> Callable[[_HttpxRequest], None]:
    """For a synchronous client: ``httpx2.Client(event_hooks={"request": [request_hook()]})``."""
    return _add_headers


def async_request_hook() -> Callable[[_HttpxRequest], Awaitable[None]]:
    """For an async client: ``httpx2.AsyncClient(event_hooks={"request": [async_request_hook()]})``."""

    async def add(request: _HttpxRequest) -> None:
        _add_headers(request)

    return add


def _add_headers(request: _HttpxRequest) -> None:
    """What the caller set itself stays."""
    for name, value in outgoing_headers().items():
        if name not in request.headers:
            request.headers[name] = value


def opentelemetry_ids() -> tuple[str, str, int] | None:
    """Trace id, span id and flags of OpenTelemetry's current span, if the process uses OpenTelemetry at all.

    Looked up in ``sys.modules``, never imported here: a process that has not imported it has no current span, and
    one that imports it after :func:`logmedic.tracing.setup` is seen all the same.
    """
    trace: Any = sys.modules.get("opentelemetry.trace")
    get_current_span = getattr(trace, "get_current_span", None)
    if get_current_span is None:  # absent, or still half imported
        return None
    context = get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return f"{context.trace_id:032x}", f"{context.span_id:016x}", int(context.trace_flags)
