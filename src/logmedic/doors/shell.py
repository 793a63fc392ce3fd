"""Child processes."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Protocol

import msgspec

from logmedic.errors import ShellError, StoppedError

STOP_SECONDS = 0.2  # until a program that is to stop is killed
PIPE_BYTES = 64 * 1024  # read at a time; what a pipe of Linux holds


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
