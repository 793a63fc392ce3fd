"""A strict Discord webhook on loopback: what it accepts, Discord accepts (see :mod:`logmedic.testing.discord_rules`).

::

    with FakeDiscord() as discord:
        ...  # post to discord.url
        assert discord.messages[0]["embeds"][0]["title"] == "…"

Source of the behaviour and of the error codes: Discord developer documentation, "Webhook Resource", "Rate Limits",
"Opcodes and Status Codes → JSON Error Codes".
"""

from __future__ import annotations

import json
import math
import re
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from logmedic.testing.discord_rules import complaints, is_empty, pings

_ROUTE = re.compile(r"/api(?:/v(?:9|10))?/webhooks/(?P<id>[^/]+)/(?P<token>[^/]+)(?:/messages/(?P<message>[^/]+))?\Z")
_FIRST_ID = 1_400_000_000_000_000_000
_ERRORS = {
    10003: (404, "Unknown Channel"),
    10008: (404, "Unknown Message"),
    10015: (404, "Unknown Webhook"),
    40333: (403, "internal network error"),
    50006: (400, "Cannot send an empty message"),
    50027: (401, "Invalid Webhook Token"),
    50035: (400, "Invalid Form Body"),
    50083: (400, "Thread is archived"),
    50109: (400, "The request body contains invalid JSON."),
    220001: (400, "Webhooks posted to forum channels must have a thread_name or thread_id"),
    220002: (400, "Webhooks posted to forum channels cannot have both a thread_name and thread_id"),
    220003: (400, "Webhooks can only create threads in forum channels"),
}


@dataclass(frozen=True)
class Answer:
    """Status 0 is no answer at all: the connection is closed."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Fault:
    """What happens to the next request instead of, or besides, an ordinary answer. Made by the functions below."""

    answer: Answer | None = None  # sent instead; the request has no effect
    drop_answer: bool = False  # the request takes effect, then the connection is closed
    wait: float = 0.0  # seconds before anything else

    @staticmethod
    def rate_limited(retry_after: float, *, is_global: bool = False, body: bool = True, header: bool = True) -> Fault:
        """A 429 of the API, saying how long in the body (seconds, a float), in the header (whole seconds) or both."""
        said: dict[str, Any] = {"message": "You are being rate limited.", "global": is_global}
        headers = {"X-RateLimit-Scope": "global" if is_global else "shared"}
        if body:
            said["retry_after"] = retry_after
        if header:
            headers["Retry-After"] = str(math.ceil(retry_after))
        if is_global:
            headers["X-RateLimit-Global"] = "true"
        return Fault(_json(429, said, headers))

    @staticmethod
    def cloudflare(retry_after: int | None) -> Fault:
        """A 429 of Cloudflare, in front of the API: HTML, and at most a header."""
        headers = {"Content-Type": "text/html; charset=UTF-8", "Server": "cloudflare"}
        if retry_after is not None:
            headers["Retry-After"] = str(retry_after)
        return Fault(Answer(429, b"<!doctype html><title>Error 1015</title>You are being rate limited", headers))

    @staticmethod
    def status(status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> Fault:
        return Fault(Answer(status, body, headers or {"Content-Type": "text/html"}))

    @staticmethod
    def error(code: int) -> Fault:
        """A refusal with one of the API's error codes."""
        return Fault(_refusal(code))

    @staticmethod
    def lost_answer() -> Fault:
        """The message is stored, its answer never arrives."""
        return Fault(drop_answer=True)

    @staticmethod
    def hang_up() -> Fault:
        """The connection is closed before anything happened."""
        return Fault(Answer(0))

    @staticmethod
    def slow(seconds: float) -> Fault:
        """An ordinary answer after ``seconds``; give more than the client's time-out and it hangs."""
        return Fault(wait=seconds)


