"""What ``serve`` says on stderr, redacted: errors quote addresses and lines, and tracebacks whatever they met."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from types import TracebackType

from logmedic.redact import Redactor

log = logging.getLogger("logmedic")


class RedactingFormatter(logging.Formatter):
    """``clean`` may be set anew when another configuration takes over. Thread-safe as that assignment is."""

    def __init__(self, clean: Callable[[str], str]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")
        self.clean = clean

    def format(self, record: logging.LogRecord) -> str:
        """The line, and the traceback below it, without secrets and personal data."""
        return self.clean(super().format(record))


def begin() -> RedactingFormatter:
    """Send everything that is logged to stderr, and what nobody caught as well, in whatever thread."""
    formatter = RedactingFormatter(Redactor().text)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    sys.excepthook = _unexpected
    threading.excepthook = _unexpected_in_thread
    return formatter


def _unexpected(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    log.critical("unexpected", exc_info=(kind, error, trace))


def _unexpected_in_thread(given: threading.ExceptHookArgs) -> None:
    if given.exc_value is not None and given.exc_type is not SystemExit:
        log.critical("unexpected", exc_info=(given.exc_type, given.exc_value, given.exc_traceback))
