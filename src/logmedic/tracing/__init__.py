"""What a Python service installs so that its log can be read by machines: JSON lines, request ids, spans.

Needs nothing of the rest of logmedic, only :mod:`msgspec`.

::

    from logmedic.tracing import RequestTracing, setup, span

    setup(service="shop", file="logs/shop.log", release="4f2a91c")
    app = RequestTracing(Starlette(routes=…))

    with span("service.process", order=order.id):
        log.debug("Processing…")
        log.error("Charge failed", exc_info=True, extra={"error_code": "AI_TIMEOUT"})
"""

from __future__ import annotations

from logmedic.tracing.asgi import RequestTracing
from logmedic.tracing.context import Request, Span, current_request, current_span, span
from logmedic.tracing.format import JsonFormatter
from logmedic.tracing.install import Installed, setup
from logmedic.tracing.outgoing import async_request_hook, outgoing_headers, request_hook

__all__ = [
    "Installed",
    "JsonFormatter",
    "Request",
    "RequestTracing",
    "Span",
    "async_request_hook",
    "current_request",
    "current_span",
    "outgoing_headers",
    "request_hook",
    "setup",
    "span",
]
