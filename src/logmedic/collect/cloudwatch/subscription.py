"""What CloudWatch hands to a Lambda function that subscribes to a log group, as a source that is read once.

Source: Amazon CloudWatch Logs, "Real-time processing of log data with subscriptions": base64 of gzip of JSON, with
``messageType`` DATA_MESSAGE, or CONTROL_MESSAGE for a test of the subscription.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from logmedic.collect.cloudwatch.client import event_entry
from logmedic.collect.cloudwatch.config import CloudWatchSourceConfig
from logmedic.collect.entries.cursor import Cursor
from logmedic.collect.entries.lines import Layout
from logmedic.collect.entries.seen import Seen
from logmedic.collect.interface import Backlog, Batch, Position
from logmedic.doors import Clock
from logmedic.errors import SourceError
from logmedic.model import LogRecord, Ref

MOST_BYTES = 64 << 20  # of JSON; Lambda takes 6 MB of a payload, and logs are rarely compressed tenfold
REMEMBER = 50_000  # ids of events that were taken in; each takes 22 bytes of the state
CHUNK = 1_000  # events between two looks at the clock
SUFFIX = "@subscription"  # parts this cursor from that of a source that reads the group itself
_GZIP = 31  # ``wbits`` of zlib for a gzip header and trailer


class LogEvent(msgspec.Struct, frozen=True):
    id: str
    timestamp: int  # ms
    message: str


class Payload(msgspec.Struct, frozen=True, rename="camel"):
    """Events of one stream. ``message_type``: whether they are log data, or a test."""

    message_type: str
    log_group: str = ""
    log_stream: str = ""
    log_events: Sequence[LogEvent] = ()


_DECODER = msgspec.json.Decoder(Payload)


def payload(event: Mapping[str, Any]) -> Payload:
    """What the event of a subscription holds.

    Raises:
        SourceError: it is none, it is damaged, or larger than ``MOST_BYTES``.
    """
    part = event.get("awslogs")
    data = part.get("data") if isinstance(part, Mapping) else None
    if not isinstance(data, str):
        raise SourceError("this event is none of a CloudWatch Logs subscription: it has no awslogs.data")
    try:
        packed = base64.b64decode(data, validate=True)
        unpacking = zlib.decompressobj(_GZIP)
        text = unpacking.decompress(packed, MOST_BYTES)
        if not unpacking.eof:
            what = f"has more than {MOST_BYTES >> 20} MiB" if unpacking.unconsumed_tail else "breaks off"
            raise SourceError(f"the payload of the subscription {what}; nothing of it was taken in")
        return _DECODER.decode(text)
    except (binascii.Error, zlib.error, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SourceError(f"the payload of the subscription cannot be read: {error}") from None


class SubscriptionSource:
    """The events of one payload, without those that were taken in before.

    It stops between two chunks when its time is over; ``left`` then says how many events were not handed over.
    """

    def __init__(
        self, name: str, config: CloudWatchSourceConfig, given: Payload, clock: Clock, *, until: float
    ) -> None:
        """``until``: of the monotonic clock, in seconds."""
        self.name = name
        self.part = ""
        self.ended = True
        self.left = 0
        self._clock = clock
        self._until = until
        service = config.service or given.log_group.rstrip("/").rpartition("/")[2]
        self._layout = Layout(name, msgspec.structs.replace(config, service=service))
        labels = {"log_group": given.log_group, "log_stream": given.log_stream}
        events = sorted(given.log_events, key=lambda event: event.timestamp)
        self._entries = [event_entry(event.id, event.timestamp, event.message, labels) for event in events]
        self._cursor: Cursor | None = None

    def resume(self, positions: Sequence[Position]) -> None:
        cursor = Cursor.stored(self.name, positions, REMEMBER, SUFFIX)
        now = self._clock.now()
        self._cursor = Cursor(self.name, now, Seen(REMEMBER, 0), suffix=SUFFIX) if cursor is None else cursor
        self._cursor.at = now  # ids are forgotten by their number alone

    def read(self) -> Iterator[Batch]:
        cursor = self._cursor
        assert cursor is not None, "resume comes first"
        # By id alone: a payload has no order among others, so there is no time below which all was read.
        fresh = list({e.key: e for e in self._entries if e.key not in cursor.seen}.values())
        self.left = len(fresh)
        for first in range(0, len(fresh), CHUNK):
            if self._clock.monotonic() >= self._until:
                return
            part = fresh[first : first + CHUNK]
            yield from self._layout.batches(part, cursor.offset, cursor.handed)
            self.left -= len(part)

    def wait(self, timeout: float) -> bool:
        return False

    def settles_in(self) -> float:
        return 0.0

    def around(self, ref: Ref, before: int, after: int) -> list[LogRecord]:
        """A payload is no log; what stands around a line is read by a source of the group itself."""
        return []

    def by_request(self, request_id: str, since: int, until: int, limit: int = 200) -> list[LogRecord]:
        return []

    def backlog(self) -> Backlog:
        return Backlog()

    def close(self) -> None:
        """Nothing is open."""
