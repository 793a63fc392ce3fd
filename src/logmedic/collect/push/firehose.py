"""``POST /ingest/firehose``: Amazon Data Firehose's HTTP endpoint destination.

Source: Amazon Data Firehose Developer Guide, "HTTP endpoint delivery request and response specifications"; Amazon
CloudWatch Logs User Guide, "Subscription filters with Amazon Data Firehose".
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence

import msgspec

from logmedic.collect.push.inflate import inflate
from logmedic.collect.push.labelled import Stream
from logmedic.collect.push.refusal import malformed, too_large

_GZIP_MAGIC = b"\x1f\x8b"
_MESSAGE_TYPE = '"messageType"'
_MILLISECOND = 1_000_000  # ns


class _Record(msgspec.Struct, frozen=True):
    data: str


class Request(msgspec.Struct, frozen=True, rename="camel"):
    """``request_id`` stays the same when Firehose tries again."""

    request_id: str
    records: Sequence[_Record]


class _Event(msgspec.Struct, frozen=True):
    timestamp: int  # ms
    message: str


class _Subscription(msgspec.Struct, frozen=True, rename="camel"):
    message_type: str
    log_group: str = ""
    log_stream: str = ""
    log_events: Sequence[_Event] = ()


# Made here, before there are threads; see ``store.rows``.
_REQUEST = msgspec.json.Decoder(Request)
_JSON = json.JSONDecoder()


def lines_of(body: bytes, most_bytes: int, most: int) -> tuple[list[bytes], str]:
    """One line for each log event, without line ends; and the request's id. ``most``: records and events allowed.

    Raises:
        RefusalError: 400 with the record that is wrong, 413 too long or too many.
    """
    try:
        request = _REQUEST.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise malformed(f"no request of Firehose: {error}") from None
    found: list[bytes] = []
    room = most_bytes
    for number, record in enumerate(request.records, 1):
        try:
            data = base64.b64decode(record.data, validate=True)
        except (binascii.Error, ValueError) as error:
            raise malformed(f"record {number}: data is no base64: {error}") from None
        data = inflate(data, "gzip" if data.startswith(_GZIP_MAGIC) else "", room)
        room -= len(data)
        found += _lines(data, number)
        if len(found) > most:
            raise too_large(f"more than {most} records in one request (max_records); lower Firehose's buffer size")
    return found, request.request_id


def _lines(data: bytes, number: int) -> list[bytes]:
    text = data.decode("utf-8", "replace")
    if text.lstrip()[:1] == "{" and _MESSAGE_TYPE in text[:1_000]:
        return [line for one in _subscriptions(text, number) for line in _events(one)]
    return [line for line in data.split(b"\n") if line.strip()]


def _subscriptions(text: str, number: int) -> list[_Subscription]:
    """Objects one behind the other, as Firehose joins them when it unpacks CloudWatch's records."""
    found, at = [], 0
    try:
        while text[at:].strip():
            at += len(text[at:]) - len(text[at:].lstrip())
            value, at = _JSON.raw_decode(text, at)
            found.append(msgspec.convert(value, _Subscription))
    except (ValueError, RecursionError) as error:
        raise malformed(f"record {number}: no data of a CloudWatch Logs subscription: {error}") from None
    return found


def _events(one: _Subscription) -> list[bytes]:
    if one.message_type != "DATA_MESSAGE":
        return []  # CloudWatch tries now and then whether somebody listens
    service = one.log_group.rstrip("/").rpartition("/")[2]
    stream = Stream({"service": service, "log_group": one.log_group, "log_stream": one.log_stream})
    for event in one.log_events:
        stream.add(event.message.encode(), event.timestamp * _MILLISECOND)
    return stream.lines()
