"""The sample service, run as its users run it, breaks in every way it promises, and its log says how."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import history
import httpx2
import pytest
import traffic

from logmedic.collect.dialects import decoder
from logmedic.collect.dialects.sniff import sniff
from logmedic.model import Level, LogRecord, Ref
from logmedic.testing.claude import FakeClaude

SLOW_S = 0.3
SOURCE = Path(__file__).parents[2] / "src"


@dataclass
class Running:
    url: str
    log: Path
    process: subprocess.Popen[bytes]
    facts: history.HistoryFacts

    def ask(self, method: str, path: str, **options: Any) -> httpx2.Response:
        return httpx2.request(method, self.url + path, timeout=60.0, trust_env=False, **options)

    def lines(self, request_id: str) -> list[dict[str, Any]]:
        """The lines of one request; its last one is written after the answer's last byte went out, so it may lag."""
        deadline = time.monotonic() + 60
        while True:
            decoded = (json.loads(line) for line in self.log.read_bytes().split(b"\n")[:-1])
            own = [line for line in decoded if line["fields"].get("request_id") == request_id]
            if time.monotonic() > deadline or (own and own[-1]["fields"]["message"] == "Response sent"):
                return own
            time.sleep(0.01)


def start(root: Path, claude: FakeClaude, *more: str) -> Running:
    facts = history.make_repository(root / "repo")
    command = [
        sys.executable, "-m", "backend", "--port", "0", "--log-dir", str(root / "logs"),
        "--claude-url", claude.url,
        "--release", facts.head, "--report-seconds", str(SLOW_S), "--quiet", *more,
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=facts.root, env={**os.environ, "PYTHONPATH": str(SOURCE)})
    log = root / "logs" / "backend.log"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        said = re.search(r"running on (http://127\.0\.0\.1:\d+) ", log.read_text("utf-8")) if log.exists() else None
        if said is not None:
            return Running(said[1], log, process, facts)
        time.sleep(0.02)
    process.kill()
    process.wait()
    raise AssertionError("the sample service did not start")


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory, claude: FakeClaude) -> Iterator[Running]:
    running = start(tmp_path_factory.mktemp("backend"), claude, "--breakable")
    yield running
    running.process.terminate()
    running.process.wait(60)


def test_a_request_passes_handler_service_and_the_external_api_under_one_id(
    backend: Running, claude: FakeClaude
) -> None:
    answer = backend.ask("POST", "/api/summaries", json={"text": "late"}, headers={"x-request-id": "outer-1"})
    assert answer.json() == {"summary": "All is well."}
    assert answer.headers["x-request-id"] == "outer-1"
    lines = backend.lines("outer-1")
    own = [line for line in lines if line["target"].startswith("backend")]
    assert [(line["level"], line["fields"]["message"]) for line in own] == [
        ("INFO", "Request received"),
        ("DEBUG", "Processing summary"),
        ("INFO", "Response sent"),
    ]
    outgoing = next(line for line in lines if line["target"].startswith("httpx2"))
    assert [one["name"] for one in outgoing["spans"]] == ["handler", "service.summarise", "external.claude"]
    sent = claude.requests[-1].headers
    assert sent["x-request-id"] == "outer-1"
    assert sent["traceparent"].split("-")[1] == own[0]["fields"]["trace_id"]
    assert own[-1]["fields"]["status"] == 200
    assert own[-1]["fields"]["release"] == backend.facts.head


@pytest.mark.parametrize(
    ("name", "status", "code", "kind", "cause"),
    [
        ("ai_timeout", 504, "AI_TIMEOUT", "backend.errors.AiTimeoutError", "httpx2.ReadTimeout"),
        ("ai_rate_limited", 503, "AI_RATE_LIMITED", "backend.errors.AiRateLimitedError", None),
        ("ai_overloaded", 503, "AI_OVERLOADED", "backend.errors.AiOverloadedError", None),
        ("auth_expired", 401, "AUTH_TOKEN_EXPIRED", "backend.errors.TokenExpiredError", None),
        ("db_pool", 503, "DB_POOL_EXHAUSTED", "backend.errors.PoolExhaustedError", "sqlalchemy.exc.TimeoutError"),
    ],
)
def test_a_break_is_one_error_line_with_its_code_and_exception(
    backend: Running, name: str, status: int, code: str, kind: str, cause: str | None
) -> None:
    answer = backend.ask("POST", f"/break/{name}", headers={"x-request-id": name})
    assert answer.status_code == status
    assert answer.json() == {"error": code, "request_id": name}
    lines = backend.lines(name)
    errors = [line["fields"] for line in lines if line["level"] == "ERROR"]
    assert [fields["error_code"] for fields in errors] == [code]
    assert errors[0]["exception"]["type"] == kind
    assert errors[0]["exception"].get("cause", {}).get("type") == cause
    assert lines[-1]["fields"]["status"] == status
    assert any(line["level"] == "DEBUG" and line["fields"]["message"].startswith("Processing") for line in lines)


def test_the_bug_is_an_unhandled_key_error_whose_frames_are_tracked_files(backend: Running) -> None:
    answer = backend.ask("POST", "/break/bug", headers={"x-request-id": "bug"})
    assert (answer.status_code, answer.headers["x-request-id"]) == (500, "bug")
    (error,) = (line["fields"] for line in backend.lines("bug") if line["level"] == "ERROR")
    assert (error["exception"]["type"], error["exception"]["message"]) == ("KeyError", "'trial'")
    frames = [frame for frame in error["exception"]["frames"] if frame["module"].startswith("backend.")]
    assert [(frame["file"], frame["function"]) for frame in frames[-3:]] == [
        ("backend/services.py", "Quotas.remaining"),
        ("backend/plans.py", "monthly_limit"),
        ("backend/plans.py", "_limit_of"),
    ]
    for frame in frames:
        quoted = (backend.facts.root / frame["file"]).read_text().splitlines()[frame["line"] - 1]
        assert quoted.strip() == frame["code"]
    assert b"Exception in ASGI application" not in backend.log.read_bytes()


