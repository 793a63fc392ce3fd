"""Records the logs in ``tests/data/rust``: ``python examples/backend-rust/record.py`` (needs cargo; minutes).

Builds debug and release, runs each with ``RUST_BACKTRACE`` unset, 1 and full, sends the normal requests and every
break, each under its own name as request id, and keeps the log without paths of this machine.
"""

from __future__ import annotations

import gzip
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from logmedic.testing.claude import FakeClaude

HERE = Path(__file__).parent
RECORDINGS = HERE.parents[1] / "tests" / "data" / "rust"
PROFILES = ("debug", "release")
MODES = ("unset", "1", "full")
BREAKS = (
    "ai_timeout", "ai_rate_limited", "ai_overloaded", "auth_expired", "slow", "bug", "unhandled", "surge", "hostile",
    "db_pool",
)  # fmt: skip
NORMAL: tuple[tuple[str, str, dict[str, object] | None], ...] = (
    ("GET", "/api/tickets/3", None),
    ("GET", "/api/customers/1/quota", None),
    ("POST", "/api/summaries", {"text": "The parcel came without the second shoe."}),
    ("POST", "/api/comments", {"text": "Thank you!"}),
    ("POST", "/api/import", {"rows": [{"customer": 1}, {"customer": 2}]}),
)
START_S = 20


@dataclass(frozen=True)
class Running:
    url: str
    log: Path

    def ask(self, method: str, path: str, request_id: str, body: dict[str, object] | None = None) -> httpx2.Response:
        headers = {"x-request-id": request_id}
        return httpx2.request(method, self.url + path, json=body, headers=headers, timeout=15.0, trust_env=False)


def build(profile: str, target: Path) -> Path:
    """The program, built with two jobs; ``target`` is kept out of the tree."""
    flags = ["--release"] if profile == "release" else []
    command = ["cargo", "build", "--quiet", "-j2", "--manifest-path", str(HERE / "Cargo.toml"), *flags]
    subprocess.run(command, env={**os.environ, "CARGO_TARGET_DIR": str(target)}, check=True)
    return target / profile / "backend"


@contextmanager
def running(program: Path, folder: Path, claude: FakeClaude, mode: str, report_s: float = 6.0) -> Iterator[Running]:
    """The server on a free port, logging into ``folder``; it is ended with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {key: value for key, value in os.environ.items() if key not in {"RUST_BACKTRACE", "RUST_LOG"}}
    if mode != "unset":
        environment["RUST_BACKTRACE"] = mode
    command = [str(program), "--port", str(port), "--log-dir", str(folder), "--claude-url", claude.url, "--breakable"]
    command += ["--quiet", "--report-seconds", str(report_s)]
    process = subprocess.Popen(command, cwd=HERE, env=environment)
    server = Running(f"http://127.0.0.1:{port}", folder / "backend.log")
    try:
        _wait_until_up(server, process)
        yield server
    finally:
        process.terminate()
        process.wait(15)


def _wait_until_up(server: Running, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            server.ask("GET", "/health", "health")
        except httpx2.TransportError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("the server did not start")


def drive(server: Running) -> None:
    """Every request once, one after the other; the request id is the name of the break or the path."""
    for method, path, body in NORMAL:
        server.ask(method, path, path, body)
    for name in BREAKS:
        server.ask("POST", f"/break/{name}", name)


def neutral(text: str) -> str:
    """The log without folders of this machine, and without a registry's name."""
    cargo = os.environ.get("CARGO_HOME", str(Path.home() / ".cargo"))
    text = text.replace(f"{cargo}/registry/src/index.crates.io-", "/usr/local/cargo/registry/src/index-")
    return text.replace(str(HERE.resolve()), "/build/backend")


def main() -> None:
    target = Path(os.environ.get("CARGO_TARGET_DIR", HERE / "target"))
    RECORDINGS.mkdir(parents=True, exist_ok=True)
    with FakeClaude() as claude:
        for profile in PROFILES:
            program = build(profile, target)
            for mode in MODES:
                with tempfile.TemporaryDirectory() as folder:
                    with running(program, Path(folder), claude, mode) as server:
                        drive(server)
                    text = neutral(server.log.read_text("utf-8"))
                path = RECORDINGS / f"{profile}-{mode}.log.gz"
                path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
                sys.stdout.write(f"{path.name}: {len(text.splitlines())} lines, {path.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
