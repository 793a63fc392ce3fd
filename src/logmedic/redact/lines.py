"""Lines of a log one after the other: a key in PEM may stand on many of them, and only the first says what it is."""

from __future__ import annotations

import re

from logmedic.redact.redactor import Line, Redactor

LONGEST_KEY = 200  # lines of a private key; a log that was cut inside one goes on with ordinary lines

_BEGIN = re.compile(rb"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_END = b"-----END "
_BODY = re.compile(rb"[ \t]{0,40}(?:[A-Za-z0-9+/=]{0,120}|[A-Za-z-]{1,30}: .{0,100})[ \t\r]{0,4}")
_KIND = "private-key"


class Lines:
    """Redacts lines in their order. Not thread-safe: it remembers whether a private key is being printed."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._left = 0  # lines that may still belong to a key

    def __call__(self, raw: bytes) -> Line:
        """The line without secrets; a line inside a key is one placeholder."""
        if self._left:
            self._left -= 1
            if _BODY.fullmatch(raw):
                return Line(f"<{_KIND}:1>".encode() if raw.strip() else raw, {_KIND: 1} if raw.strip() else {})
            self._left = 0
            if raw.lstrip().startswith(_END):
                return Line(f"<{_KIND}:1>".encode(), {_KIND: 1})
        if _BEGIN.search(raw) and _END not in raw:
            self._left = LONGEST_KEY
        return self._redactor.line(raw)
