"""Log records as quotable text, and which of the lines around a fault are worth quoting."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence

import msgspec

from logmedic.model import NANOSECONDS, Level, LogRecord

BEFORE, AFTER = 80, 20  # lines around the record: what led to it matters more than what came after
REQUEST_WINDOW = 2 * 60 * NANOSECONDS  # either side of the record
LONGEST_TEXT = 8_000  # characters of one evidence (see model.Evidence)
LONGEST_LINE = 600  # characters of a line of context
_NOT_OF_THE_LINE = frozenset({"time-inferred", "time-ahead"})  # flags of a time that we gave the record
_PLACEHOLDER_BEGUN = re.compile(r"<[a-z-]{0,20}(?::\d{0,6})?\Z")
_PLACEHOLDER_ENDING = re.compile(r"\A[a-z-]{0,20}:?\d{0,6}>")


def head(record: LogRecord, limit: int | None = LONGEST_LINE) -> str:
    """One line: time, level, service, message. The part of a quote that its log line must still say.

    Without the time when the line does not carry it: it is the time of reading then, another one at each reading. So
    with the level, which is then what we took it for.
    """
    message = " ".join((record.message or record.exception_message or "").split())
    name = "" if "level-inferred" in record.flags else f"{Level(record.level).name} "
    time = "" if _NOT_OF_THE_LINE.intersection(record.flags) else f"{iso(record.time)} "
    text = f"{time}{name}{_label(record)}{message}"
    if limit is None or len(text) <= limit:
        return text
    return _PLACEHOLDER_BEGUN.sub("", text[: limit - 1]) + "…"


def headline(record: LogRecord) -> LogRecord:
    """The record with nothing but what :func:`head` says of it: a hundred of them are redacted for one report."""
    return msgspec.structs.replace(record, fields={}, stack=None, stack_text=None, spans=(), raw=b"")


def _label(record: LogRecord) -> str:
    return f"{record.target}: " if record.target else ""


def full(record: LogRecord, limit: int | None = LONGEST_TEXT) -> str:
    """The record with everything in it, a line per field; the trace last because it is long."""
    lines = [head(record)]
    for name in ("service", "error_code", "duration_ms", "request_id", "trace_id", "file", "line", "release",
                 "exception_type", "exception_message"):  # fmt: skip
        value = getattr(record, name)
        if value not in {None, ""}:
            lines.append(f"{name}: {value}")
    if record.spans:
        lines.append("spans: " + " > ".join(record.spans))
    lines += [f"{key}: {_compact(value)}" for key, value in record.fields.items()]
    if record.stack_text:
        lines.append(record.stack_text)
    text = "\n".join(lines)
    return text if limit is None else cut(text, limit)


def cut(text: str, limit: int = LONGEST_TEXT) -> str:
    """At most ``limit`` characters; a long text loses its middle, because heads and tails of traces tell most.

    What redaction put in is left out rather than cut in two: half a placeholder would read as a quotation.
    """
    if len(text) <= limit:
        return text
    keep = limit - 3
    first = _PLACEHOLDER_BEGUN.sub("", text[: keep // 2])
    last = _PLACEHOLDER_ENDING.sub("", text[len(text) - (keep - keep // 2) :])
    return f"{first}\n…\n{last}"


def _compact(value: object) -> str:
    try:
        return msgspec.json.encode(value).decode()
    except (TypeError, ValueError, RecursionError):
        return repr(type(value))


def telling(
    around: Sequence[LogRecord], request: Sequence[LogRecord], subject: LogRecord, limit: int
) -> list[LogRecord]:
    """At most ``limit`` records, in order of time: the request's own first, then bad levels, then what stands near."""
    by_ref = {record.ref: record for record in (*around, *request) if record.ref != subject.ref}
    own = {record.ref for record in request}
    place = {record.ref: at for at, record in enumerate(around)}
    here = place.get(subject.ref, len(around))

    def rank(record: LogRecord) -> tuple[int, int]:
        nearness = abs(place.get(record.ref, 10_000) - here)
        return (0 if record.ref in own else 1 if record.level >= Level.WARN else 2, nearness)

    chosen = sorted(by_ref.values(), key=rank)[:limit]
    return sorted(chosen, key=lambda record: (record.time, record.ref))


def iso(time: int) -> str:
    """RFC 3339, UTC, milliseconds. ``time``: ns since the epoch, taken to the nearest time that has a date."""
    seconds = min(max(time // NANOSECONDS, 0), 253_402_300_799)  # 9999-12-31T23:59:59Z
    moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + f".{time % NANOSECONDS // 1_000_000:03d}Z"
