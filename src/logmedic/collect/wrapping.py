"""Log files that a container runtime writes: each line of the service wrapped in one of the runtime's.

Known are the kubelet's (Container Runtime Interface), where ``P`` marks a part of a long line and ``F`` its end;
Docker's ``json-file``, where a part lacks the line end; and JSON that a service wrote to systemd's journal
(``journalctl -o json``; plain text in it is read by the dialect ``journald``). ::

    2026-11-23T09:00:00.123456789Z stdout F {"level":"ERROR","message":"…"}
    {"log":"{\\"level\\":\\"ERROR\\"}\\n","stream":"stdout","time":"2026-11-23T09:00:00.123456789Z"}
    {"MESSAGE":"{\\"level\\":\\"ERROR\\"}","__REALTIME_TIMESTAMP":"1795424400123456","SYSLOG_IDENTIFIER":"shop"}

A line is unwrapped within its own bytes: what the service wrote comes first, and spaces fill the rest of the line.
So every offset stays what it is in the file, and all that comes after (joining of stack traces, prefilter, decoding,
positions, evidence) reads such a file as if the service had written it. Parts are put together in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from logmedic.collect.blocks import Block
from logmedic.model import LogRecord, Ref

MOST_HELD = 1 << 20  # bytes of parts of one line; what is longer is handed over in pieces

# From the beginning of a line to what the service wrote: time, stream, tag. Tags may have more parts behind a colon.
_CRI = re.compile(
    rb"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})) "
    rb"(?:stdout|stderr) ([FP])[^ \n]{0,100}(?: |(?=\n))"
)
_DOCKER = re.compile(rb'\{"log":"(?:[^"\\\n]|\\.)*","stream":"std(?:out|err)"')
_TIMED = (b'"time', b'"ts"', b'"@t', b'"date', b'"asctime"', b'"eventTime"', b'"__REALTIME')


_JOURNAL = b'"__REALTIME_TIMESTAMP":'


class _Line(msgspec.Struct):
    log: str
    stream: str
    time: str


class _Entry(msgspec.Struct):
    message: str | list[int] | None = msgspec.field(name="MESSAGE", default=None)  # bytes where it is not UTF-8
    time: str = msgspec.field(name="__REALTIME_TIMESTAMP", default="")  # microseconds
    name: str = msgspec.field(name="SYSLOG_IDENTIFIER", default="")


_DECODER = msgspec.json.Decoder(_Line)  # made before there are threads; see ``store.rows``
_ENTRY = msgspec.json.Decoder(_Entry)
_NAMED = (b'"service', b'"app"', b'"name"')


def is_wrapped(data: bytes | memoryview) -> bool:
    """Whether the first line is one that a container runtime has written."""
    head = bytes(data[:64])
    if head.startswith(b'{"log":"'):
        return _DOCKER.match(bytes(data[: MOST_HELD + 100])) is not None
    if head.startswith(b"{"):
        return _JOURNAL in bytes(data[: MOST_HELD + 100]).partition(b"\n")[0]
    return _CRI.match(bytes(data[:256])) is not None


class Unwrapping:
    """One pass over a stream. ``held``: bytes at its end that were not handed over, parts of a line without its end."""

    def __init__(self) -> None:
        self.held = b""
        self._start = 0  # offset of what is held
        self._end = 0
        self.raw: list[tuple[int, bytes]] = []  # (offset, bytes) of the latest blocks as they stand in the file

    def blocks(self, blocks: Iterable[Block], *, final: bool) -> Iterator[Block]:
        """``final``: what is held at the end is handed over as well. Blocks of other files pass as they are."""
        for block in blocks:
            if self.held and (block.truncated or not block.data or block.start != self._end):
                if not block.data:
                    continue  # the writer pauses within a line
                yield self._release()
            if block.truncated or not block.data or not (self.held or is_wrapped(block.data)):
                yield block
                continue
            yield from self._unwrapped(block)
        if self.held and final:
            yield self._release()

    def _unwrapped(self, block: Block) -> Iterator[Block]:
        raw = self.held + bytes(block.data)
        start = self._start if self.held else block.start
        out, whole = unwrap(raw)
        if not whole and len(raw) > MOST_HELD:
            out, whole = _forced(raw), len(raw)
        self.held, self._start, self._end = raw[whole:], start + whole, block.end
        if whole:
            self.raw = [*self.raw[-1:], (start, raw[:whole])]
            yield Block(start, memoryview(out), start + whole, {})

    def _release(self) -> Block:
        raw, self.held = self.held, b""
        self.raw = [*self.raw[-1:], (self._start, raw)]
        return Block(self._start, memoryview(_forced(raw)), self._end, {})

    def origin(self) -> Times | None:
        """What is known of the lines handed over last, beside their bytes."""
        return Times(tuple(self.raw)) if self.raw else None


class Times:
    """When the runtime has read a line, for those that do not say when they were written."""

    def __init__(self, raw: tuple[tuple[int, bytes], ...]) -> None:
        self._raw = raw

    def place(self, ref: Ref) -> Ref:
        return ref

    def record(self, record: LogRecord) -> LogRecord:
        if "time-inferred" not in record.flags:
            return record
        for start, raw in self._raw:
            at = record.ref.offset - start
            if 0 <= at < len(raw):
                time = _time_of(raw[at : raw.find(b"\n", at) + 1], record.time)
                if time is not None:
                    flags = tuple(flag for flag in record.flags if flag != "time-inferred")
                    return msgspec.structs.replace(record, time=time, flags=flags)
        return record


def unwrap(raw: bytes) -> tuple[bytes, int]:
    """Whole lines without their wrapping, of the same length; and how many of the bytes that is.

    Less than all of them when the last line's end has not come yet.
    """
    parts: list[bytes] = []
    done = 0  # bytes of ``raw`` that stand in ``parts``
    text: list[bytes] = []  # parts of the line that begins at ``done``
    at = 0
    while at < len(raw):
        end = raw.find(b"\n", at) + 1 or len(raw)
        inner, complete = _inner(raw, at, end)
        text.append(inner)
        at = end
        if complete:
            line = b"".join(text)
            parts.append(line.ljust(end - done - 1)[: end - done - 1] + b"\n")
            text.clear()
            done = end
    return b"".join(parts), done


def _forced(raw: bytes) -> bytes:
    """Parts whose end will not come, as one line."""
    out = []
    at = 0
    while at < len(raw):
        end = raw.find(b"\n", at) + 1 or len(raw)
        out.append(_inner(raw, at, end)[0])
        at = end
    return b"".join(out).ljust(len(raw) - 1)[: len(raw) - 1] + b"\n"


def _inner(raw: bytes, at: int, end: int) -> tuple[bytes, bool]:
    """What the service wrote, and whether its line ends here. A line that is not wrapped is whole as it stands."""
    found = _CRI.match(raw, at, end)
    if found is not None:
        inner = raw[found.end() : end - 1]
        complete = found[2] == b"F"
        return (_timed(inner, found[1], end - at - 1) if complete else inner), complete
    if raw.startswith(b'{"log":"', at):
        try:
            line = _DECODER.decode(raw[at : end - 1])
        except (msgspec.DecodeError, UnicodeDecodeError):
            return raw[at : end - 1], True
        inner = line.log.rstrip("\r\n").replace("\n", " ").replace("\0", " ").encode("utf-8", "replace")
        complete = line.log.endswith("\n")
        return (_timed(inner, line.time.encode(), end - at - 1) if complete else inner), complete
    if raw.startswith(b"{", at) and raw.find(_JOURNAL, at, end) >= 0:
        return _journal(raw[at : end - 1]), True
    return raw[at : end - 1], True


def _journal(line: bytes) -> bytes:
    """The object that a service wrote to the journal; any other entry as it is."""
    try:
        entry = _ENTRY.decode(line)
        inner = entry.message if isinstance(entry.message, str) else bytes(entry.message or b"").decode()
    except (msgspec.DecodeError, ValueError):
        return line
    inner = inner.strip()
    if not (inner.startswith("{") and inner.endswith("}")) or "\n" in inner:
        return line
    told = _timed(inner.encode("utf-8", "replace"), entry.time.encode(), len(line))
    if entry.name and not any(key in told for key in _NAMED):
        told = told[:-1] + b',"service":' + msgspec.json.encode(entry.name) + b"}"
    return told if len(told) <= len(line) else line


def _timed(inner: bytes, time: bytes, room: int) -> bytes:
    """An object that does not say when it was written is told; there is room for it where the wrapping stood."""
    if inner[-1:] != b"}" or inner[:1] != b"{" or any(key in inner for key in _TIMED):
        return inner
    told = b"%s%s" % (b"" if inner[1:-1].strip() == b"" else b",", b'"ts":"%s"}' % time)
    return inner[:-1] + told if len(inner) - 1 + len(told) <= room else inner


def _time_of(line: bytes, received: int) -> int | None:
    """The runtime's time of a line as it stands in the file, ns."""
    from logmedic.collect.dialects.values import read_time  # noqa: PLC0415  an idle scan needs no decoders

    found = _CRI.match(line)
    if found is not None:
        return read_time(found[1].decode(), received)[0]
    try:
        return read_time(_DECODER.decode(line).time, received)[0]
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
