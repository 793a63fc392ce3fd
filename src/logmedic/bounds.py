"""How much of one record is kept: a stranger decides how long a line is, so what is done with it must be bounded."""

from __future__ import annotations

from typing import Any

import msgspec

from logmedic.model import ExceptionPart, Frame, LogRecord, Sample, Stack

LONGEST_NAME = 200  # characters of a service, a target, an id, a key
LONGEST_TEXT = 16_000  # characters of a message, a trace, one text among the fields
LONGEST_RAW = 64 * 1024  # bytes of the line itself
FIELD_TEXT = 32_000  # characters of all fields together
MOST_VALUES = 2_000  # among the fields, nested ones counted
DEEPEST = 64  # nesting of fields
MOST_PARTS, MOST_FRAMES = 20, 100  # of a stack: exceptions, frames of all of them together
CUT = "cut"  # the flag of a record that lost something here
_WORD = 256  # characters within which the edge of a word is looked for
_EDGES = " \t\r\n\"'`,;&|<>(){}[]"


def clip(text: str, limit: int) -> str:
    """At most ``limit`` characters, cut at the edge of a word: half a secret would not be recognised as one."""
    if len(text) <= limit:
        return text
    for end in range(limit, max(limit - _WORD, 0), -1):
        if text[end] in _EDGES:
            return text[:end]
    return text[:limit]


def bounded(record: LogRecord) -> LogRecord:
    """The record within the limits above, flagged "cut" if it was not; the same record if it was.

    A JSON line that is too long stays JSON, so that redaction still knows which value stands under which key.
    """

    def maybe(text: str | None, limit: int = LONGEST_NAME) -> str | None:
        return None if text is None else clip(text, limit)

    within = msgspec.structs.replace(
        record,
        message=clip(record.message, LONGEST_TEXT),
        service=clip(record.service, LONGEST_NAME),
        error_code=maybe(record.error_code),
        request_id=maybe(record.request_id),
        trace_id=maybe(record.trace_id),
        spans=tuple(clip(span, LONGEST_NAME) for span in record.spans[:DEEPEST]),
        target=clip(record.target, LONGEST_NAME),
        file=maybe(record.file, 2 * LONGEST_NAME),
        exception_type=maybe(record.exception_type),
        exception_message=maybe(record.exception_message, LONGEST_TEXT),
        stack_text=maybe(record.stack_text, LONGEST_TEXT),
        stack=None if record.stack is None else bounded_stack(record.stack),
        release=maybe(record.release),
        fields=_Room().value(record.fields, 0),
        raw=_raw(record.raw),
    )
    return record if within == record else msgspec.structs.replace(within, flags=(*record.flags, CUT))


def bounded_sample(sample: Sample) -> Sample:
    """The sample with its record and the stack of its grouping within the limits."""
    grouping = sample.grouping
    if grouping.stack is not None:
        grouping = msgspec.structs.replace(grouping, stack=bounded_stack(grouping.stack))
    return Sample(bounded(sample.record), grouping, sample.matches)


def bounded_stack(stack: Stack) -> Stack:
    """The outer exceptions and, of each, the frames nearest to where it was raised."""
    parts: list[ExceptionPart] = []
    left = MOST_FRAMES
    for part in stack.parts[:MOST_PARTS]:
        frames = part.frames[max(0, len(part.frames) - left) :]
        left -= len(frames)
        message = clip(part.message, LONGEST_TEXT // 4)
        parts.append(ExceptionPart(clip(part.type, LONGEST_NAME), message, tuple(map(_frame, frames))))
    return msgspec.structs.replace(stack, parts=tuple(parts))


def _frame(frame: Frame) -> Frame:
    return msgspec.structs.replace(
        frame,
        function=clip(frame.function, LONGEST_NAME),
        path=clip(frame.path, 2 * LONGEST_NAME),
        module=clip(frame.module, LONGEST_NAME),
        code=clip(frame.code, LONGEST_NAME),
    )


def _raw(raw: bytes) -> bytes:
    if len(raw) <= LONGEST_RAW:
        return raw
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value = None
    if isinstance(value, dict):
        shorter = msgspec.json.encode(_Room().value(value, 0))
        if len(shorter) <= LONGEST_RAW:
            return shorter
    return clip(raw[:LONGEST_RAW].decode("utf-8", "replace"), LONGEST_RAW // 3).encode()


class _Room:
    """What may still be kept of the fields (or the stack) of one record."""

    def __init__(self) -> None:
        self.characters = FIELD_TEXT
        self.values = MOST_VALUES

    def value(self, value: Any, depth: int) -> Any:
        """A JSON value, less what there is no room for."""
        self.values -= 1
        if isinstance(value, str):
            kept = clip(value, max(0, min(LONGEST_TEXT, self.characters)))
            self.characters -= len(kept)
            return kept
        if isinstance(value, int) and not isinstance(value, bool):
            self.characters -= value.bit_length() // 3
            return value
        if not isinstance(value, dict | list | tuple):
            return value
        if depth >= DEEPEST:
            return None
        if isinstance(value, dict):
            return self._members(value, depth)
        return self._items(value, depth)

    def _members(self, value: dict[Any, Any], depth: int) -> dict[Any, Any]:
        kept: dict[Any, Any] = {}
        for key, member in value.items():
            if self.full:
                break
            name = clip(key, LONGEST_NAME) if isinstance(key, str) else key
            self.characters -= len(name) if isinstance(name, str) else 0
            kept[name] = self.value(member, depth + 1)
        return kept

    def _items(self, value: list[Any] | tuple[Any, ...], depth: int) -> list[Any] | tuple[Any, ...]:
        kept = []
        for item in value:
            if self.full:
                break
            kept.append(self.value(item, depth + 1))
        return kept if isinstance(value, list) else tuple(kept)

    @property
    def full(self) -> bool:
        return self.values <= 0 or self.characters <= 0
