"""What becomes of the members that play a role: the best of them is read, the others stay among the fields."""

from __future__ import annotations

from typing import Any

from logmedic.bounds import LONGEST_NAME, clip
from logmedic.collect.dialects import values
from logmedic.collect.dialects.dialect import Role
from logmedic.collect.dialects.exceptions import ErrorFacts, read_error, read_frames, structured
from logmedic.model import ExceptionPart

MAX_SPANS = 32

Hit = tuple[int, str, Any]  # rank, key, value

_LEVEL, _ERROR_CODE, _DURATION = int(Role.LEVEL), int(Role.ERROR_CODE), int(Role.DURATION)
_ERROR, _EXCEPTION_TYPE, _EXCEPTION_MESSAGE = int(Role.ERROR), int(Role.EXCEPTION_TYPE), int(Role.EXCEPTION_MESSAGE)
_STACK, _SPAN, _SPANS = int(Role.STACK), int(Role.SPAN), int(Role.SPANS)


def read_facts(hits: list[list[Hit] | None], fields: dict[str, Any]) -> ErrorFacts:
    error = take(hits[_ERROR], fields)
    facts = read_error(error) if error is not None else ErrorFacts()
    if type(error) is dict:
        for key in _STATUS_KEYS:  # no error codes, but grouping looks at them
            if type(error.get(key)) is int:
                fields.setdefault(f"error.{key}", error[key])
    kind = take(hits[_EXCEPTION_TYPE], fields)
    message = take(hits[_EXCEPTION_MESSAGE], fields)
    stack = take(hits[_STACK], fields)
    if type(kind) is str and kind:
        facts.type = kind
    if type(message) is str and message:
        facts.message = message
    if type(stack) is str and stack:
        facts.text = stack
    elif type(stack) is list and facts.text is None:
        facts.text = "\n".join(line for line in stack if type(line) is str) or None
        if facts.text is None and facts.stack is None:
            part = ExceptionPart(facts.type or "", facts.message or "", read_frames(stack))
            facts.stack = structured([part])
    return facts


_OTLP_VALUES = ("stringValue", "intValue", "doubleValue", "boolValue", "string_value", "int_value", "double_value")


def as_object(items: list[Any]) -> Any:
    """OTLP's ``[{"key": k, "value": {"stringValue": v}}]`` as an object; anything else as it is."""
    found: dict[str, Any] = {}
    for item in items:
        if type(item) is not dict or type(item.get("key")) is not str:
            return items
        found[item["key"]] = _otlp_value(item.get("value"))
    return found


def _otlp_value(value: Any) -> Any:
    if type(value) is dict:
        for key in _OTLP_VALUES:
            if key in value:
                return value[key]
    return value


# Keys whose numbers are an HTTP status or an errno rather than an error code.
_STATUS_KEYS = ("code", "status", "statusCode", "status_code")
_TEXT_CODES = frozenset({"code", "error.code", "err.code", "exception.code"})


def rank_of(hit: Hit) -> int:
    return hit[0]


def take(hits: list[Hit] | None, fields: dict[str, Any]) -> Any:
    """The best value that is not null; the others stay among the fields."""
    if hits is None:
        return None
    if len(hits) == 1:
        return hits[0][2]
    chosen = next((index for index, hit in enumerate(hits) if hit[2] is not None), 0)
    keep_rest(hits, chosen, fields)
    return hits[chosen][2]


def keep_rest(hits: list[Hit] | None, chosen: int, fields: dict[str, Any]) -> None:
    for index, (_, key, value) in enumerate(hits or ()):
        if index != chosen:
            fields.setdefault(key, value)


def drop_cut(cut: str, hits: list[list[Hit] | None]) -> None:
    """Half a word or number must not be taken for a whole one."""
    for role in (_LEVEL, _DURATION, _ERROR_CODE):
        found = hits[role]
        if found is not None:
            hits[role] = [hit for hit in found if hit[1] != cut] or None


def read_code(hits: list[Hit], fields: dict[str, Any]) -> str | None:
    for index, (_, key, value) in enumerate(hits):
        code = values.read_code(value, numbers=key not in _TEXT_CODES)
        if code is not None:
            keep_rest(hits, index, fields)
            return code
    keep_rest(hits, -1, fields)
    return None


def read_time(value: Any, received: int, flags: tuple[str, ...]) -> tuple[int, tuple[str, ...]]:
    time, naive = values.read_time(value, received) if value is not None else (None, False)
    if time is None:
        return received, (*flags, "time-inferred")
    return time, (*flags, "time-naive") if naive else flags


def read_message(value: Any) -> str:
    return value if type(value) is str else values.read_text(_otlp_value(value))


def text_or_none(value: Any) -> str | None:
    """A name or an id: what is longer than 200 characters is neither, and would be stored many times over."""
    if type(value) is str:
        return (value if len(value) <= LONGEST_NAME else clip(value, LONGEST_NAME)) or None
    return str(value) if type(value) is int and abs(value) < 1 << 63 else None


def read_spans(hits: list[list[Hit] | None], fields: dict[str, Any]) -> tuple[tuple[str, ...], str | None]:
    """Span names, outermost first, and a request id that one of them carries (the innermost wins)."""
    listed = take(hits[_SPANS], fields)
    inner = take(hits[_SPAN], fields)
    spans = listed[-MAX_SPANS:] if type(listed) is list and listed else [inner] if inner is not None else []
    names: list[str] = []
    request_id = None
    for span in spans:
        name = span.get("name") if type(span) is dict else span
        if type(name) is str:
            names.append(name)
        if type(span) is dict:
            request_id = text_or_none(span.get("request_id", span.get("requestId"))) or request_id
    if names and listed and inner is not None and type(inner) is dict and inner.get("name") != names[-1]:
        names.append(str(inner.get("name", "")))
    return tuple(names), request_id


def read_place(file: Any, line: Any) -> tuple[str | None, int | None]:
    """File and line; zap's ``caller`` holds both (``api/user.go:42``)."""
    if type(file) is not str or not file:
        return None, None
    if type(line) is str and line.isdigit() and len(line) < 10:
        line = int(line)
    if type(line) is int and 0 < line < 1 << 31:
        return file, line
    head, _, tail = file.rpartition(":")
    if head and tail.isdigit() and len(tail) < 10:
        return head, int(tail)
    return file, None
