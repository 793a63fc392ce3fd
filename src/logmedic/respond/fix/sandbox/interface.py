"""What a confined run may touch, and what came of it."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

GIB = 1 << 30
TREE = Path("/repo")  # where a run with a file system of its own finds the tree that it works on
HOME = Path("/home/fix")  # empty, and gone with the run
TOOLS = Path("/opt/fix")  # folders that are lent read-only stand below it


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Of one run with all that it starts."""

    seconds: float  # of wall clock; then everything in it is killed
    processes: int = 512  # threads count as well
    memory: int = 4 * GIB  # bytes of writable memory that one process may have
    file: int = 1 * GIB  # bytes of one file that it writes
    scratch: int = 1 * GIB  # bytes of /tmp and of the home, which are memory
    output: int = 4 << 20  # bytes of each of its streams; one that writes more is killed


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A program and its surroundings. It has no network unless that says so, and this environment and nothing else."""

    argv: Sequence[str]
    tree: Path  # appears as TREE
    limits: Limits
    env: Mapping[str, str] = {}
    input: bytes = b""
    tree_writable: bool = True
    frozen: Sequence[str] = ()  # paths below the tree that stay as they are, though the tree is writable
    lent: Mapping[str, Path] = {}  # appear read-only, by the path inside
    cache: Path | None = None  # appears as TOOLS/cache
    cache_writable: bool = False
    network: bool = False  # only for installing what the team's own files name
    stop: threading.Event | None = None  # set: it is killed
    gateway: Path | None = None  # a unix socket; 127.0.0.1:GATEWAY_PORT inside leads to it


GATEWAY_PORT = 8788


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """``code``: as a shell gives it; ``None`` when it was killed at a limit, and ``cut`` says at which."""

    code: int | None
    out: bytes
    err: bytes
    cut: str = ""  # "time", "output"
    seconds: float = 0.0


class Sandbox(Protocol):
    name: str
    forwards: bool  # 127.0.0.1:GATEWAY_PORT leads to the gateway; else a run reaches the socket by its own path

    def where(self, path: Path, inside: Path) -> Path:
        """Where a run finds ``path``: at ``inside``, if it has a file system of its own."""
        ...

    def run(self, task: Task) -> Finished:
        """Run it to its end. Nothing of it is left when this returns.

        Raises:
            StoppedError: ``stop`` was set.
            ShellError: it could not be started; what would have run has not.
        """
        ...


class Stoppable:
    """A sandbox whose runs end when an event is set, all of them."""

    def __init__(self, sandbox: Sandbox, stop: threading.Event | None) -> None:
        self._sandbox = sandbox
        self._stop = stop
        self.name = sandbox.name
        self.forwards = sandbox.forwards

    def where(self, path: Path, inside: Path) -> Path:
        return self._sandbox.where(path, inside)

    def run(self, task: Task) -> Finished:
        return self._sandbox.run(msgspec.structs.replace(task, stop=self._stop))
