"""From the body of a request to lines, and what each protocol wants to hear. One entry of :data:`PROTOCOLS` each."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import msgspec

from logmedic.collect.push import firehose, ingest, loki, otlp
from logmedic.collect.push.config import FIREHOSE, INGEST, LOKI, OTLP, PushSourceConfig
from logmedic.collect.push.inflate import inflate, unsnap
from logmedic.collect.push.refusal import RefusalError

PROTOBUF = "application/x-protobuf"
JSON = "application/json"
TEXT = "text/plain; charset=utf-8"
_INVALID_ARGUMENT, _UNAVAILABLE = 3, 14  # google.rpc.Code


class Answer(msgspec.Struct, frozen=True):
    """What the sender is told."""

    status: int
    body: bytes = b""
    type: str = TEXT
    headers: tuple[tuple[str, str], ...] = ()


class Lines(msgspec.Struct, frozen=True):
    """Whole lines, each ending in ``\\n``; the body that they came from, unpacked; the answer once they are kept."""

    data: bytes
    body: bytes
    answer: Answer


Read = Callable[[PushSourceConfig, Mapping[str, str], bytes], Lines]
Refuse = Callable[[Mapping[str, str], RefusalError], Answer]


class Protocol(msgspec.Struct, frozen=True):
    """``read`` a body (raises :class:`RefusalError`), and say that it is refused."""

    read: Read
    refuse: Refuse


def _type(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _joined(lines: list[bytes]) -> bytes:
    return b"\n".join([*lines, b""])


def _plainly(_headers: Mapping[str, str], refusal: RefusalError) -> Answer:
    return Answer(refusal.status, f"{refusal}\n".encode())


def _read_loki(config: PushSourceConfig, headers: Mapping[str, str], body: bytes) -> Lines:
    encoding = headers.get("content-encoding", "")
    most = config.max_decoded_bytes
    if _type(headers) == JSON:
        body = inflate(body, encoding, most)
        data = loki.from_json(body, config.service_labels, config.max_records)
    else:
        # Promtail names no Content-Encoding, others name snappy's; it is snappy all the same.
        outer = encoding.strip().lower()
        body = unsnap(body, most) if outer in {"", "snappy"} else inflate(body, encoding, most)
        data = loki.from_protobuf(body, config.service_labels, config.max_records)
    return Lines(data, body, Answer(204))


def _read_otlp(config: PushSourceConfig, headers: Mapping[str, str], body: bytes) -> Lines:
    body = inflate(body, headers.get("content-encoding", ""), config.max_decoded_bytes)
    kind = _type(headers)
    if kind == JSON:
        taken = otlp.from_json(body, config.max_records)
    elif kind == PROTOBUF:
        taken = otlp.from_protobuf(body, config.max_records)
    else:
        raise RefusalError(415, f"Content-Type {kind[:60]!r}; OTLP is {PROTOBUF} or {JSON}")
    return Lines(_joined(taken.lines), body, _otlp_answer(kind, taken))


def _otlp_answer(kind: str, taken: otlp.Taken) -> Answer:
    """``ExportLogsServiceResponse``; https://opentelemetry.io/docs/specs/otlp/#partial-success-1"""
    if kind == JSON:
        partial = {"rejectedLogRecords": str(taken.rejected), "errorMessage": taken.reason}
        return Answer(200, msgspec.json.encode({"partialSuccess": partial} if taken.rejected else {}), JSON)
    if not taken.rejected:
        return Answer(200, b"", PROTOBUF)
    from opentelemetry.proto.collector.logs.v1 import logs_service_pb2  # noqa: PLC0415  of the extra `push`

    response = logs_service_pb2.ExportLogsServiceResponse()
    response.partial_success.rejected_log_records = taken.rejected
    response.partial_success.error_message = taken.reason
    return Answer(200, response.SerializeToString(), PROTOBUF)


def _refuse_otlp(headers: Mapping[str, str], refusal: RefusalError) -> Answer:
    """``google.rpc.Status`` in the encoding of the request, as the protocol asks."""
    code = _INVALID_ARGUMENT if refusal.retry_after is None else _UNAVAILABLE
    said = str(refusal)
    if _type(headers) != PROTOBUF:
        return Answer(refusal.status, msgspec.json.encode({"code": code, "message": said}), JSON)
    text = said.encode()[:2_000].decode("utf-8", "ignore").encode()
    # Fields 1 (varint) and 2 (bytes, whose length below 2**14 takes two bytes of seven bits).
    length = bytes([len(text) & 0x7F | 0x80, len(text) >> 7])
    return Answer(refusal.status, b"\x08" + bytes([code]) + b"\x12" + length + text, PROTOBUF)


def _read_ingest(config: PushSourceConfig, headers: Mapping[str, str], body: bytes) -> Lines:
    body = inflate(body, headers.get("content-encoding", ""), config.max_decoded_bytes)
    data, count = ingest.lines_of(body, config.max_records, text=_type(headers) == "text/plain")
    return Lines(data, body, Answer(200, msgspec.json.encode({"accepted": count}), JSON))


def _read_firehose(config: PushSourceConfig, headers: Mapping[str, str], body: bytes) -> Lines:
    body = inflate(body, headers.get("content-encoding", ""), config.max_decoded_bytes)
    lines, request = firehose.lines_of(body, config.max_decoded_bytes, config.max_records)
    data = _joined(lines) if lines else b""
    # The body also has the time of this try; its id stays.
    return Lines(data, request.encode() + b"\n" + data, Answer(200, _firehose(request), JSON))


def _refuse_firehose(headers: Mapping[str, str], refusal: RefusalError) -> Answer:
    request = headers.get("x-amz-firehose-request-id", "")
    return Answer(refusal.status, _firehose(request, errorMessage=str(refusal)), JSON)


def _firehose(request: str, **more: str) -> bytes:
    """Firehose tries again unless its id comes back with the time, in milliseconds."""
    return msgspec.json.encode({"requestId": request, "timestamp": time.time_ns() // 1_000_000, **more})


PROTOCOLS: Mapping[str, Protocol] = {
    LOKI: Protocol(_read_loki, _plainly),
    OTLP: Protocol(_read_otlp, _refuse_otlp),
    INGEST: Protocol(_read_ingest, _plainly),
    FIREHOSE: Protocol(_read_firehose, _refuse_firehose),
}
"""By path; ``/push/NAME`` may stand before it to name a source."""
