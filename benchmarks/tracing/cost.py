"""What the tracing layer costs a request: ``python benchmarks/tracing/cost.py [requests]``.

One ASGI application, called in process without a server, that logs one line of its own. Compared in one run, in
turns, so that a busy machine slows all of them: no logging at all; the same three lines through :mod:`logging` with a
formatter built on :mod:`json` and ``RotatingFileHandler`` (what most services write by hand); our layer with its
middleware, a span and a rotated file. Printed: µs of CPU per request (median of the rounds), the ratio to the
hand-written one, bytes a line.
"""

from __future__ import annotations

import asyncio
import json
import logging
import logging.handlers
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from logmedic.tracing import RequestTracing, span
from logmedic.tracing.format import JsonFormatter
from logmedic.tracing.output import JsonHandler, RotatingFile

ROUNDS = 15
SIZE = 50 << 20
SCOPE = {"type": "http", "method": "GET", "path": "/api/tickets/7", "headers": [(b"host", b"x"), (b"accept", b"*/*")]}
REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")


async def application(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


def logging_application(logger: logging.Logger) -> Any:
    async def logging_app(scope: Any, receive: Any, send: Any) -> None:
        logger.info("Processing ticket", extra={"ticket": 7})
        await application(scope, receive, send)

    return logging_app


class HandWritten(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
            "request_id": REQUEST_ID.get(),
        }
        for key in ("ticket", "method", "path", "status", "duration_ms"):
            if key in record.__dict__:
                line[key] = record.__dict__[key]
        return json.dumps(line)


def hand_written(app: Any, logger: logging.Logger) -> Any:
    async def middleware(scope: Any, receive: Any, send: Any) -> None:
        request_id = uuid.uuid4().hex
        token = REQUEST_ID.set(request_id)
        started = time.perf_counter()
        status = 0

        async def send_with_id(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"].append((b"x-request-id", request_id.encode()))
            await send(message)

        logger.info("Request received", extra={"method": scope["method"], "path": scope["path"]})
        await app(scope, receive, send_with_id)
        elapsed = (time.perf_counter() - started) * 1000
        logger.info("Response sent", extra={"status": status, "duration_ms": elapsed})
        REQUEST_ID.reset(token)

    return middleware


def with_span(app: Any) -> Any:
    async def in_span(scope: Any, receive: Any, send: Any) -> None:
        with span("service.ticket"):
            await app(scope, receive, send)

    return in_span


def logger_to(name: str, handler: logging.Handler) -> logging.Logger:
    logger = logging.getLogger(name)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(handler)
    return logger


def timed(app: Any, requests: int) -> float:
    """µs of CPU per request."""

    async def send(message: Any) -> None:
        pass

    async def run() -> float:
        started = time.process_time()
        for _ in range(requests):
            await app({**SCOPE}, None, send)
        return (time.process_time() - started) / requests * 1e6

    return asyncio.run(run())


def main() -> None:
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    with tempfile.TemporaryDirectory() as directory:
        theirs, ours = Path(directory, "hand.log"), Path(directory, "ours.log")
        rotating = logging.handlers.RotatingFileHandler(theirs, maxBytes=SIZE, backupCount=3)
        rotating.setFormatter(HandWritten())
        hand = logger_to("bench.hand", rotating)
        handler = JsonHandler(JsonFormatter(service="b"), [RotatingFile(ours, max_bytes=SIZE, backups=3)])
        layer = logger_to("bench.ours", handler)
        apps: dict[str, Callable[..., Any]] = {
            "no logging": application,
            "logging + json, by hand": hand_written(logging_application(hand), hand),
            "logmedic.tracing": RequestTracing(with_span(logging_application(layer)), logger="bench.ours"),
        }
        rounds: dict[str, list[float]] = {name: [] for name in apps}
        for app in apps.values():
            timed(app, requests // 10)
        for _ in range(ROUNDS):
            for name, app in apps.items():
                rounds[name].append(timed(app, requests))
        base = statistics.median(rounds["logging + json, by hand"])
        for name, values in rounds.items():
            median = statistics.median(values)
            print(f"{name:26} {median:8.1f} µs/request  ×{median / base:4.2f}  (best {min(values):.1f})")
        lines = 3 * (requests * ROUNDS + requests // 10)
        print(f"bytes a line: by hand {size(theirs) / lines:.0f}, ours {size(ours) / lines:.0f}")
        rotating.close()
        handler.close()


def size(path: Path) -> int:
    return sum(part.stat().st_size for part in path.parent.glob(f"{path.name}*"))


if __name__ == "__main__":
    main()
