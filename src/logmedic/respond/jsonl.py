"""Incidents as JSON lines, for other programs."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import sys
from pathlib import Path
from typing import Any, TextIO

import msgspec

from logmedic.errors import DeliveryError
from logmedic.model import Diagnosis, Incident, Outcome, Result, Severity
from logmedic.respond.interface import Notice, told
from logmedic.respond.text import utc

VERSION = 1
_FULL_DISK_RETRY = 60.0  # seconds
# Legal inside JSON strings, but C1 controls steer terminals and the others reorder what a reader sees.
_UNSAFE = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


class JsonlConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="jsonl"):
    """``kind = "jsonl"``: one JSON object a line for each piece of news."""

    name: str = "jsonl"
    """The channel's name, unique among channels."""
    min_severity: Severity | None = None
    """Least severity written. Default: info."""
    path: str | None = None
    """File to append to, relative to the config file; its folder must exist. Default: standard output."""


class JsonlResponder:
    """Appends to a file, or writes to ``stream`` (standard output by default) when no file is configured.

    A line goes out in one write with ``O_APPEND``, so several processes may share a file. There is no fsync: the
    store is the record that counts. A retried delivery may write a line twice, with the same ``key``.
    """

    kind = "jsonl"

    def __init__(self, config: JsonlConfig, *, stream: TextIO | None = None) -> None:
        self.name = config.name
        self._path = None if config.path is None else Path(config.path)
        self._stream = sys.stdout if stream is None else stream

    def deliver(self, notice: Notice) -> Outcome:
        line = encode(notice)
        try:
            if self._path is None:
                self._stream.write(line + "\n")
                self._stream.flush()
            else:
                _append(self._path, line.encode("utf-8"))
        except (OSError, ValueError) as error:  # a closed stream raises ValueError
            where = "" if self._path is None else f" to {self._path}"
            reason = getattr(error, "strerror", None) or error
            full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
            raise DeliveryError(
                f"{self.name}: cannot write{where}: {reason}", retry_after=_FULL_DISK_RETRY if full else None
            ) from None
        return Outcome(Result.SENT, "written", told(notice.incident))

    def preview(self, notice: Notice) -> str:
        return encode(notice)


def encode(notice: Notice) -> str:
    """The line, without its end. Times are RFC 3339; ``diagnosis`` comes without the quoted evidence."""
    text = msgspec.json.encode(
        {
            "version": VERSION,
            "type": "incident",
            "key": notice.key,
            "url": notice.url,
            "incident": _incident(notice.incident),
        }
    ).decode("utf-8")
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _incident(incident: Incident) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(incident)
    for name in ("first_seen", "last_seen", "snoozed_until"):
        plain[name] = None if plain[name] is None else utc(plain[name])
    plain["histogram"] = [{"start": utc(bucket.start), "count": bucket.count} for bucket in incident.histogram]
    plain["diagnosis"] = None if incident.diagnosis is None else _diagnosis(incident.diagnosis)
    return plain


def _diagnosis(diagnosis: Diagnosis) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(diagnosis)
    del plain["evidence"]  # up to 8,000 characters each; `logmedic incidents show` has them
    return plain


def _append(path: Path, line: bytes) -> None:
    """Append a line in one write. After a write that was cut short, the next line starts on its own line.

    The lock is for that look at the last byte: beside a write under way it may see half a line.

    Raises:
        OSError: the file cannot be written; ``ENOSPC`` when only a part fitted.
    """
    fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)  # let go by the close
        size = os.fstat(fd).st_size
        torn = size > 0 and os.pread(fd, 1, size - 1) != b"\n"
        data = b"\n" * torn + line + b"\n"
        if os.write(fd, data) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    finally:
        os.close(fd)
