"""An exception as data: types, messages and frames of the whole chain, bounded, and never the values of locals."""

from __future__ import annotations

import contextlib
import linecache
import traceback
from types import TracebackType
from typing import Any

from logmedic.tracing.safe import cut, safe_repr

MAX_FRAMES = 50  # frames kept of one exception: the outermost ten, and the rest from where it was raised
OUTER_FRAMES = 10
MAX_CHAIN = 10  # exceptions kept along causes
MAX_GROUP = 10  # exceptions kept of one group
MAX_EXCEPTIONS = 50  # exceptions kept in all: groups nest
MAX_MESSAGE = 8 << 10  # characters
MAX_TRACE_TEXT = 32 << 10  # characters


def describe(error: BaseException, root: str = "") -> dict[str, Any]:
    """``{"type", "message", "frames": [{"file", "line", "function", "module", "code"}, …], "cause", "exceptions"}``.

    Frames run from the outermost call to where it was raised, without those of this package. ``cause`` is the exception
    that led to this one, as Python would print it: ``__cause__``, else ``__context__`` unless it was suppressed by
    ``from None``; the latter is marked ``"implicit": true``. ``exceptions`` are the members of a group. What limits
    left out is counted under ``frames_omitted`` and ``exceptions_omitted``. Paths below ``root`` (which ends in a
    separator) become relative.
    """
    return _Describer(root).describe(error, MAX_CHAIN)


class _Describer:
    def __init__(self, root: str) -> None:
        self._root = root
        self._seen: set[int] = set()

    def describe(self, error: BaseException, chain: int) -> dict[str, Any]:
        self._seen.add(id(error))
        data: dict[str, Any] = {"type": type_name(error), "message": message_of(error)}
        frames, omitted = self._frames(error.__traceback__)
        data["frames"] = frames
        if omitted:
            data["frames_omitted"] = omitted
        if isinstance(error, BaseExceptionGroup):
            self._add_members(data, error, chain)
        cause, implicit = _led_to(error)
        if cause is not None and chain > 1 and id(cause) not in self._seen and len(self._seen) < MAX_EXCEPTIONS:
            data["cause"] = self.describe(cause, chain - 1)
            if implicit:
                data["cause"]["implicit"] = True
        return data

    def _add_members(self, data: dict[str, Any], group: BaseExceptionGroup[BaseException], chain: int) -> None:
        members = data["exceptions"] = []
        for member in group.exceptions[:MAX_GROUP]:
            if chain > 1 and len(self._seen) < MAX_EXCEPTIONS and id(member) not in self._seen:
                members.append(self.describe(member, chain - 1))
        if len(members) < len(group.exceptions):
            data["exceptions_omitted"] = len(group.exceptions) - len(members)

    def _frames(self, where: TracebackType | None) -> tuple[list[dict[str, Any]], int]:
        calls = [call for call in traceback.walk_tb(where) if not _is_own(call[0].f_globals)]
        omitted = max(0, len(calls) - MAX_FRAMES)
        if omitted:
            calls = calls[:OUTER_FRAMES] + calls[OUTER_FRAMES + omitted :]
        return [self._frame(frame.f_code, frame.f_globals, line) for frame, line in calls], omitted

    def _frame(self, code: Any, names: dict[str, Any], line: int) -> dict[str, Any]:
        path: str = code.co_filename
        linecache.checkcache(path)  # a file edited while the process runs would be quoted wrongly
        return {
            "file": path.removeprefix(self._root),
            "line": line,
            "function": code.co_qualname,
            "module": str(names.get("__name__", "")),
            "code": linecache.getline(path, line, names).strip(),
        }


def _is_own(names: dict[str, Any]) -> bool:
    """The frames of the middleware and the span decorator stand in nearly every trace and say nothing about it."""
    return str(names.get("__name__", "")).startswith("logmedic.tracing.")


def _led_to(error: BaseException) -> tuple[BaseException | None, bool]:
    if error.__cause__ is not None:
        return error.__cause__, False
    return (None, False) if error.__suppress_context__ else (error.__context__, True)


def type_name(error: BaseException) -> str:
    """Qualified as Python prints it: builtins and ``__main__`` stand without their module."""
    kind = type(error)
    return (
        kind.__qualname__ if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}.{kind.__qualname__}"
    )


def message_of(error: BaseException) -> str:
    with contextlib.suppress(Exception):  # an exception's own __str__ may raise whatever it likes
        return cut(str(error), MAX_MESSAGE)
    return safe_repr(error)


def trace_text(error: BaseException) -> str:
    """The trace as Python would print it, with its chain, cut in the middle beyond :data:`MAX_TRACE_TEXT`."""
    return cut("".join(traceback.format_exception(error)).rstrip("\n"), MAX_TRACE_TEXT)
