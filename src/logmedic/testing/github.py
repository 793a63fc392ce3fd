"""A GitHub of one repository on a unix socket, for the real ``gh`` to talk to; nothing reaches beyond the machine.

::

    with FakeGitHub(schema, folder) as github:
        ...  # run gh with GH_CONFIG_DIR = github.config_dir and GH_TOKEN = github.token
        assert github.repository.issues[0].labels == ["logmedic"]

GraphQL is executed on GitHub's own schema (see :mod:`logmedic.testing.github_graph`); of REST there is what gh uses for
labels and files. Source of the error bodies and of the limits: GitHub's REST API documentation, "Troubleshooting"
and "Rate limits for the REST API".
"""

from __future__ import annotations

import base64
import json
import re
import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

from logmedic.testing import github_graph
from logmedic.testing.github_store import LOGIN, RefusedError, Repository

TOKEN = "ghp_" + "t0k3n" * 7


@dataclass(frozen=True)
class Fault:
    """What happens to the next request whose body or path holds ``match``, instead of or besides its answer."""

    match: str = ""
    status: int = 0  # 0: as if nothing were wrong
    message: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    drop_answer: bool = False  # the request takes effect, then the connection is closed
    wait: float = 0.0  # seconds before the answer

    @staticmethod
    def secondary_limit(retry_after: int | None, match: str = "", status: int = 403) -> Fault:
        said = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
        return Fault(match, status, said, {} if retry_after is None else {"Retry-After": str(retry_after)})

    @staticmethod
    def primary_limit(reset: int, match: str = "") -> Fault:
        """``reset``: seconds since the epoch."""
        headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(reset)}
        return Fault(match, 403, "API rate limit exceeded for user ID 1.", headers)


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 128
    fake: FakeGitHub

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is no news."""


class FakeGitHub:
    """``folder``: a short path for the socket and gh's settings (a socket's path has at most 107 bytes)."""

    def __init__(
        self, schema: Path, folder: Path, *, name: str = "acme/shop", now: Callable[[], float] | None = None
    ) -> None:
        owner, _, repository = name.partition("/")
        self.repository = Repository(owner, repository)
        if now is not None:
            self.repository.now = now
        self.token = TOKEN
        self.faults: list[Fault] = []
        self.requests: list[str] = []  # of each: method, path and the name of the GraphQL operation
        self.config_dir = folder
        self._schema = schema
        self._lock = threading.Lock()
        self._socket = folder / "s"

    def __enter__(self) -> FakeGitHub:
        github_graph.load(self._schema)
        (self.config_dir / "config.yml").write_text(f"version: 1\nhttp_unix_socket: {self._socket}\n", encoding="utf-8")
        self._server = _Server(str(self._socket), _Handler)
        self._server.fake = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._socket.unlink(missing_ok=True)

    def calls(self, part: str) -> int:
        """How many requests had ``part`` in their method, path or operation."""
        return sum(part in request for request in self.requests)

    def take_fault(self, request: str) -> Fault | None:
        with self._lock:
            found = next((fault for fault in self.faults if fault.match in request), None)
            if found is not None:
                self.faults.remove(found)
            return found

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        if path == "/graphql":
            return 200, github_graph.execute(github_graph.load(self._schema), self.repository, json.loads(body))
        repository = self.repository
        at = re.match(rf"/repos/{re.escape(repository.owner)}/{re.escape(repository.name)}/", path)
        if at is None:
            return (200, {"login": LOGIN}) if path == "/user" else (404, {"message": "Not Found"})
        rest = path[at.end() :]
        if method == "POST" and rest == "labels":
            return self._label(json.loads(body))
        if method == "GET" and rest.startswith("contents/"):
            text = repository.files.get(unquote(rest.removeprefix("contents/")))
            if text is not None:
                content = base64.b64encode(text.encode()).decode()
                return 200, {"type": "file", "encoding": "base64", "content": content}
        return 404, {"message": "Not Found"}

    def _label(self, given: dict[str, Any]) -> tuple[int, Any]:
        repository = self.repository
        with repository.lock:
            if not repository.may_write:
                return 403, {"message": "Resource not accessible by personal access token"}
            if repository.known_label(given["name"]) is not None:
                known = {"resource": "Label", "code": "already_exists", "field": "name"}
                return 422, {"message": "Validation Failed", "errors": [known]}
            try:
                repository.label(given["name"], given.get("color", ""))
            except RefusedError as error:
                return 422, {"message": "Validation Failed", "errors": [{"message": str(error)}]}
            return 201, {"id": 1, "node_id": f"L_{given['name']}", "name": given["name"]}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: tests read ``requests``."""

    def address_string(self) -> str:
        return "unix"

    def _serve(self) -> None:
        fake = self.server.fake
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        path = urlsplit(self.path).path
        operation = re.search(rb"(?:query|mutation) (\w+)", body)
        fake.requests.append(f"{self.command} {path} {operation[1].decode() if operation else ''}".strip())
        fault = fake.take_fault(f"{path} {body.decode('utf-8', 'replace')}") or Fault()
        if fault.wait:
            threading.Event().wait(fault.wait)
        if self.headers.get("authorization", "").rpartition(" ")[2] != fake.token:
            status, answer = 401, {"message": "Bad credentials"}
        elif fault.status:
            status, answer = fault.status, {"message": fault.message}
        else:
            status, answer = fake.answer(self.command, path, body)
        if fault.drop_answer:
            self.close_connection = True
            return
        self._send(status, json.dumps(answer).encode(), fault.headers)

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json; charset=utf-8", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815  names that the base class asks for
