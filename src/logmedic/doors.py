"""The only ways out of the process: clock, child processes, HTTP, git.

Everything else takes one of these ports as an argument, so that a test can hand in a fake from
:mod:`logmedic.testing`. Every call has a time-out; there is no way to leave it out.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec

from logmedic.errors import ShellError

COMMIT_ID = re.compile(r"[0-9a-f]{40}\Z")


class Clock(Protocol):
    def now(self) -> int:
        """Wall clock, ns since the epoch, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds, for durations and deadlines; never goes back."""
        ...

    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    def now(self) -> int:
        return time.time_ns()

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class Ran(msgspec.Struct, frozen=True):
    code: int
    out: bytes
    err: bytes


class Shell(Protocol):
    def run(
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        input: bytes = b"",
        limit: int = 16 << 20,
    ) -> Ran:
        """Run a program to its end; ``limit`` caps the bytes of output kept.

        Raises:
            ShellError: it is not installed, or did not end within ``timeout`` seconds (it is killed then).
        """
        ...


class SystemShell:
    """Child processes by argument list, never through a shell, with the environment named by the caller."""

    def run(
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        input: bytes = b"",
        limit: int = 16 << 20,
    ) -> Ran:
        try:
            done = subprocess.run(
                list(argv), input=input, capture_output=True, timeout=timeout, cwd=cwd, env=env, check=False
            )
        except FileNotFoundError:
            if cwd is not None and not cwd.is_dir():
                raise ShellError(f"{argv[0]}: the working directory {cwd} does not exist") from None
            raise ShellError(f"{argv[0]} is not installed, or not on PATH") from None
        except subprocess.TimeoutExpired:
            raise ShellError(f"{argv[0]} did not end within {timeout:g} s") from None
        return Ran(done.returncode, done.stdout[:limit], done.stderr[:limit])


class HttpAnswer(msgspec.Struct, frozen=True):
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    def json(self) -> Any:
        """The decoded body, or ``None`` when it is not JSON (error pages of proxies are HTML)."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None


class HttpError(Exception):
    """No answer came. ``sent``: the request may have reached the far side."""

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


class Http(Protocol):
    def request(
        self, method: str, url: str, *, timeout: float, json: Any = None, headers: Mapping[str, str] | None = None
    ) -> HttpAnswer:
        """One request, no redirects, no retries. Raises :class:`HttpError` when no complete answer came."""
        ...


class SystemHttp:
    """HTTP by httpx2; imported on first use (0.1 s)."""

    def __init__(self) -> None:
        self._client: Any = None

    def request(
        self, method: str, url: str, *, timeout: float, json: Any = None, headers: Mapping[str, str] | None = None
    ) -> HttpAnswer:
        import httpx2  # noqa: PLC0415  costs 0.1 s that an idle scan must not pay

        if self._client is None:
            self._client = httpx2.Client(follow_redirects=False, trust_env=False)
        content = None if json is None else msgspec.json.encode(json)
        sent_headers = {"user-agent": "logmedic", **(headers or {})}
        if content is not None:
            sent_headers["content-type"] = "application/json"
        try:
            answer = self._client.request(method, url, content=content, headers=sent_headers, timeout=timeout)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol) as error:
            raise HttpError(f"{type(error).__name__}: {error}", sent=False) from None
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise HttpError(f"{type(error).__name__}: {error}", sent=not isinstance(error, httpx2.InvalidURL)) from None
        return HttpAnswer(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, answer.content)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


class Git:
    """Read-only questions to one repository through the git command.

    Why the command: it was faster than the libraries tried, and it is what users have. Arguments that come from a log
    never become options (``--`` always stands before paths, ids are checked), hooks, pagers, external diffs and
    configuration of the machine are off.
    """

    def __init__(self, root: Path, shell: Shell, *, timeout: float = 10.0) -> None:
        self.root = root
        self._shell = shell
        self._timeout = timeout

    def run(self, *argv: str, timeout: float | None = None, input: bytes = b"") -> bytes:
        """Standard output of ``git <argv>``, fed ``input``.

        Raises:
            ShellError: it failed (with git's first line of complaint), hung, or is not installed.
        """
        ran = self._shell.run(
            ["git", "-C", str(self.root), "--no-pager", "--literal-pathspecs", "-c", "core.fsmonitor=false",
             "-c", "core.hooksPath=/dev/null", "-c", "diff.external=", "-c", "diff.orderFile=/dev/null",
             "-c", "safe.directory=*", *argv],
            timeout=self._timeout if timeout is None else timeout,
            env=_git_environment(),
            input=input,
        )  # fmt: skip
        if ran.code:
            complaint = ran.err.decode("utf-8", "replace").strip().splitlines()
            raise ShellError(f"git {argv[0]} in {self.root}: {complaint[0] if complaint else f'exit {ran.code}'}")
        return ran.out

    def is_repository(self) -> bool:
        if not self.root.is_dir() or shutil.which("git") is None:
            return False
        try:
            return self.run("rev-parse", "--git-dir") != b""
        except ShellError:
            return False


def _git_environment() -> dict[str, str]:
    keep = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return {
        **keep,
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
    }
