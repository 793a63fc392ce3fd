"""The stand-in for CloudWatch Logs behind HTTP on loopback, for real boto3 with an ``endpoint_url``.

Source: AWS JSON 1.1 protocol (header ``X-Amz-Target``, errors with ``__type``). Requests have to be signed;
by whom is not looked at.
"""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from logmedic.testing.cloudwatch import FakeCloudWatch, Refused


class CloudWatchServer:
    """A context manager; ``url`` is where it listens, ``logs`` what it serves."""

    def __init__(self) -> None:
        self.logs = FakeCloudWatch(time.time_ns)
        lock = threading.Lock()
        logs = self.logs

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
                what = self.headers.get("x-amz-target", "").partition("Logs_20140328.")[2]
                with lock:
                    status, answer = _answered(logs, what, asked, signed="authorization" in self.headers)
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-type", "application/x-amz-json-1.1")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> CloudWatchServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _answered(logs: FakeCloudWatch, what: str, asked: dict[str, Any], *, signed: bool) -> tuple[int, Any]:
    actions = {
        "FilterLogEvents": logs.filter_log_events,
        "DescribeLogGroups": logs.describe_log_groups,
        "DescribeLogStreams": logs.describe_log_streams,
        "StartQuery": logs.start_query,
        "GetQueryResults": logs.get_query_results,
        "StopQuery": logs.stop_query,
    }
    if not signed:
        return 403, {"__type": "MissingAuthenticationTokenException", "message": "Missing Authentication Token"}
    if what not in actions:
        return 400, {"__type": "UnknownOperationException", "message": what}
    try:
        return 200, actions[what](**asked)
    except Refused as error:
        return error.status, {"__type": error.code, "message": error.message}
