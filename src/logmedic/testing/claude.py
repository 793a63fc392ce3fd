"""A small, strict stand-in for Anthropic's Messages API on loopback, which answers as told.

It refuses what the real one refuses (missing headers, unknown or ill-typed keys), in the same error shape, so a client
that works here sends a well-formed request. It streams a message that is ready, and does not think.
"""

from __future__ import annotations

import contextlib
import json
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from logmedic.testing.claude_rules import complaints
from logmedic.testing.claude_stream import events

MAX_BODY = 32 << 20  # bytes of a request, the documented limit of the Messages API

# Error types by status, as documented at https://docs.claude.com/en/api/errors
_ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}


@dataclass(frozen=True)
class Step:
    """One scripted answer. Make it with :func:`ok`, :func:`error` or :func:`timeout`."""

    status: int = 200
    content: Sequence[Mapping[str, Any]] = ()
    stop_reason: str = "end_turn"
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    hold: float = 0.0  # seconds without an answer, then the connection is closed
    cut: bool = False  # hang up in the middle of the body
    raw: bytes | None = None  # sent as the body instead of a message
    reply: Any = None  # a JSON value, as text or as a call of the tool that the request demands
    usage: Mapping[str, int] | None = None  # instead of a guess


def ok(text: str = "All is well.", *, content: Sequence[Mapping[str, Any]] | None = None) -> Step:
    """A message with one text block, or with the given content blocks (``tool_use`` blocks set the stop reason)."""
    blocks = ({"type": "text", "text": text},) if content is None else tuple(content)
    uses_tool = any(block.get("type") == "tool_use" for block in blocks)
    return Step(content=blocks, stop_reason="tool_use" if uses_tool else "end_turn")


def reply(value: Any, *, usage: Mapping[str, int] | None = None) -> Step:
    """A structured answer, in the way in which the request asks for one (a schema, or a tool)."""
    return Step(reply=value, usage=usage)


def truncated(text: str = '{"severity": "crit') -> Step:
    """An answer that ran into ``max_tokens``."""
    return Step(content=({"type": "text", "text": text},), stop_reason="max_tokens")


def refused() -> Step:
    """The model declines to answer."""
    return Step(content=(), stop_reason="refusal")


def cut() -> Step:
    """The connection ends in the middle of a message."""
    return Step(content=({"type": "text", "text": "All is we"},), cut=True)


def garbage(body: bytes = b"<html>502 Bad Gateway</html>") -> Step:
    """Status 200, and a body that is no message."""
    return Step(raw=body)


def error(status: int, message: str = "", *, retry_after: int | None = None) -> Step:
    """An error in Anthropic's shape. ``retry_after``: seconds.

    Raises:
        ValueError: for a status that the API does not use.
    """
    if status not in _ERROR_TYPES:
        raise ValueError(f"the Messages API has no error {status}; use one of {sorted(_ERROR_TYPES)}")
    headers = {} if retry_after is None else {"retry-after": str(retry_after)}
    return Step(status=status, message=message or _ERROR_TYPES[status].replace("_", " "), headers=headers)


def timeout(seconds: float = 30.0) -> Step:
    """Says nothing for so long (or until the server is closed), then hangs up."""
    return Step(hold=seconds)


SCENARIOS: dict[str, Step] = {
    "ok": ok(),
    "timeout": timeout(),
    "rate_limited": error(429, "This request would exceed your rate limit.", retry_after=7),
    "overloaded": error(529, "Overloaded"),
    "server_error": error(500, "Internal server error"),
}
SCENARIO_HEADER = "x-fake-scenario"


@dataclass(frozen=True)
class Received:
    """A request as it came in; header names in lower case, ``body`` decoded (``None`` when it was not JSON)."""

    path: str
    headers: Mapping[str, str]
    body: Any


class FakeClaude:
    """Serves on a free port of 127.0.0.1 between ``with`` and its end.

    What it answers to a well-formed request: the scenario that the request's ``x-fake-scenario`` header names (so that
    concurrent requests can break in different ways), else the next scripted step, else ``default``.
    """

    def __init__(
        self, default: Step | Callable[[Received], Step] | None = None, *, models: Sequence[str] | None = None
    ) -> None:
        """``default``: a step, or what makes one of a request. ``models``: those that exist; ``None``: any."""
        self.default = ok() if default is None else default
        self.models = None if models is None else frozenset(models)
        self.requests: list[Received] = []
        self._script: deque[Step] = deque()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """The base URL, without ``/v1``."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def script(self, *steps: Step) -> None:
        """Queue answers for the next requests, first come first served."""
        with self._lock:
            self._script.extend(steps)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving and let go of requests that are being held."""
        self._closing.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def answer(self, received: Received) -> Step:
        """What this request gets: an error when it is ill-formed, else the scenario, the script or the default."""
        with self._lock:
            self.requests.append(received)
            fault = _fault(received) or self._missing(received)
            if fault is not None:
                return fault
            scenario = received.headers.get(SCENARIO_HEADER)
            if scenario is not None:
                return SCENARIOS.get(scenario) or error(400, f"{SCENARIO_HEADER}: no scenario is called {scenario!r}")
            if self._script:
                return self._script.popleft()
        return self.default(received) if callable(self.default) else self.default

    def describe(self, received: Received) -> Step:
        """The answer to a question about one model."""
        with self._lock:
            self.requests.append(received)
        name = unquote(received.path.removeprefix("/v1/models/"))
        fault = _unidentified(received) or self._missing(Received(received.path, received.headers, {"model": name}))
        known = {"type": "model", "id": name, "display_name": name, "created_at": "2026-01-01T00:00:00Z"}
        return fault or Step(raw=json.dumps(known).encode())

    def _missing(self, received: Received) -> Step | None:
        name = received.body["model"]
        return None if self.models is None or name in self.models else error(404, f"model: {name}")

    def hold(self, seconds: float) -> None:
        self._closing.wait(seconds)


