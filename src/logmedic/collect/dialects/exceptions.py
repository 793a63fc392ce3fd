"""Exceptions as loggers write them: an object, a list of them, a trace as text, or one sentence."""

from __future__ import annotations

from typing import Any

import msgspec

from logmedic.model import ExceptionPart, Frame, Stack

MAX_PARTS = 16
MAX_FRAMES = 256

_TYPE = ("type", "exc_type", "name", "class", "kind", "className")
_MESSAGE = ("message", "exc_value", "msg", "value", "detail")
_TEXT = ("stack", "stack_trace", "stacktrace", "traceback", "backtrace", "text")
_LISTS = ("extendedStackTrace", "stackTrace", "stack", "stacktrace", "trace")  # of frames, the innermost first
_CODE = ("code", "error_code")  # both are generic aliases too: the prefilter looks for their values
_CAUSE = ("cause", "__cause__", "inner", "source")
_LANGUAGES = {
    "py": "python", "rs": "rust", "go": "go", "cs": "dotnet", "fs": "dotnet", "vb": "dotnet", "java": "java",
    "kt": "java", "scala": "java", "groovy": "java", "js": "node", "mjs": "node", "cjs": "node", "jsx": "node",
    "ts": "node", "mts": "node", "cts": "node", "tsx": "node",
}  # fmt: skip


class ErrorFacts(msgspec.Struct):
    """What one logged exception says."""

    type: str | None = None
    message: str | None = None
    text: str | None = None
    code: str | None = None
    stack: Stack | None = None


def read_error(value: Any) -> ErrorFacts:
    """The facts of a value at a key like ``exception``, ``error`` or ``err``."""
    if type(value) is str:
        if "\n" in value:
            return ErrorFacts(text=value)
        return ErrorFacts(message=value or None)
    if type(value) is dict and type(value.get("values")) is list:
        value = value["values"][::-1]  # Sentry's: what surfaced is the last
    if type(value) is dict:
        chain = _chain(value)
        text = _first(value, _TEXT)
    elif type(value) is list:
        # structlog's dict_tracebacks: the surfacing exception last, its causes before it
        objects = [member for member in value[:MAX_PARTS] if type(member) is dict]
        chain = [part for member in objects for part in _chain(member)][:MAX_PARTS]
        text = None
    else:
        return ErrorFacts()
    surfaced = chain[0] if chain else None
    code = _first(value, _CODE) if type(value) is dict else None
    return ErrorFacts(
        type=(surfaced.type or None) if surfaced else None,
        message=(surfaced.message or None) if surfaced else None,
        text=text,
        code=code,
        stack=structured(chain),
    )


def _chain(value: dict[str, Any]) -> list[ExceptionPart]:
    parts: list[ExceptionPart] = []
    current: Any = value
    while type(current) is dict and len(parts) < MAX_PARTS:
        part = ExceptionPart(
            type=_first(current, _TYPE) or "", message=_first(current, _MESSAGE) or "", frames=_frames(current)
        )
        if part.type or part.message or part.frames:
            parts.append(part)
        current = _cause(current)
    return parts


def _cause(value: dict[str, Any]) -> Any:
    """What led to an exception; of a group without a cause, its first member."""
    for key in _CAUSE:
        if type(value.get(key)) is dict:
            return value[key]
    members = value.get("exceptions")
    return members[0] if type(members) is list and members else None


def _frames(value: dict[str, Any]) -> tuple[Frame, ...]:
    """Outermost first, as structlog, our own layer and Sentry write ``frames``; others write the innermost first."""
    held = value.get("stacktrace")
    frames = value.get("frames") or (held.get("frames") if type(held) is dict else None)
    if type(frames) is list:
        return tuple(_frame(frame) for frame in frames[-MAX_FRAMES:] if type(frame) is dict)
    for key in _LISTS:
        if type(value.get(key)) is list:
            return read_frames(value[key])
    return ()


def read_frames(frames: list[Any]) -> tuple[Frame, ...]:
    """Frames in a list that begins with the innermost, as Java's layouts and zerolog's ``stack`` do."""
    return tuple(_frame(frame) for frame in reversed(frames[:MAX_FRAMES]) if type(frame) is dict)


def _frame(value: dict[str, Any]) -> Frame:
    line = _first_number(value, ("lineno", "line_number", "lineNumber"))
    code = _first(value, ("code", "context_line"))
    if not line:
        line = _first_number(value, ("line",))
    elif code is None:
        code = _first(value, ("line",))  # structlog puts the source text there
    return Frame(
        function=_first(value, ("function", "method", "methodName", "name", "func")) or "",
        path=_first(value, ("file", "filename", "fileName", "abs_path", "path", "source")) or "",
        line=line,
        module=_first(value, ("module", "class", "className", "declaringClass")) or "",
        code=(code or "").strip()[:500],
        column=_first_number(value, ("colno", "column", "columnNumber")),
    )


def _first_number(value: dict[str, Any], keys: tuple[str, ...]) -> int:
    """A line or column; zerolog writes its lines as text."""
    for key in keys:
        found = value.get(key)
        if type(found) is str and found.isascii() and found.isdecimal() and len(found) < 10:
            found = int(found)
        if type(found) is int and 0 < found < 1 << 31:
            return found
    return 0


def structured(parts: list[ExceptionPart]) -> Stack | None:
    """The stack of a chain of which at least one exception has frames."""
    framed = any(part.frames for part in parts)
    return Stack(language=_language(parts), parts=tuple(parts)) if framed else None


def _language(chain: list[ExceptionPart]) -> str:
    for part in chain:
        for frame in part.frames:
            language = _LANGUAGES.get(frame.path.rpartition(".")[2])
            if language is not None:
                return language
    return ""


def _first(value: dict[str, Any], keys: tuple[str, ...]) -> str | None:
    for key in keys:
        found = value.get(key)
        if type(found) is str and found:
            return found
    return None
