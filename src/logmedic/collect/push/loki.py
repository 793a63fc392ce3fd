"""Loki's push API: ``POST /loki/api/v1/push`` as JSON, and as protobuf in snappy.

https://grafana.com/docs/loki/latest/reference/loki-http-api/#ingest-logs; messages: ``pkg/push/push.proto`` of Loki.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec

from logmedic.collect.push.labelled import Stream, named
from logmedic.collect.push.refusal import RefusalError, malformed, too_large

_LATEST = 1 << 63  # ns; beyond it a time fits no signed integer
# s: within these a time is in order whatever its nanoseconds, an int32, say.
_FIRST_S, _LATEST_S = 3, _LATEST // 1_000_000_000 - 3
_PLACE = re.compile(r"(?P<what>.*) - at `\$\.streams\[(?P<stream>\d+)\](?:\.values\[(?P<line>\d+)\])?.*", re.DOTALL)
_LABEL = re.compile(r'\s*([A-Za-z_][A-Za-z0-9_.:]*)\s*=\s*("(?:[^"\\]|\\.)*"|`[^`]*`)\s*(,|\Z)', re.DOTALL)


class _Value(msgspec.Struct, array_like=True, gc=False):
    time: str
    line: str
    metadata: dict[str, str] = {}


class _Stream(msgspec.Struct):
    stream: dict[str, str]
    values: list[_Value]


class _Body(msgspec.Struct):
    streams: list[_Stream]


_BODY = msgspec.json.Decoder(_Body)  # made before there are threads; see ``store.rows``


def from_json(body: bytes, service_labels: Sequence[str], most: int) -> bytes:
    """The lines of a JSON body, at most ``most``, each ending in ``\\n``.

    Raises:
        RefusalError: 400 with the stream and line that is wrong, or 413.
    """
    try:
        streams = _BODY.decode(body).streams
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise malformed(_explained(str(error))) from None
    _check_count(sum(len(stream.values) for stream in streams), most)
    out: list[bytes] = []
    for number, each in enumerate(streams, 1):
        stream = Stream(named(each.stream, service_labels))
        values = each.values
        if _ordinary([value.time for value in values]) and not any(value.metadata for value in values):
            found = stream.timed_objects([value.line.encode() for value in values])
            if found is not None:
                out.append(found)
                continue
        for index, value in enumerate(values, 1):
            time = value.time
            if not (time.isdigit() and time.isascii() and len(time) <= 19) or (at := int(time)) >= _LATEST:
                raise _no_time(number, index, time)
            stream.add(value.line.encode(), at, value.metadata or None)
        out += [line + b"\n" for line in stream.lines()]
    return b"".join(out)


def _ordinary(times: Sequence[str]) -> bool:
    """Whether all are times, of the years 2001 to 2262: 19 digits, and then their order is that of the numbers."""
    joined = "".join(times)
    return joined.isdigit() and joined.isascii() and set(map(len, times)) == {19} and max(times) < str(_LATEST)


def from_protobuf(body: bytes, service_labels: Sequence[str], most: int) -> bytes:
    """The lines of a protobuf body (already unpacked), at most ``most``, each ending in ``\\n``.

    Raises:
        RefusalError: 400 or 413, as :func:`from_json`.
    """
    from google.protobuf.message import DecodeError  # noqa: PLC0415  of the extra `push`

    request = push_request()()
    try:
        request.ParseFromString(body)
    except DecodeError:
        raise malformed("the body is no PushRequest of Loki in protobuf, packed by snappy") from None
    _check_count(sum(len(stream.entries) for stream in request.streams), most)
    out: list[bytes] = []
    for number, each in enumerate(request.streams, 1):
        stream = Stream(named(_labels(each.labels, number), service_labels))
        entries = list(each.entries)
        seconds = [entry.timestamp.seconds for entry in entries]
        if seconds and min(seconds) >= _FIRST_S and max(seconds) < _LATEST_S:
            found = None
            if not any(entry.structuredMetadata for entry in entries):
                found = stream.timed_objects([entry.line for entry in entries])
            if found is not None:
                out.append(found)
                continue
        for index, entry in enumerate(entries, 1):
            time = entry.timestamp.seconds * 1_000_000_000 + entry.timestamp.nanos
            if not 0 <= time < _LATEST:
                raise _no_time(number, index, str(time))
            pairs = entry.structuredMetadata
            stream.add(entry.line, time, {_text(p.name): _text(p.value) for p in pairs} if pairs else None)
        out += [line + b"\n" for line in stream.lines()]
    return b"".join(out)


def _no_time(stream: int, line: int, time: str) -> RefusalError:
    return malformed(f"stream {stream}, line {line}: {time[:40]!r} is no time in nanoseconds since 1970")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _check_count(count: int, most: int) -> None:
    if count > most:
        raise too_large(f"{count} lines in one request, {most} are allowed (max_records); send smaller batches")


def _explained(message: str) -> str:
    found = _PLACE.fullmatch(message)
    if found is None:
        return f'no push request of Loki ({{"streams": [{{"stream": {{…}}, "values": [[time, line], …]}}]}}): {message}'
    line = "" if found["line"] is None else f", line {int(found['line']) + 1}"
    return f"stream {int(found['stream']) + 1}{line}: {found['what']}"


def _labels(raw: bytes, number: int) -> dict[str, str]:
    """``{app="shop", env="prod"}`` as a dictionary; strings are Go's, whose escapes are JSON's but for a few."""
    text = _text(raw).strip()
    if not (text.startswith("{") and text.endswith("}")):
        raise malformed(f"stream {number}: its labels {text[:80]!r} are not in braces")
    found: dict[str, str] = {}
    inside = text[1:-1].strip()
    at = 0
    while at < len(inside):
        match = _LABEL.match(inside, at)
        if match is None:
            raise malformed(f"stream {number}: its labels cannot be read from {inside[at : at + 80]!r} on")
        found[match[1]] = _string(match[2])
        at = match.end()
    return found


def _string(quoted: str) -> str:
    if quoted.startswith("`"):
        return quoted[1:-1]
    try:
        return msgspec.json.decode(quoted, type=str)
    except msgspec.DecodeError:
        return quoted[1:-1]  # an escape that only Go knows stays as it is written


@cache
def push_request() -> Any:
    """The message class of ``logproto.PushRequest``. Strings are declared as bytes: on the wire they are the same, and
    what is not UTF-8 is kept."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory  # noqa: PLC0415  as above

    field = descriptor_pb2.FieldDescriptorProto
    shapes: dict[str, tuple[tuple[str, int, int, bool, str], ...]] = {
        "Timestamp": (
            ("seconds", 1, field.TYPE_INT64, False, ""),
            ("nanos", 2, field.TYPE_INT32, False, ""),
        ),
        "LabelPair": (("name", 1, field.TYPE_BYTES, False, ""), ("value", 2, field.TYPE_BYTES, False, "")),
        "Entry": (
            ("timestamp", 1, field.TYPE_MESSAGE, False, "Timestamp"),
            ("line", 2, field.TYPE_BYTES, False, ""),
            ("structuredMetadata", 3, field.TYPE_MESSAGE, True, "LabelPair"),
        ),
        "Stream": (
            ("labels", 1, field.TYPE_BYTES, False, ""),
            ("entries", 2, field.TYPE_MESSAGE, True, "Entry"),
        ),
        "PushRequest": (("streams", 1, field.TYPE_MESSAGE, True, "Stream"),),
    }
    file = descriptor_pb2.FileDescriptorProto(name="logmedic/push.proto", package="logmedic.push", syntax="proto3")
    for name, fields in shapes.items():
        message = file.message_type.add(name=name)
        for label, number, kind, repeated, inner in fields:
            added = message.field.add(name=label, number=number, type=kind)
            added.label = field.LABEL_REPEATED if repeated else field.LABEL_OPTIONAL
            if inner:
                added.type_name = f".logmedic.push.{inner}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("logmedic.push.PushRequest"))
