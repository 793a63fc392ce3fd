"""The only ways out of the process: clock, child processes, HTTP, git.

Everything else takes one of these ports as an argument, so that a test can hand in a fake from
:mod:`logmedic.testing`. Every call has a time-out; there is no way to leave it out.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import selectors
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode

import msgspec

from logmedic.errors import ConfigError, ShellError, StoppedError

if TYPE_CHECKING:
    import ssl

log = logging.getLogger("logmedic")

COMMIT_ID = re.compile(r"[0-9a-f]{40}\Z")
STOP_SECONDS = 0.2  # until a program that is to stop is killed
PIPE_BYTES = 64 * 1024  # read at a time; what a pipe of Linux holds


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
    cut: bool = False  # it wrote more than the limit and was killed; what it wrote up to there is kept


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
        shared: Sequence[int] = (),
        stop: threading.Event | None = None,
    ) -> Ran:
        """Run a program to its end; one that writes more than ``limit`` bytes to either stream is killed there.

        ``shared``: descriptors of open files that the program has as well, so that a lock on one lasts as long as it.
        ``stop``: once it is set the program is killed, soon (``STOP_SECONDS``).

        Raises:
            StoppedError: it was ended by ``stop``.
            ShellError: it is not installed, or did not end within ``timeout`` seconds (it is killed then, with all
                that it started).
        """
        ...


class SystemShell:
    """Child processes by argument list, never through a shell, with the environment named by the caller.

    Each is the head of a process group of its own, so that whatever it started ends with it. Its output is counted
    while it is read: the memory is bounded by the limit, not by what a program cares to write.
    """

    def run(
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        input: bytes = b"",
        limit: int = 16 << 20,
        shared: Sequence[int] = (),
        stop: threading.Event | None = None,
    ) -> Ran:
        until = time.monotonic() + timeout
        try:
            process = subprocess.Popen(
                list(argv), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
                cwd=cwd, env=env, start_new_session=True, pass_fds=shared,
            )  # fmt: skip
        except FileNotFoundError:
            if cwd is not None and not cwd.is_dir():
                raise ShellError(f"{argv[0]}: the working directory {cwd} does not exist") from None
            raise ShellError(f"{argv[0]} is not installed, or not on PATH") from None
        with process:
            try:
                out, err, cut = _converse(process, input, limit, until, stop)
                if cut:
                    _kill(process)
                process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                raise ShellError(f"{argv[0]} did not end within {timeout:g} s") from None
            finally:
                if process.returncode is None:
                    _kill(process)
        return Ran(process.returncode, out, err, cut)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a process that leads its own group, and the group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _converse(
    process: subprocess.Popen[bytes], input: bytes, limit: int, until: float, stop: threading.Event | None
) -> tuple[bytes, bytes, bool]:
    """Feed it and read both its streams at once, until they end or one exceeds ``limit`` bytes (the third value).

    Raises:
        subprocess.TimeoutExpired: the monotonic clock has reached ``until``.
        StoppedError: ``stop`` was set.
    """
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    kept: dict[IO[bytes], bytearray] = {process.stdout: bytearray(), process.stderr: bytearray()}
    left = memoryview(input)
    with selectors.DefaultSelector() as streams:
        for stream in kept:
            streams.register(stream, selectors.EVENT_READ)
        if left:
            os.set_blocking(process.stdin.fileno(), False)
            streams.register(process.stdin, selectors.EVENT_WRITE)
        else:
            process.stdin.close()
        while streams.get_map():
            seconds = until - time.monotonic()
            if seconds <= 0:
                raise subprocess.TimeoutExpired(process.args, 0)
            if stop is not None and stop.is_set():
                raise StoppedError("logmedic stops")
            for key, _ in streams.select(seconds if stop is None else min(seconds, STOP_SECONDS)):
                if key.fileobj is process.stdin:
                    left = _feed(process.stdin, left)
                    if not left:
                        streams.unregister(process.stdin)
                        process.stdin.close()
                    continue
                stream = process.stdout if key.fileobj is process.stdout else process.stderr
                data = os.read(key.fd, PIPE_BYTES)
                if not data:
                    streams.unregister(stream)
                kept[stream] += data
                if len(kept[stream]) > limit:
                    return bytes(kept[process.stdout][:limit]), bytes(kept[process.stderr][:limit]), True
    return bytes(kept[process.stdout]), bytes(kept[process.stderr]), False


def _feed(stdin: IO[bytes], left: memoryview) -> memoryview:
    """Write what the pipe takes. Returns the rest; nothing when nobody reads any more."""
    try:
        return left[os.write(stdin.fileno(), left[:PIPE_BYTES]) :]
    except BlockingIOError:
        return left
    except BrokenPipeError:
        return left[:0]


def inherited(names: Sequence[str]) -> dict[str, str]:
    """What a child process is given of our environment: these variables, where they are set, and nothing else."""
    return {name: os.environ[name] for name in names if name in os.environ}


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


class HttpTooLargeError(HttpError):
    """The answer's body, unpacked, is longer than the caller allows. The rest was not read."""

    def __init__(self, most: int) -> None:
        super().__init__(f"the answer is longer than {most:,} bytes", sent=True)


