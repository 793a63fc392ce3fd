"""Where a task is: the request it serves and the spans around it.

Kept in one context variable, so it follows ``await``, ``asyncio.create_task`` and ``asyncio.to_thread`` by itself.
A thread started by hand begins empty; run it through ``contextvars.copy_context().run`` to keep the ids.
"""

from __future__ import annotations

import contextlib
import inspect
import logging
import time
from collections.abc import Callable
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from functools import cached_property, wraps
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

from logmedic.tracing.ids import new_request_id, new_span_id, new_trace_id

P = ParamSpec("P")
R = TypeVar("R")

_LOG = logging.getLogger("logmedic.tracing")


@dataclass(frozen=True, slots=True)
class Request:
    """What one incoming request carries through the service and out to the next one.

    ``flags`` are the trace flags that go out. A request that came without a trace says 01: its spans are recorded, in
    the log, and a next service that samples by its parent's flag would otherwise record nothing of it.
    """

    request_id: str = field(default_factory=new_request_id)
    trace_id: str = field(default_factory=new_trace_id)
    flags: int = 1
    tracestate: str | None = None


class Span:
    """One named piece of work. Made by :func:`span`; ``fields`` stand in every log line written inside it."""

    def __init__(self, name: str, fields: dict[str, Any], parent: Span | None, request: Request | None) -> None:
        self.fields = {**fields, "name": name}
        self.request = request
        # The dicts are shared with the enclosing spans on purpose: what they record later shows in inner lines too.
        self.path: tuple[dict[str, Any], ...] = (*(parent.path if parent else ()), self.fields)
        self._started = time.perf_counter()
        self._ended: float | None = None

    @property
    def name(self) -> str:
        return str(self.fields["name"])

    @cached_property
    def id(self) -> str:
        """16 hex digits, made when first asked for: most spans never send a request out."""
        return new_span_id()

    @property
    def elapsed_ms(self) -> float:
        """Milliseconds since the span began, until now or until it ended."""
        until = time.perf_counter() if self._ended is None else self._ended
        return round((until - self._started) * 1000, 3)

    def record(self, **fields: Any) -> None:
        """Add fields that became known only inside the span. ``name`` stays."""
        self.fields.update({**fields, "name": self.fields["name"]})

    def end(self) -> None:
        if self._ended is None:
            self._ended = time.perf_counter()


_CURRENT: ContextVar[Span | None] = ContextVar("logmedic_span", default=None)


def current_span() -> Span | None:
    return _CURRENT.get()


def current_request() -> Request | None:
    """The request being served; ``None`` outside of one (start-up, background work without a span)."""
    span_now = _CURRENT.get()
    return span_now.request if span_now else None


class span:  # noqa: N801  reads as a verb at the call site: ``with span("service.process"):``
    """A span as a context manager or a decorator, for plain and for async functions alike.

    ::

        with span("external.claude", model=model) as call:
            answer = await ask()
            call.record(tokens=answer.tokens)

        @span("service.process")
        async def process(order: Order) -> None: ...

    When it ends, one DEBUG line says so, with ``elapsed_ms`` and, when an exception left it, ``error.type``. The figure
    is not called ``duration_ms``: that name is the whole request's, and alert rules look at it.

    ``request`` starts a new request at this span; without it the span belongs to the request around it.
    """

    def __init__(self, name: str, /, *, request: Request | None = None, **fields: Any) -> None:
        self._name = name
        self._fields = fields
        self._request = request
        self._open: list[tuple[Span, Token[Span | None]]] = []

    def __enter__(self) -> Span:
        parent = _CURRENT.get()
        opened = Span(self._name, self._fields, parent, self._request or (parent.request if parent else None))
        self._open.append((opened, _CURRENT.set(opened)))
        return opened

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        opened, token = self._open.pop()
        opened.end()
        if _LOG.isEnabledFor(logging.DEBUG):
            extra: dict[str, Any] = {"elapsed_ms": opened.elapsed_ms}
            if kind is not None:
                extra["error.type"] = kind.__qualname__
            _LOG.debug("Span ended", extra=extra, stacklevel=2)
        # Frameworks run the two halves of a generator in different contexts (FastAPI's plain "yield" dependencies). The
        # variable was never set in the second one, so nothing is to be put back, and a span must not break a request.
        with contextlib.suppress(ValueError):
            _CURRENT.reset(token)

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Wrap a function; every call opens a span of its own.

        Raises:
            TypeError: for generators, whose body runs in pieces, each in the context of who asks for the next item.
        """
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(
                f"span cannot decorate the generator {function.__qualname__}; open it inside, or around use"
            )
        if inspect.iscoroutinefunction(function):

            @wraps(function)
            async def in_span_async(*args: P.args, **kwargs: P.kwargs) -> Any:
                with span(self._name, request=self._request, **self._fields):
                    return await function(*args, **kwargs)

            return in_span_async  # type: ignore[return-value]  # R is the coroutine that the wrapper returns too

        @wraps(function)
        def in_span(*args: P.args, **kwargs: P.kwargs) -> R:
            with span(self._name, request=self._request, **self._fields):
                return function(*args, **kwargs)

        return in_span
