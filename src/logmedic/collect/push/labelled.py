"""Entries of one stream, which share their labels, as lines: the path that most of what is pushed takes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from logmedic.collect.dialects.dialect import Role
from logmedic.collect.dialects.generic import KEYS
from logmedic.collect.dialects.parse import parse
from logmedic.collect.envelope import LABELS_KEYS, text_object, with_labels

_UNKNOWN = "unknown_service"  # OpenTelemetry's and Loki's value where no service was named
_LABELS = f'"{LABELS_KEYS[0]}"'.encode()
# A line that has such a key says itself when it was written.
_TIMED = re.compile(rb'"(%s)"\s*:' % b"|".join(re.escape(key).encode() for key in KEYS[Role.TIME]))

# Made here, before there are threads; see ``store.rows``.
_encode = msgspec.json.Encoder().encode
_RAW = msgspec.json.Decoder(msgspec.Raw)
_TIMED_OBJECT = {
    key.encode(): msgspec.json.Decoder(msgspec.defstruct("Timed", [("time", msgspec.Raw)], rename={"time": key}))
    for key in KEYS[Role.TIME]
}
"""For objects that have this key, and nothing else; by the key."""

Besides = Mapping[str, object]


def named(labels: Besides, service_labels: Sequence[str]) -> dict[str, object]:
    """The labels with the one that names the service where decoders look first."""
    found = {name: value for name, value in labels.items() if value != _UNKNOWN}
    service = next((found[label] for label in service_labels if found.get(label)), None)
    if service is not None:
        found["service"] = service
    return found


class Stream:
    """Lines of one stream. ``add`` them in order, then ask for ``lines``."""

    def __init__(self, labels: Besides) -> None:
        self._labels = labels
        opened = b"{%s:%s" % (_LABELS, _encode(labels)[:-1])
        self._plain = b"{" if not labels else opened + b"},"
        self._timed = opened + (b',"ts":"%d"},' if labels else b'"ts":"%d"},')
        self._out: list[bytes] = []
        self._objects: list[bytes] = []  # lines that look like an object, as they came
        self._places: list[tuple[int, int]] = []  # where in ``_out`` they stand, and their times

    def add(self, line: bytes, time: int, more: Besides | None = None) -> None:
        """``time``: ns, 0 when it is not known. ``more``: labels of this entry alone."""
        if more is None and line[:2] == b'{"' and line[-1:] == b"}" and b"\n" not in line and _LABELS not in line:
            self._places.append((len(self._out), time))
            self._objects.append(line)
            if time == 0 or _TIMED.search(line) is not None:
                self._out.append(self._plain + line[1:])
            else:
                self._out.append(self._timed % time + line[1:])
            return
        self._out.append(labelled(line, time, self._labels if more is None else {**self._labels, **more}))

    def timed_objects(self, lines: Sequence[bytes]) -> bytes | None:
        """All lines of a stream at once, each ending in ``\\n``; the same as :meth:`add` for each and :meth:`lines`.

        ``None`` unless each is an object of one line that says itself when it was written: most of what is pushed is.
        Nothing in here is done for each line by the interpreter; that would cost more than decoding the body.
        """
        if {line[:2] for line in lines} != {b'{"'} or {line[-1] for line in lines} != {ord("}")}:
            return None
        joined = self._plain + (b"\n" + self._plain).join([line[1:] for line in lines]) + b"\n"
        ours = bool(self._labels)  # a line with labels of its own has that key twice
        if joined.count(_LABELS) != ours * len(lines) or joined.count(b"\n") != len(lines):
            return None
        key = _TIMED.search(lines[0])
        return joined if key is not None and _are(lines, joined, _TIMED_OBJECT[key[1]]) else None

    def lines(self) -> list[bytes]:
        """One for each entry, without line ends."""
        if not _all_objects(self._objects):
            for line, (at, time) in zip(self._objects, self._places, strict=True):
                if not _all_objects([line]):
                    self._out[at] = labelled(line, time, self._labels)
        return self._out


def _all_objects(lines: Sequence[bytes]) -> bool:
    """Whether each is one JSON value. They begin with a brace, so it is an object."""
    return _are(lines, b"\n".join(lines), _RAW)


def _are(lines: Sequence[bytes], joined: bytes, what: msgspec.json.Decoder[Any]) -> bool:
    """Whether each line is one value of this kind. ``joined``: all of them, with a line end between two."""
    try:
        return len(what.decode_lines(joined)) == len(lines)
    except (msgspec.DecodeError, RecursionError):
        return False


def labelled(line: bytes, time: int, labels: Besides) -> bytes:
    """One entry as one line, however it is written. ``time``: ns, 0 when it is not known."""
    besides = dict(labels) if time == 0 or _TIMED.search(line) is not None else {**labels, "ts": str(time)}
    flat = line.replace(b"\n", b" ").strip()  # within an object a line end is white space
    if flat[:1] == b"{":
        if _all_objects([flat]):
            joined = with_labels(flat, besides)
            if joined is not None:
                return joined
        value = parse(flat).value  # its pairs, of an object that is no JSON
        if value is not None:
            return _encode({"labels": besides, **value})
    return text_object(line.decode("utf-8", "replace").rstrip("\n"), besides)