class Http(Protocol):
    def request(
        self,
        method: str,
        url: str,
        *,
        timeout: float,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> HttpAnswer:
        """One request, no redirects, no retries. ``form``: sent URL-encoded, in place of ``json``.

        Raises :class:`HttpError` when no complete answer came.
        """
        ...


class SystemHttp:
    """HTTP by httpx2; imported on first use (0.1 s)."""

    def __init__(self, *, ca_file: Path | None = None, most: int | None = None) -> None:
        """``ca_file``: trust these certificates (PEM) and no others. ``most``: bytes of an answer's unpacked body."""
        self._client: Any = None
        self._ca_file = ca_file
        self._most = most

    def request(
        self,
        method: str,
        url: str,
        *,
        timeout: float,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> HttpAnswer:
        import httpx2  # noqa: PLC0415  costs 0.1 s that an idle scan must not pay

        if self._client is None:
            verify = True if self._ca_file is None else tls(self._ca_file)
            self._client = httpx2.Client(follow_redirects=False, trust_env=False, verify=verify)
        content = None if json is None else msgspec.json.encode(json)
        sent_headers = {"user-agent": "logmedic", **(headers or {})}
        if form is not None:
            content = urlencode(form).encode()
            sent_headers["content-type"] = "application/x-www-form-urlencoded"
        elif content is not None:
            sent_headers["content-type"] = "application/json"
        try:
            sending = self._client.stream(method, url, content=content, headers=sent_headers, timeout=timeout)
            with sending as answer:
                body = self._body(answer.iter_bytes())
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol) as error:
            raise HttpError(f"{type(error).__name__}: {error}", sent=False) from None
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise HttpError(f"{type(error).__name__}: {error}", sent=not isinstance(error, httpx2.InvalidURL)) from None
        return HttpAnswer(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, body)

    def _body(self, parts: Iterable[bytes]) -> bytes:
        """What came, unpacked. Raises :class:`HttpTooLargeError` as soon as it is too much."""
        if self._most is None:
            return b"".join(parts)
        body = bytearray()
        for part in parts:
            body += part
            if len(body) > self._most:
                raise HttpTooLargeError(self._most)
        return bytes(body)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


def tls(ca_file: Path) -> ssl.SSLContext:
    """Trust in the certificates of ``ca_file`` (PEM) and in no others.

    Raises:
        ConfigError: the file cannot be read, or holds no certificate.
    """
    import ssl  # noqa: PLC0415  with httpx2

    try:
        return ssl.create_default_context(cafile=str(ca_file))
    except OSError as error:  # an SSLError is one
        raise ConfigError(f"{ca_file}: cannot be read as PEM certificates: {error.strerror or error}") from None


# What the configuration of a repository (which may come with what is watched) would change in git's answers, or make it
# start. Names and defaults: git-config(1) of git 2.47; an older git takes no notice of a name that it does not know.
_GIT_SETTINGS = (
    "core.fsmonitor=false", "core.hooksPath=/dev/null", "core.attributesFile=/dev/null", "core.quotePath=false",
    "diff.external=", "diff.orderFile=/dev/null", "diff.renames=true", "diff.renameLimit=1000", "diff.context=3",
    "diff.suppressBlankEmpty=false", "diff.ignoreSubmodules=none",
    "log.showRoot=true", "log.showSignature=false", "log.follow=false", "log.mailmap=false", "log.decorate=false",
    "log.date=default", "format.pretty=medium", "format.notes=false",
    "i18n.logOutputEncoding=UTF-8", "color.ui=false", "safe.directory=*",
)  # fmt: skip
_DIFF_OPTIONS = (
    "--no-ext-diff", "--no-textconv", "--no-color", "--no-color-moved", "--ws-error-highlight=none", "--no-relative",
    "--src-prefix=a/", "--dst-prefix=b/", "--inter-hunk-context=0", "--submodule=short", "--diff-algorithm=myers",
    "--indent-heuristic",
)  # fmt: skip
_OPTIONS = {
    **dict.fromkeys(("diff", "diff-tree", "log", "show"), _DIFF_OPTIONS),
    "blame": ("--no-textconv", "--no-ignore-revs-file"),
}


class Git:
    """Read-only questions to one repository through the git command.

    Why the command: it was faster than the libraries tried, and it is what users have. Arguments that come from a log
    never become options (``--`` always stands before paths, ids are checked). Hooks, pagers, external diffs, text
    conversions and the configuration of the machine and the user are off; settings of the repository that would change
    an answer are overridden. An option that the caller gives wins over ours.
    """

    def __init__(self, root: Path, shell: Shell, *, timeout: float = 10.0) -> None:
        self.root = root
        self._shell = shell
        self._timeout = timeout

    def run(self, *argv: str, timeout: float | None = None, input: bytes = b"") -> bytes:
        """Standard output of ``git <argv>``, fed ``input``. Beyond 16 MiB the rest is left out, and the log says so.

        Raises:
            ShellError: it failed (with git's first line of complaint), hung, or is not installed.
        """
        settings = [word for setting in _GIT_SETTINGS for word in ("-c", setting)]
        ran = self._shell.run(
            ["git", "-C", str(self.root), "--no-pager", "--literal-pathspecs", *settings, *_plain_diffs(argv)],
            timeout=self._timeout if timeout is None else timeout,
            env=_git_environment(),
            input=input,
        )
        if ran.cut:
            log.warning("git in %s wrote %d MB; the rest was not read", self.root, len(ran.out) >> 20)
        elif ran.code:
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


def _plain_diffs(argv: Sequence[str]) -> list[str]:
    """The arguments, with the options that make a diff plain behind the name of a command that makes or reads one."""
    at = 0
    while at < len(argv) and argv[at] in {"-c", "-C"}:  # options of git itself; each has a value
        at += 2
    plain = _OPTIONS.get(argv[at], ()) if at < len(argv) else ()
    return [*argv[: at + 1], *plain, *argv[at + 1 :]]


def _git_environment() -> dict[str, str]:
    return {
        **inherited(("PATH", "HOME", "TMPDIR")),
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
    }
