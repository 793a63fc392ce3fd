"""OTLP/HTTP logs: ``POST /v1/logs`` as protobuf and as JSON.

https://opentelemetry.io/docs/specs/otlp/#otlphttp: in JSON ids are hex, 64-bit integers are strings, and keys are in
lowerCamelCase. An application's own JSON line, which a collector that only tails files puts into ``body``, is taken for
the line it is; anything else becomes one.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from logmedic.collect.push.labelled import labelled
from logmedic.collect.push.refusal import malformed, too_large

if TYPE_CHECKING:
    from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
    from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

MAX_DEPTH = 32
"""Values nested deeper are refused, record by record; the decoders behind read 64 levels, ours and JSON's included."""
_UNKNOWN = "unknown_service"  # also "unknown_service:python"; semantic conventions, "service.name"
_LATEST = 1 << 63  # ns


class _KeyValue(msgspec.Struct):
    key: str = ""
    value: Any = None


class _Attributed(msgspec.Struct):
    attributes: list[_KeyValue] = []
    name: str = ""


class _Record(msgspec.Struct, rename="camel"):
    time_unix_nano: int | str = 0
    observed_time_unix_nano: int | str = 0
    severity_number: int | str = 0
    severity_text: str = ""
    event_name: str = ""
    body: Any = None
    attributes: list[_KeyValue] = []
    trace_id: str = ""
    span_id: str = ""


class _Scope(msgspec.Struct, rename="camel"):
    scope: _Attributed | None = None
    log_records: list[_Record] = []


class _Resource(msgspec.Struct, rename="camel"):
    resource: _Attributed | None = None
    scope_logs: list[_Scope] = []


class _Body(msgspec.Struct, rename="camel"):
    resource_logs: list[_Resource] = []


class Taken(msgspec.Struct):
    """Lines without their ends; and how many records were refused, with the reason of the first."""

    lines: list[bytes]
    rejected: int = 0
    reason: str = ""

    def reject(self, reason: str) -> None:
        self.rejected += 1
        self.reason = self.reason or reason


_BODY = msgspec.json.Decoder(_Body)  # made here, before there are threads; see ``store.rows``
_encode = msgspec.json.Encoder().encode


class _TooDeepError(ValueError):
    pass


def from_json(body: bytes, most: int) -> Taken:
    """Raises :class:`.refusal.RefusalError`: 400 with the place that is wrong, or 413."""
    try:
        resources = _BODY.decode(body).resource_logs
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise malformed(f"no ExportLogsServiceRequest in JSON: {error}") from None
    _check_count(sum(len(scope.log_records) for each in resources for scope in each.scope_logs), most)
    taken = Taken([])
    for each in resources:
        of_resource = _plain_pairs(each.resource.attributes) if each.resource is not None else {}
        for scope in each.scope_logs:
            labels = _labels(of_resource, "" if scope.scope is None else scope.scope.name)
            for record in scope.log_records:
                _take_plain(taken, labels, record)
    return taken


def from_protobuf(body: bytes, most: int) -> Taken:
    """Raises :class:`.refusal.RefusalError`, as :func:`from_json`."""
    from google.protobuf.message import DecodeError  # noqa: PLC0415  of the extra `push`
    from opentelemetry.proto.collector.logs.v1 import logs_service_pb2  # noqa: PLC0415

    request = logs_service_pb2.ExportLogsServiceRequest()
    try:
        request.ParseFromString(body)
    except DecodeError:
        raise malformed("the body is no ExportLogsServiceRequest in protobuf") from None
    _check_count(sum(len(scope.log_records) for each in request.resource_logs for scope in each.scope_logs), most)
    taken = Taken([])
    for each in request.resource_logs:
        of_resource = _pairs(each.resource.attributes)
        for scope in each.scope_logs:
            labels = _labels(of_resource, scope.scope.name)
            for record in scope.log_records:
                _take(taken, labels, record)
    return taken


def _check_count(count: int, most: int) -> None:
    if count > most:
        raise too_large(f"{count} records in one request, {most} are allowed (max_records); send smaller batches")


def _labels(resource: Mapping[str, object], scope: str) -> dict[str, object]:
    found = {k: v for k, v in resource.items() if k != "service.name" or not str(v).startswith(_UNKNOWN)}
    if scope:
        found["logger"] = scope
    return found


