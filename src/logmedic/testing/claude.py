"""A small, strict stand-in for Anthropic's Messages API on loopback, which answers as told.

It refuses what the real one refuses (missing headers, unknown or ill-typed keys), in the same error shape, so a client
that works here sends a well-formed request. It does not stream and does not think.
"""

from __future__ import annotations

import json
import sys
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

MAX_BODY = 32 << 20  # bytes of a request, the documented limit of the Messages API

# Error types by status, as documented at https://docs.claude.com/en/api/errors
_ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}

_REQUIRED: dict[str, type | tuple[type, ...]] = {"model": str, "max_tokens": int, "messages": list}
_OPTIONAL: dict[str, type | tuple[type, ...]] = {
    "cache_control": dict, "container": (str, dict), "context_management": dict, "inference_geo": str,
    "mcp_servers": list, "metadata": dict, "output_config": dict, "output_format": dict, "service_tier": str,
    "speed": str, "stop_sequences": list, "stream": bool, "system": (str, list), "temperature": (int, float),
    "thinking": dict, "tool_choice": dict, "tools": list, "top_k": int, "top_p": (int, float),
}  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One scripted answer. Make it with :func:`ok`, :func:`error` or :func:`timeout`."""

    status: int = 200
    content: Sequence[Mapping[str, Any]] = ()
    stop_reason: str = "end_turn"
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    hold: float = 0.0  # seconds without an answer, then the connection is closed


def ok(text: str = "All is well.", *, content: Sequence[Mapping[str, Any]] | None = None) -> Step:
    """A message with one text block, or with the given content blocks (``tool_use`` blocks set the stop reason)."""
    blocks = ({"type": "text", "text": text},) if content is None else tuple(content)
    uses_tool = any(block.get("type") == "tool_use" for block in blocks)
    return Step(content=blocks, stop_reason="tool_use" if uses_tool else "end_turn")


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

    def __init__(self, default: Step | None = None) -> None:
        self.default = ok() if default is None else default
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
            fault = _fault(received)
            if fault is not None:
                return fault
            scenario = received.headers.get(SCENARIO_HEADER)
            if scenario is not None:
                return SCENARIOS.get(scenario) or error(400, f"{SCENARIO_HEADER}: no scenario is called {scenario!r}")
            return self._script.popleft() if self._script else self.default

    def hold(self, seconds: float) -> None:
        self._closing.wait(seconds)


def _fault(received: Received) -> Step | None:
    """Why the API would refuse this request, in the order in which it checks."""
    if received.path != "/v1/messages":
        return error(404, f"Not found: {received.path}")
    if not received.headers.get("x-api-key"):
        return error(401, "x-api-key header is required")
    if not received.headers.get("anthropic-version"):
        return error(400, "anthropic-version: header is required")
    if not isinstance(received.body, dict):
        return error(400, "The request body is not valid JSON")
    complaint = next(_complaints(received.body), None)
    return None if complaint is None else error(400, complaint)


def _complaints(body: Mapping[str, Any]) -> Iterator[str]:
    for key in _REQUIRED:
        if key not in body:
            yield f"{key}: Field required"
    for key, value in body.items():
        wanted = _REQUIRED.get(key) or _OPTIONAL.get(key)
        if wanted is None:
            yield f"{key}: Extra inputs are not permitted"
        elif not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
            yield f"{key}: Input should be a valid {wanted.__name__ if isinstance(wanted, type) else 'value'}"
    if body["max_tokens"] < 1:
        yield "max_tokens: must be greater than or equal to 1"
    if body.get("stream"):
        yield "stream: this stand-in does not stream"
    if not body["messages"]:
        yield "messages: at least one message is required"
    for number, message in enumerate(body["messages"]):
        yield from _message_complaints(f"messages.{number}", message)


def _message_complaints(place: str, message: Any) -> Iterator[str]:
    if not isinstance(message, dict) or set(message) != {"role", "content"}:
        yield f"{place}: needs exactly role and content"
        return
    if message["role"] not in ("user", "assistant"):
        yield f'{place}.role: must be "user" or "assistant"'
    content = message["content"]
    if isinstance(content, list):
        if not all(isinstance(block, dict) and isinstance(block.get("type"), str) for block in content):
            yield f"{place}.content: every block needs a type"
    elif not isinstance(content, str) or not content:
        yield f"{place}.content: must be a non-empty string or a list of blocks"


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
        "usage": {"input_tokens": 12, "output_tokens": max(1, written // 4)},
    }


def _handler_for(fake: FakeClaude) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30.0  # seconds until a silent connection is dropped

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
            self._write(step, received.body.get("model", "") if isinstance(received.body, dict) else "")

        def _write(self, step: Step, model: str) -> None:
            number = len(fake.requests)
            data = json.dumps(_body_of(step, model, number)).encode()
            self.send_response(step.status, _ERROR_TYPES.get(step.status))
            for name, value in step.headers.items():
                self.send_header(name, value)
            self.send_header("content-type", "application/json")
            self.send_header("request-id", f"req_{number:024d}")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

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
    with FakeClaude() as fake:
        sys.stdout.write(fake.url + "\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