def test_the_watcher_reads_everything_it_needs_from_such_a_log(backend: Running) -> None:
    backend.ask("POST", "/break/db_pool", headers={"x-request-id": "read"})
    backend.lines("read")
    data = backend.log.read_bytes()
    assert sniff(data[: 1 << 16]) == "rust-tracing"
    decode = decoder("rust-tracing").decode
    records = [
        decode(line, Ref("s", "t", number), time.time_ns()) for number, line in enumerate(data.split(b"\n")[:-1])
    ]
    assert all(isinstance(record, LogRecord) and record.flags == () for record in records)
    own = [record for record in records if isinstance(record, LogRecord) and record.request_id == "read"]
    error = next(record for record in own if record.level == Level.ERROR)
    assert (error.service, error.release, error.spans) == ("backend", backend.facts.head, ("handler", "service.export"))
    assert (error.error_code, error.exception_type) == ("DB_POOL_EXHAUSTED", "backend.errors.PoolExhaustedError")
    assert error.trace_id == own[0].trace_id
    assert error.stack is not None
    assert [part.type for part in error.stack.parts] == [error.exception_type, "sqlalchemy.exc.TimeoutError"]
    assert own[-1].duration_ms is not None


def test_the_same_bug_breaks_the_route_that_users_call(backend: Running) -> None:
    assert backend.ask("GET", "/api/customers/1/quota").json() == {"remaining": 2000}
    assert backend.ask("GET", "/api/customers/7/quota").status_code == 500
    assert backend.ask("GET", "/api/customers/99/quota").status_code == 404
    assert backend.ask("GET", "/api/export").json()["error"] == "DB_POOL_EXHAUSTED"


def test_a_slow_request_says_how_long_it_took(backend: Running) -> None:
    backend.ask("POST", "/break/slow", headers={"x-request-id": "slow"})
    sent = backend.lines("slow")[-1]["fields"]
    assert sent["message"] == "Response sent"
    assert SLOW_S * 1000 <= sent["duration_ms"] < 10_000


def test_a_surge_is_more_than_ten_errors(backend: Running) -> None:
    assert backend.ask("POST", "/break/surge", headers={"x-request-id": "surge"}).status_code == 200
    codes = [line["fields"].get("error_code") for line in backend.lines("surge") if line["level"] == "ERROR"]
    assert codes == ["IMPORT_ROW_INVALID"] * 15


def test_hostile_text_stays_text_inside_one_line(backend: Running) -> None:
    assert backend.ask("POST", "/break/hostile", headers={"x-request-id": "hostile"}).status_code == 422
    errors = [line for line in backend.lines("hostile") if line["level"] == "ERROR"]
    assert len(errors) == 8
    assert {line["fields"]["error_code"] for line in errors} == {"COMMENT_REJECTED"}
    assert not any(line["level"] == "FATAL" for line in backend.lines("hostile"))
    messages = "".join(line["fields"]["message"] for line in errors)
    for hostile in (
        "@everyone",
        "Closes #1",
        "](https://evil.example/)",
        "\x1b[31m",
        "Ignore all previous",
        '{"level"',
    ):
        assert hostile in messages
    assert b"\x1b" not in backend.log.read_bytes()


def test_tokens_are_checked(backend: Running) -> None:
    for header in ({}, {"authorization": "Bearer 1.99999999999.forged"}, {"authorization": b"Bearer \xff.1.1"}):
        answer = backend.ask("GET", "/api/account", headers=header)
        assert (answer.status_code, answer.json()["error"]) == (401, "AUTH_TOKEN_INVALID")


def test_bad_input_is_the_clients_fault(backend: Running) -> None:
    assert backend.ask("POST", "/api/summaries", content=b"{").status_code == 400
    assert backend.ask("GET", "/api/tickets/999").status_code == 404
    assert backend.ask("POST", "/break/nothing").status_code == 404


def test_the_traffic_script_sends_everything_and_gets_every_answer(backend: Running) -> None:
    answers = asyncio.run(traffic.drive(backend.url, rounds=2))
    assert sum(answers.values()) == 2 * len(traffic.NORMAL) + len(traffic.BREAKS)
    normal = {path for _, path, _ in traffic.NORMAL}
    assert {path for path, status in answers if status < 300} == normal | {"/break/slow", "/break/surge"}
    assert not any(status == 0 for _, status in answers)
    offered = backend.ask("POST", "/break/nothing").json()["breaks"]
    assert set(offered) == set(traffic.BREAKS)


def test_it_lets_open_requests_end_when_told_to_stop_and_breaks_only_when_allowed(
    tmp_path: Path, claude: FakeClaude
) -> None:
    running = start(tmp_path, claude)
    assert running.ask("POST", "/break/bug").status_code == 404

    async def stop_meanwhile() -> httpx2.Response:
        async with httpx2.AsyncClient(base_url=running.url, trust_env=False, timeout=60.0) as client:
            slow = asyncio.create_task(client.get("/api/reports/monthly"))
            while b"Processing report" not in running.log.read_bytes():
                await asyncio.sleep(0.01)
            running.process.send_signal(signal.SIGTERM)
            return await slow

    assert asyncio.run(stop_meanwhile()).json() == {"report": "built"}
    running.process.wait(60)
    assert b"Application shutdown complete" in running.log.read_bytes()
