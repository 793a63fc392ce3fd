"""Request and trace ids: made here, or taken over from a caller after strict checks.

Everything a caller sends is hostile until checked: an id ends up in every log line and in outgoing headers.
"""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass

MAX_REQUEST_ID = 128  # characters; longer ids are replaced, not cut, so that an id is always one that somebody made
MAX_TRACESTATE = 512  # characters a vendor may rely on to be propagated (W3C Trace Context, section 3.3.1.5)

# No "@", "#", "<" or white space: an id must be harmless wherever a log line may be shown.
_REQUEST_ID = re.compile(rf"[A-Za-z0-9._:+/=-]{{1,{MAX_REQUEST_ID}}}")
_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_TRACESTATE = re.compile(rf"[\x20-\x7e]{{1,{MAX_TRACESTATE}}}")


@dataclass(frozen=True, slots=True)
class TraceParent:
    """A W3C trace context: 32 and 16 lower-case hex digits, and the eight trace flags as a number."""

    trace_id: str
    parent_id: str
    flags: int


def new_request_id() -> str:
    """32 hex digits of a UUID version 7 (RFC 9562): ids made later sort later, to the millisecond."""
    random = int.from_bytes(os.urandom(10), "big")
    return (
        f"{time.time_ns() // 1_000_000 & 0xFFFF_FFFF_FFFF:012x}"
        f"7{random >> 68 & 0xFFF:03x}"
        f"{0x8000 | random >> 54 & 0x3FFF:04x}{random & 0xFFFF_FFFF_FFFF:012x}"
    )


def new_trace_id() -> str:
    return _random_hex(16)


def new_span_id() -> str:
    return _random_hex(8)


def _random_hex(size: int) -> str:
    """All zeros means "no id" in a trace context, so that one value is never handed out."""
    while not any(drawn := os.urandom(size)):
        pass
    return drawn.hex()


def accept_request_id(value: str) -> str | None:
    """The caller's request id, or ``None`` when it must not be taken over (empty, too long, strange characters)."""
    return value if _REQUEST_ID.fullmatch(value) else None


def parse_traceparent(value: str) -> TraceParent | None:
    """Read a ``traceparent`` header by the letter of W3C Trace Context level 1, or ``None`` when it is invalid.

    Version ff is forbidden; version 00 has exactly four parts; a later version may have more, which are ignored.
    Ids of only zeros are invalid.
    """
    found = _TRACEPARENT.fullmatch(value)
    if found is None:
        return None
    version, trace_id, parent_id, flags, more = found.groups()
    if version == "ff" or (version == "00" and more is not None):
        return None
    if not trace_id.strip("0") or not parent_id.strip("0"):
        return None
    return TraceParent(trace_id, parent_id, int(flags, 16))


def accept_tracestate(value: str) -> str | None:
    """Vendor data that travels with a valid traceparent, unread; ``None`` when it cannot stand in a header."""
    return value if _TRACESTATE.fullmatch(value) else None