class FakeDiscord:
    """One webhook of one channel. ``messages`` is what the channel shows; ``pings`` whom it called.

    ``limit`` requests per ``per`` seconds are let through, as Discord does by default for a webhook. Hand in the
    ``monotonic`` of a fake clock to let its sleeping move the window.
    """

    def __init__(
        self,
        *,
        forum: bool = False,
        limit: int = 5,
        per: float = 2.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.forum = forum
        self.messages: list[dict[str, Any]] = []
        self.threads: dict[str, str] = {}  # id → name
        self.archived: set[str] = set()  # thread ids
        self.pings: list[tuple[str, str]] = []  # whom, message id
        self.requests: list[tuple[str, str, Any]] = []  # method, path with query but without the token, body
        self.faults: deque[Fault] = deque()  # used up one per request, the first first
        self.deleted = False  # the webhook itself
        self._limit, self._per, self._monotonic = limit, per, monotonic
        self._window, self._used = -math.inf, 0
        self._next_id = _FIRST_ID
        self._id, self._channel = self._new_id(), self._new_id()
        self._token = secrets.token_urlsafe(51)
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> FakeDiscord:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """The webhook's URL, the secret of it."""
        return f"http://127.0.0.1:{self._server.server_port}/api/webhooks/{self._id}/{self._token}"

    @property
    def token(self) -> str:
        return self._token

    def handle(self, method: str, target: str, headers: dict[str, str], raw: bytes) -> Answer:
        """One request; ``headers`` have lower-case names."""
        body = _decoded(raw)
        with self._lock:
            self.requests.append((method, target.replace(self._token, "<token>"), body))
            fault = self.faults.popleft() if self.faults else Fault()
        if fault.wait and self._closing.wait(fault.wait):
            return Answer(0)
        if fault.answer is not None:
            return fault.answer
        with self._lock:
            answer = self._limited() or self._answer(method, target, headers, body)
            answer.headers.update(self._limit_headers())
        return Answer(0) if fault.drop_answer else answer

    def _limited(self) -> Answer | None:
        now = self._monotonic()
        if now >= self._window + self._per:
            self._window, self._used = now, 0
        if self._used < self._limit:
            self._used += 1
            return None
        left = self._window + self._per - now
        said = {"message": "You are being rate limited.", "retry_after": round(left, 3), "global": False}
        return _json(429, said, {"Retry-After": str(math.ceil(left)), "X-RateLimit-Scope": "user"})

    def _limit_headers(self) -> dict[str, str]:
        left = max(self._window + self._per - self._monotonic(), 0.0)
        return {
            "X-RateLimit-Limit": str(self._limit),
            "X-RateLimit-Remaining": str(self._limit - self._used),
            "X-RateLimit-Reset": f"{time.time() + left:.3f}",
            "X-RateLimit-Reset-After": f"{left:.3f}",
            "X-RateLimit-Bucket": "4d5e6f",
        }

    def _answer(self, method: str, target: str, headers: dict[str, str], body: Any) -> Answer:
        parts = urlsplit(target)
        route = _ROUTE.match(parts.path)
        if route is None:
            return _json(404, {"message": "404: Not Found", "code": 0})
        code = self._access_error(route["id"], route["token"], headers)
        if code is not None:
            return _refusal(code)
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        if method in ("POST", "PATCH"):
            refused = _check(body, headers, edit=method == "PATCH")
            if refused is not None:
                return refused
        if (route["message"] is None) != (method == "POST"):
            return _json(405, {"message": "405: Method Not Allowed", "code": 0})
        if route["message"] is None:
            return self._execute(body, query)
        return self._on_message(method, route["message"], query, body)

    def _access_error(self, id_: str, token: str, headers: dict[str, str]) -> int | None:
        if not headers.get("user-agent"):
            return 40333
        if id_ != self._id or self.deleted:
            return 10015
        return None if token == self._token else 50027

    def _execute(self, body: dict[str, Any], query: dict[str, str]) -> Answer:
        thread, name = query.get("thread_id"), body.get("thread_name")
        code = self._thread_error(thread, name)
        if code is not None:
            return _refusal(code)
        if name is not None:
            thread = self._new_id()
            self.threads[thread] = name
        self.archived.discard(thread or "")  # a new message takes its thread out of the archive
        # The first message of a forum post has the id of the post itself.
        id_ = thread if name is not None and thread is not None else self._new_id()
        message = {**body, "id": id_, "channel_id": thread or self._channel, "webhook_id": self._id, "edits": 0}
        self.messages.append(message)
        self.pings += [(whom, id_) for whom in pings(body)]
        return _json(200, message) if query.get("wait") in ("true", "1") else Answer(204)

    def _thread_error(self, thread: str | None, name: str | None) -> int | None:
        if thread is not None and name is not None:
            return 220002
        if thread is not None:
            return None if thread in self.threads else 10003
        if self.forum:
            return None if name is not None else 220001
        return 220003 if name is not None else None

    def _on_message(self, method: str, id_: str, query: dict[str, str], body: Any) -> Answer:
        channel = query.get("thread_id", self._channel)
        message = next((m for m in self.messages if m["id"] == id_ and m["channel_id"] == channel), None)
        code = self._message_error(method, message, channel)
        if message is None or code is not None:
            return _refusal(code or 10008)
        if method == "DELETE":
            self.messages.remove(message)
            return Answer(204)
        if method == "PATCH":
            # An edit shows mentions but calls nobody, so `pings` stays as it is.
            message.update(body)
            message["edits"] += 1
        return _json(200, message)

    def _message_error(self, method: str, message: dict[str, Any] | None, channel: str) -> int | None:
        if channel != self._channel and channel not in self.threads:
            return 10003
        if message is None:
            return 10008
        return 50083 if channel in self.archived and method != "GET" else None

    def _new_id(self) -> str:
        self._next_id += 1
        return str(self._next_id)


def _check(body: Any, headers: dict[str, str], *, edit: bool) -> Answer | None:
    if not isinstance(body, dict) or not headers.get("content-type", "").startswith("application/json"):
        return _refusal(50109)
    wrong = list(complaints(body, edit=edit))
    if wrong:
        return _invalid(wrong)
    return _refusal(50006) if not edit and is_empty(body) else None


def _decoded(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None


def _json(status: int, value: Any, headers: dict[str, str] | None = None) -> Answer:
    return Answer(status, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})


def _refusal(code: int) -> Answer:
    status, message = _ERRORS[code]
    return _json(status, {"message": message, "code": code})


def _invalid(wrong: list[tuple[str, str]]) -> Answer:
    errors = {path: {"_errors": [{"code": "INVALID", "message": message}]} for path, message in wrong}
    return _json(400, {"message": "Invalid Form Body", "code": 50035, "errors": errors})


def _handler(discord: FakeDiscord) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30
        wbufsize = -1  # one segment per answer; two would wait for each other (Nagle, delayed ACK: 40 ms)

        def _serve(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = discord.handle(self.command, self.path, headers, raw)
            if answer.status == 0:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.status != 204:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815  http.server looks them up by these names

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                pass  # the client has gone; what it asked for is in `requests`

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet: tests read `requests`."""

    return Handler
