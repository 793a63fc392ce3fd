"""The stack of a record, wherever it was logged, and what of its frames is evidence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from logmedic.group.interface import StackParser
from logmedic.group.paths import module_of
from logmedic.group.title import without_colours
from logmedic.model import ExceptionPart, Frame, LogRecord, Stack

MOST_NAMES = 5  # innermost frames of the team's own code that count; outer ones are how one got there
# Of all traces only a Rust panic and a backtrace printed for debugging fit on one line.
_ONE_LINE = "panicked at "
_ONE_LINE_DEBUG = '{ fn: "'
FILE = "file "  # before the module of a call that has no name
_LIBRARIES = ("/node_modules/", "/vendor/", "/site-packages/", "/go/pkg/mod/", "/.cargo/", "/.m2/", "/usr/lib/")
# Functions that many different faults end in; compared with the last part of the name, and as the start of it.
_HELPERS = frozenset(
    {"<module>", "main", "fail", "abort", "bail", "throw", "error", "die", "panic", "reject", "check", "ensure",
     "require", "__call__", "wrapper", "inner", "<lambda>", "unwrap", "expect", "call", "run", "execute", "dispatch"}
)  # fmt: skip
_HELPER_STARTS = (
    "raise_",
    "throw_",
    "fail_",
    "abort_",
    "panic_",
    "assert_",
    "handle_error",
    "_raise",
    "die_",
    "error_",
)


# Of a recursion without end only the calls that recur count: runtimes and loggers drop the others, or do not.
_OVERFLOWS = frozenset({"RecursionError", "StackOverflowError", "StackOverflowException", "RangeError"})


# A trace without frames: only what was raised.
LONGEST_HEADS = 16_000  # characters
MOST_HEADS = 16
_RAISED = re.compile(r"(?:Caused by: |Uncaught |Unhandled exception\. )?([A-Za-z_$][\w$.]{0,200})(?:: (.*))?$")
_TYPES = ("Error", "Exception", "Throwable", "Rejection", "Interrupt", "Exit", "Timeout", "Warning")
_DOTTED = re.compile(r"(?:[a-z][\w$]*\.)+[A-Z][\w$]*")  # com.acme.NoCard


class Evidence(NamedTuple):
    text: str  # names, innermost last
    named: bool  # at least one frame of the team's own with a name
    helper: bool  # what the exception says decides: the innermost of them only raises, or nothing else is sure


class Frames:
    """Knows the team's own frames: the language's conventions, corrected by the config."""

    def __init__(self, include: Sequence[str], exclude: Sequence[str]) -> None:
        self._include = tuple(include)
        self._exclude = tuple(exclude)
        self.configured = bool(include or exclude)

    def own(self, frame: Frame, parser: StackParser | None) -> bool:
        if self._exclude and _matches(frame, self._exclude):
            return False
        if self._include and _matches(frame, self._include):
            return True
        if parser is None:
            return bool(frame.function) and not any(part in frame.path for part in _LIBRARIES)
        return parser.in_app(frame)

    def mark(self, stack: Stack, parser: StackParser | None) -> Stack:
        """The stack with ``in_app`` set by config and conventions."""
        return Stack(stack.language, tuple(self._part(part, parser) for part in stack.parts))

    def _part(self, part: ExceptionPart, parser: StackParser | None) -> ExceptionPart:
        frames = (msgspec.structs.replace(frame, in_app=self.own(frame, parser)) for frame in part.frames)
        return ExceptionPart(part.type, part.message, tuple(frames))

    def name(self, frame: Frame, parser: StackParser | None) -> str:
        if parser is not None:
            return parser.name(frame)
        return ".".join(n for n in (frame.module or module_of(frame.path), frame.function) if n)

    def key(self, frame: Frame, parser: StackParser | None) -> str:
        """What of a frame counts: its name as the language keys it, or else its file."""
        return (parser.key(frame) if parser else self.name(frame, parser)) or f"{FILE}{module_of(frame.path)}"

    def evidence(self, stack: Stack, parser: StackParser | None) -> Evidence:
        """Up to five own frames of the innermost cause that has some, and the innermost of each other exception."""
        place = parser.place(stack) if parser is not None else None
        if place is not None:
            return Evidence(place, named=bool(place), helper=not place)
        own = [[f for f in part.frames if f.in_app] for part in stack.parts]
        deciding = max((i for i, frames in enumerate(own) if frames), default=None)
        if deciding is None:
            return Evidence("", named=False, helper=False)
        names: list[str] = []
        for i, frames in enumerate(own):
            called = [self.key(f, parser) for f in reversed(frames)]
            if called and stack.parts[i].type.rpartition(".")[2] in _OVERFLOWS:
                called = called[: len(called) - called[::-1].index(called[0])]
            unlike = list(dict.fromkeys(called))
            names += reversed(unlike[: MOST_NAMES if i == deciding else 1])  # recursion of any depth is alike
        innermost = self.name(own[deciding][-1], parser)
        last = innermost.rsplit(".", 1)[-1]
        helper = not last or last in _HELPERS or last.startswith(_HELPER_STARTS)
        return Evidence(" > ".join(names), named=bool(innermost), helper=helper)


def read_stack(record: LogRecord, parsers: Sequence[StackParser], frames: Frames) -> Stack | None:
    """Structured frames, else the trace as text, else one inside a message."""
    if record.stack is not None:
        language = record.stack.language
        return frames.mark(record.stack, next((p for p in parsers if p.language == language), None))
    for text in (_panic(record), record.stack_text, record.exception_message, record.message):
        if not text or not has_lines(text):
            continue
        text = trace_text(text)  # noqa: PLW2901  the same text, as it was meant
        for parser in parsers:
            if parser.looks_like(text) and (stack := parser.parse(text)) is not None:
                return frames.mark(stack, parser) if frames.configured else stack
    return _without_frames(record.stack_text) if record.stack_text else None


def _without_frames(text: str) -> Stack | None:
    """A trace of which only what was raised is left: ``TypeError: a is null``, and the causes where they are named."""
    parts: list[ExceptionPart] = []
    for line in trace_text(text[:LONGEST_HEADS]).split("\n"):
        raised = _RAISED.match(line.rstrip()) if line and not line[0].isspace() else None
        if raised is not None and (raised[1].endswith(_TYPES) or _DOTTED.fullmatch(raised[1])):
            parts.append(ExceptionPart(raised[1], raised[2] or "", ()))
    return Stack("", tuple(parts[:MOST_HEADS])) if parts else None


def _panic(record: LogRecord) -> str | None:
    """A Rust panic that a hook logged in pieces: its words as the message or in fields, the backtrace beside them."""
    if not record.fields and not record.stack_text:
        return None
    place = record.fields.get("panic.location")
    if type(place) is str and place:
        said, calls = (record.fields.get(f"panic.{name}") for name in ("payload", "backtrace"))
        words = said if type(said) is str else record.message
        return f"panicked at {place}:\n{words}\n{calls if type(calls) is str else record.stack_text or ''}"
    if record.stack_text and _ONE_LINE in record.message and _ONE_LINE not in record.stack_text:
        return f"{record.message}\n{record.stack_text}"
    return None


def has_lines(text: str) -> bool:
    """Whether a text may hold a trace at all."""
    return "\n" in text or "\\n" in text or _ONE_LINE in text or _ONE_LINE_DEBUG in text


def trace_text(text: str) -> str:
    """The text without colours, and with lines where a logger escaped it twice."""
    if "\n" not in text and "\\n" in text:
        text = text.replace("\\r", "").replace("\\n", "\n").replace("\\t", "\t").replace('\\"', '"')
    return without_colours(text)


def _matches(frame: Frame, patterns: Sequence[str]) -> bool:
    """A pattern with a slash is part of a path; otherwise it is a module, or the beginning of one."""
    name = f"{frame.module or module_of(frame.path)}.{frame.function}".strip(".").replace("::", ".")
    return any(
        pattern in frame.path if "/" in pattern else f".{name}.".find(f".{pattern.replace('::', '.')}.") >= 0
        for pattern in patterns
    )
