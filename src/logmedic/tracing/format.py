"""One log line in the layout of Rust's tracing-subscriber JSON formatter, so that one reader serves both.

::

    {"timestamp":"2026-01-02T03:04:05.123456Z","level":"ERROR","fields":{"message":"…","error_code":"…",…},
     "target":"shop.orders","filename":"shop/orders.py","line_number":7,"span":{…,"name":…},"spans":[{…,"name":…},…]}

The keys come in Rust's order; ``span`` is the innermost span and both span keys are absent outside of spans.
``fields`` holds the message, what ``extra=`` gave, the ids of the request, and for exceptions ``exception`` (see
:mod:`logmedic.tracing.exceptions`) and ``exception.stacktrace`` (the text, named as in OpenTelemetry).
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
from pathlib import Path
from typing import Any

from logmedic.tracing.context import current_span
from logmedic.tracing.exceptions import describe, trace_text
from logmedic.tracing.outgoing import opentelemetry_ids
from logmedic.tracing.safe import encode, safe_repr

# Attributes that every record has; whatever else is there came in through ``extra=``.
# "color_message" is uvicorn's message once more, with terminal colours.
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


class JsonFormatter(logging.Formatter):
    """Formats any record of :mod:`logging`, whoever logged it; needs no set-up of its own.

    ``service`` and ``release`` go into the fields of every line unless they are empty. Source paths below ``root`` are
    written relative to it, which makes them the paths that the service's repository knows.
    """

    def __init__(self, *, service: str = "", release: str | None = None, root: Path | None = None) -> None:
        super().__init__()
        self._always = {key: value for key, value in (("service", service), ("release", release)) if value}
        self._root = "" if root is None else str(root.resolve()).rstrip(os.sep) + os.sep
        self._second: tuple[int, str] = (-1, "")

    def format(self, record: logging.LogRecord) -> str:
        return self.encode(record).decode()

    def encode(self, record: logging.LogRecord) -> bytes:
        """The line as UTF-8, without a line end. Never raises for what the record holds."""
        line: dict[str, Any] = {
            "timestamp": self._timestamp(record.created),
            "level": level_name(record.levelno),
            "fields": self._fields(record),
            "target": record.name,
            "filename": record.pathname.removeprefix(self._root),
            "line_number": record.lineno,
        }
        here = current_span()
        if here is not None:
            line["span"] = here.fields
            line["spans"] = here.path
        return encode(line)

    def _fields(self, record: logging.LogRecord) -> dict[str, Any]:
        fields: dict[str, Any] = {"message": _message(record), **self._always}
        here = current_span()
        if here is not None and here.request is not None:
            fields["request_id"] = here.request.request_id
            fields["trace_id"] = here.request.trace_id
        theirs = opentelemetry_ids()
        if theirs is not None:
            fields["trace_id"], fields["span_id"], _ = theirs
        attributes = vars(record)
        if len(attributes) > _PLAIN_SIZE:
            fields.update({key: value for key, value in attributes.items() if key not in _OWN})
        if record.exc_info and record.exc_info[1] is not None:
            fields["exception"] = describe(record.exc_info[1], self._root)
            fields["exception.stacktrace"] = trace_text(record.exc_info[1])
        elif record.exc_text:  # a record that another process or queue has formatted already
            fields["exception.stacktrace"] = record.exc_text
        if record.stack_info:
            fields["stack"] = record.stack_info
        return fields

    def _timestamp(self, created: float) -> str:
        """RFC 3339 in UTC with microseconds; the part up to the second is kept from the last line."""
        micros = round(created * 1_000_000)
        second, rest = divmod(micros, 1_000_000)
        known, text = self._second  # one read: another thread may replace the pair meanwhile
        if second != known:
            text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
            self._second = (second, text)
        return f"{text}.{rest:06d}Z"


_PLAIN_SIZE = len(vars(logging.makeLogRecord({})))


def level_name(number: int) -> str:
    """Rust's five names, and FATAL (OpenTelemetry's name) for CRITICAL; numbers in between belong to the lower one."""
    if number >= logging.ERROR:
        return "FATAL" if number >= logging.CRITICAL else "ERROR"
    if number >= logging.INFO:
        return "WARN" if number >= logging.WARNING else "INFO"
    return "DEBUG" if number >= logging.DEBUG else "TRACE"


def _message(record: logging.LogRecord) -> str:
    with contextlib.suppress(Exception):  # wrong arguments, or a stranger's __str__ that raises: the line still counts
        return record.getMessage()
    if type(record.msg) is not str:
        return safe_repr(record.msg)
    arguments = record.args if isinstance(record.args, tuple) else (record.args,)
    return f"{record.msg} (arguments not formatted: {', '.join(map(safe_repr, arguments))})"
