"""Where lines go: standard output, and a file that rotates by size. Both get the same bytes, formatted once."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Protocol

from logmedic.tracing.format import JsonFormatter


class Sink(Protocol):
    def write(self, line: bytes) -> None:
        """Take one line with its line end. Raises :class:`OSError` or :class:`ValueError` when it cannot."""
        ...

    def close(self) -> None: ...


class StreamSink:
    """A text stream such as ``sys.stdout``; bytes go past its encoding, which may be ASCII in a container."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, line: bytes) -> None:
        raw = getattr(self._stream, "buffer", None)
        if raw is None:  # a StringIO, or what a test runner puts there
            self._stream.write(line.decode())
        else:
            raw.write(line)
        self._stream.flush()

    def close(self) -> None:
        """The stream is not ours to close."""


class RotatingFile:
    """A file that is renamed to ``NAME.1`` when the next line would make it larger than ``max_bytes``.

    Older parts move up to ``NAME.<backups>``; the oldest is deleted. A line is never split over two parts and is
    written with one system call, so a reader sees whole lines. Not thread-safe by itself: the handler's lock guards it.
    One process per file: two that rotate the same one would rename each other's parts away.

    Why not ``logging.handlers.RotatingFileHandler``: it formats every record twice and stats the file each time.
    """

    def __init__(self, path: Path, *, max_bytes: int, backups: int) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._backups = backups
        self._torn = False
        self._descriptor = -1
        path.parent.mkdir(parents=True, exist_ok=True)
        self._open()

    def write(self, line: bytes) -> None:
        if self._descriptor < 0:
            self._open()
        if self._size and self._size + len(line) > self._max_bytes:
            self._rotate()
        if self._torn:  # a full disk cut the line before: this one must not continue it
            line = b"\n" + line
        self._torn = True
        rest = memoryview(line)
        while rest:
            written = os.write(self._descriptor, rest)
            self._size += written
            rest = rest[written:]
        self._torn = False

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _open(self) -> None:
        self._descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
        self._size = os.fstat(self._descriptor).st_size
        self._torn = self._size > 0 and not _ends_with_newline(self._path)

    def _rotate(self) -> None:
        """When a rename fails, the open file is kept and simply grows: a large log is better than a lost one."""
        try:
            for number in range(self._backups - 1, 0, -1):
                part = self._part(number)
                if part.exists():
                    part.replace(self._part(number + 1))
            if self._path.exists():
                self._path.replace(self._part(1))
        except OSError:
            return
        self.close()
        self._open()

    def _part(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


class JsonHandler(logging.Handler):
    """Formats a record once and gives the line to every sink; one that fails does not keep it from the others."""

    def __init__(self, formatter: JsonFormatter, sinks: Sequence[Sink]) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self._json = formatter
        self._sinks = tuple(sinks)

    def emit(self, record: logging.LogRecord) -> None:
        line = self._json.encode(record) + b"\n"
        for sink in self._sinks:
            try:
                sink.write(line)
            except (OSError, ValueError):  # disk full, pipe closed, stream closed: logging reports it on stderr
                self.handleError(record)

    def close(self) -> None:
        self.acquire()
        try:
            for sink in self._sinks:
                sink.close()
        finally:
            self.release()
        super().close()
