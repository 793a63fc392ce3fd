"""One call that gives a service its log."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from logmedic.tracing.format import JsonFormatter
from logmedic.tracing.output import JsonHandler, RotatingFile, Sink, StreamSink

_LOG = logging.getLogger("logmedic.tracing")

# Servers that install handlers of their own, outside of the root logger, before or after us.
_SERVER_LOGGERS = ("uvicorn", "uvicorn.error", "hypercorn.error", "gunicorn.error")
_ACCESS_LOGGERS = ("uvicorn.access", "hypercorn.access", "gunicorn.access")


class Installed:
    """What :func:`setup` did; ``close()`` undoes it."""

    def __init__(self, handler: JsonHandler, handlers: list[logging.Handler], levels: Mapping[str, int]) -> None:
        self.handler = handler
        self._handlers = handlers
        self._levels = levels
        self._excepthook = sys.excepthook
        self._thread_excepthook = threading.excepthook
        sys.excepthook = self._uncaught
        threading.excepthook = self._uncaught_in_thread

    def close(self) -> None:
        """Put back the handlers, levels and hooks from before, and close the file. Harmless when repeated."""
        root = logging.getLogger()
        if self.handler not in root.handlers:
            return
        root.handlers[:] = self._handlers
        _set_levels(self._levels)
        logging.captureWarnings(False)
        sys.excepthook = self._excepthook
        threading.excepthook = self._thread_excepthook
        self.handler.close()

    def _uncaught(self, kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
        """What ends the process must be in its log; Ctrl-C is no fault."""
        if issubclass(kind, Exception):
            _LOG.critical("Uncaught exception, the process ends", exc_info=(kind, error, where))
        self._excepthook(kind, error, where)

    def _uncaught_in_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and issubclass(args.exc_type, Exception):
            name = args.thread.name if args.thread else "unknown"
            info = (args.exc_type, args.exc_value, args.exc_traceback)
            _LOG.error("Uncaught exception, the thread ends", exc_info=info, extra={"thread_name": name})
        self._thread_excepthook(args)


_installed: list[Installed] = []


def setup(
    *,
    service: str,
    level: int | str = "INFO",
    levels: Mapping[str, int | str] | None = None,
    stdout: bool = True,
    file: str | Path | None = None,
    max_bytes: int = 50 << 20,
    backups: int = 5,
    release: str | None = None,
    root: str | Path | None = None,
    access_log: bool = False,
) -> Installed:
    """Send everything that is logged in this process to JSON lines on stdout, in a rotated file, or both.

    ``level`` holds for all loggers, ``levels`` for single ones (``{"shop": "DEBUG"}``). ``max_bytes`` and ``backups``
    govern the file's rotation. ``release`` is a version or commit id, for telling which one broke. ``root`` is the
    directory of the checkout, by default the current one; paths below it are logged relative to it. ``access_log``
    keeps the server's own access lines, which say what "Response sent" already says.

    Warnings of :mod:`warnings` and exceptions that nobody catches are logged too. A second call replaces the first.

    Raises:
        ValueError: no output at all, an unknown level, a size or count below 1, or an empty service name.
        OSError: the log file cannot be opened.
    """
    if not service:
        raise ValueError("setup(service=…) must name the service")
    if not stdout and file is None:
        raise ValueError("setup() has no output: set stdout=True or file=…")
    if max_bytes < 1 or backups < 1:
        raise ValueError(f"setup() needs max_bytes and backups of at least 1, not {max_bytes} and {backups}")
    numbers = {name: _level(value) for name, value in {"": level, **(levels or {})}.items()}
    sinks: list[Sink] = [StreamSink(sys.stdout)] if stdout else []
    if file is not None:
        sinks.append(RotatingFile(Path(file), max_bytes=max_bytes, backups=backups))
    while _installed:
        _installed.pop().close()
    formatter = JsonFormatter(service=service, release=release, root=Path.cwd() if root is None else Path(root))
    handler = JsonHandler(formatter, sinks)
    top = logging.getLogger()
    before = {name: logging.getLogger(name or None).level for name in numbers}
    installed = Installed(handler, list(top.handlers), before)
    top.handlers[:] = [handler]
    _set_levels(numbers)
    _take_over_servers(access_log)
    logging.captureWarnings(True)
    _installed.append(installed)
    return installed


def _level(value: int | str) -> int:
    number = logging.getLevelNamesMapping().get(value.upper(), -1) if isinstance(value, str) else value
    if number < 0:
        raise ValueError(f"unknown log level {value!r}: use DEBUG, INFO, WARNING, ERROR or CRITICAL")
    return number


def _set_levels(numbers: Mapping[str, int]) -> None:
    """By logger name; the root logger is the empty name."""
    for name, number in numbers.items():
        logging.getLogger(name or None).setLevel(number)


def _take_over_servers(access_log: bool) -> None:
    for name in (*_SERVER_LOGGERS, *_ACCESS_LOGGERS):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        # An access logger that reaches no handler is not even called: uvicorn asks for that per connection.
        logger.propagate = access_log or name not in _ACCESS_LOGGERS