def _fault(received: Received) -> Step | None:
    """Why the API would refuse this request, in the order in which it checks."""
    if received.path != "/v1/messages":
        return error(404, f"Not found: {received.path}")
    unidentified = _unidentified(received)
    if unidentified is not None:
        return unidentified
    if not isinstance(received.body, dict):
        return error(400, "The request body is not valid JSON")
    complaint = next(complaints(received.body), None)
    return None if complaint is None else error(400, complaint)


def _unidentified(received: Received) -> Step | None:
    """The key comes as ``x-api-key``, or as a bearer token, as current SDKs send it."""
    scheme, _, token = received.headers.get("authorization", "").partition(" ")
    if not (received.headers.get("x-api-key") or (scheme == "Bearer" and token.strip())):
        return error(401, "x-api-key header is required")
    if not received.headers.get("anthropic-version"):
        return error(400, "anthropic-version: header is required")
    return None


def _structured(value: Any, body: Mapping[str, Any]) -> Step:
    """The value as the request wants it: through the tool that it must call, else as text."""
    if body.get("tools"):
        block = {"type": "tool_use", "id": "toolu_1", "name": body["tools"][0]["name"], "input": value}
        return Step(content=(block,), stop_reason="tool_use")
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return Step(content=({"type": "text", "text": text},))


def _body_of(step: Step, model: str, number: int) -> dict[str, Any]:
    if step.status != 200:
        fault = {"type": _ERROR_TYPES[step.status], "message": step.message}
        return {"type": "error", "error": fault, "request_id": f"req_{number:024d}"}
    written = sum(len(json.dumps(block)) for block in step.content)
    return {
        "id": f"msg_{number:024d}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": list(step.content),
        "stop_reason": step.stop_reason,
        "stop_sequence": None,
        "usage": dict(step.usage or {"input_tokens": 12, "output_tokens": max(1, written // 4)}),
    }


def _handler_for(fake: FakeClaude) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30.0  # seconds until a silent connection is dropped

        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            path = urlsplit(self.path).path
            known = path.startswith("/v1/models/")
            self._write(fake.describe(Received(path, headers, None)) if known else error(404, f"Not found: {path}"), "")

        def do_POST(self) -> None:
            length = self.headers.get("content-length", "")
            if not length.isdecimal() or int(length) > MAX_BODY:
                self.close_connection = True
                self._write(error(413, "Request exceeds the maximum size, or names no size"), "")
                return
            body = self.rfile.read(int(length))
            headers = {name.lower(): value for name, value in self.headers.items()}
            received = Received(urlsplit(self.path).path, headers, _decode(body))
            step = fake.answer(received)
            if step.hold:
                fake.hold(step.hold)
                self.close_connection = True
                return
            asked = received.body if isinstance(received.body, dict) else {}
            if step.reply is not None:
                step = replace(_structured(step.reply, asked), usage=step.usage)
            self._write(step, asked.get("model", ""), stream=asked.get("stream") is True)

        def _write(self, step: Step, model: str, *, stream: bool = False) -> None:
            number = len(fake.requests)
            message = _body_of(step, model, number)
            streams = stream and step.status == 200 and step.raw is None
            data = events(message) if streams else json.dumps(message).encode()
            data = data if step.raw is None else step.raw
            self.send_response(step.status, _ERROR_TYPES.get(step.status))
            for name, value in step.headers.items():
                self.send_header(name, value)
            self.send_header("content-type", "text/event-stream; charset=utf-8" if streams else "application/json")
            self.send_header("request-id", f"req_{number:024d}")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[: len(data) // 2] if step.cut else data)
            self.close_connection = self.close_connection or step.cut

        def log_message(self, format: str, *args: Any) -> None:
            """The stand-in is silent; ``FakeClaude.requests`` says what came in."""

    return Handler


def _decode(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def main() -> None:
    """``python -m logmedic.testing.claude``: print the URL, then answer until the process is told to end."""
    # A Ctrl-C is meant for the whole group of processes, and no error to tell of.
    with contextlib.suppress(KeyboardInterrupt), FakeClaude() as fake:
        sys.stdout.write(fake.url + "\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