def _take(taken: Taken, labels: Mapping[str, object], record: LogRecord) -> None:
    try:
        body = _value(record.body)
        attributes = _pairs(record.attributes)
    except _TooDeepError as error:
        taken.reject(str(error))
        return
    besides: dict[str, object] = {**labels, **attributes}
    if record.trace_id:
        besides["traceId"] = record.trace_id.hex()
    if record.span_id:
        besides["spanId"] = record.span_id.hex()
    time = record.time_unix_nano or record.observed_time_unix_nano
    _severity(besides, record.severity_text, record.severity_number, record.event_name)
    _write(taken, body, time, besides)


def _take_plain(taken: Taken, labels: Mapping[str, object], record: _Record) -> None:
    try:
        body = _plain_value(record.body)
        attributes = _plain_pairs(record.attributes)
    except _TooDeepError as error:
        taken.reject(str(error))
        return
    times = [_integer(record.time_unix_nano), _integer(record.observed_time_unix_nano)]
    number = _integer(record.severity_number)
    if None in times or number is None:
        taken.reject("a time or severityNumber that is no integer")
        return
    besides: dict[str, object] = {**labels, **attributes}
    if record.trace_id:
        besides["traceId"] = record.trace_id
    if record.span_id:
        besides["spanId"] = record.span_id
    time = times[0] or times[1] or 0
    _severity(besides, record.severity_text, number, record.event_name)
    _write(taken, body, time, besides)


def _severity(besides: dict[str, object], text: str, number: int, event: str) -> None:
    if text:
        besides["severityText"] = text
    if number:
        besides["severityNumber"] = number
    if event:
        besides["event.name"] = event


def _write(taken: Taken, body: object, time: int, besides: dict[str, object]) -> None:
    if isinstance(body, str):
        line = body.encode()
    elif body is None:
        line = str(besides.get("event.name", "")).encode()
    else:
        line = _encode(body)
    taken.lines.append(labelled(line, time if 0 <= time < _LATEST else 0, besides))


def _integer(value: int | str) -> int | None:
    """An integer that JSON may carry as a string; of an enumeration also ``SEVERITY_NUMBER_ERROR``."""
    if isinstance(value, int):
        return value
    if value.isascii() and value.isdigit() and len(value) <= 20:
        return int(value)
    return None


# -- values of protobuf ------------------------------------------------------------------------------------------------


def _pairs(pairs: Iterable[KeyValue], depth: int = 0) -> dict[str, object]:
    return {pair.key: _value(pair.value, depth) for pair in pairs}


def _value(value: AnyValue, depth: int = 0) -> object:
    if depth > MAX_DEPTH:
        raise _TooDeepError(f"a value is nested deeper than {MAX_DEPTH} levels")
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if kind == "kvlist_value":
        return _pairs(value.kvlist_value.values, depth + 1)
    if kind == "array_value":
        return [_value(one, depth + 1) for one in value.array_value.values]
    if kind == "bytes_value":
        return base64.b64encode(value.bytes_value).decode()
    return getattr(value, kind)


# -- values of JSON ----------------------------------------------------------------------------------------------------


def _plain_pairs(pairs: Iterable[_KeyValue], depth: int = 0) -> dict[str, object]:
    return {pair.key: _plain_value(pair.value, depth) for pair in pairs}


def _plain_value(value: Any, depth: int = 0) -> object:
    """``{"stringValue": "x"}`` as ``"x"``; what is no such object has no value."""
    if depth > MAX_DEPTH:
        raise _TooDeepError(f"a value is nested deeper than {MAX_DEPTH} levels")
    if type(value) is not dict or not value:
        return None
    kind, inner = next(iter(value.items()))
    if kind == "intValue" and type(inner) is str:
        number = inner.removeprefix("-")
        return int(inner) if number.isascii() and number.isdigit() and len(number) <= 19 else inner
    if kind in {"kvlistValue", "arrayValue"}:
        inner = inner.get("values") if type(inner) is dict else None
        many = inner if type(inner) is list else []
        if kind == "arrayValue":
            return [_plain_value(one, depth + 1) for one in many]
        return {str(one.get("key", "")): _plain_value(one.get("value"), depth + 1) for one in many if type(one) is dict}
    if kind in {"stringValue", "boolValue", "intValue", "doubleValue", "bytesValue"} and type(inner) is not dict:
        return inner if type(inner) is not list else None
    return None
