"""Our own secrets, by exact match: nothing but their text can tell them, so each usual spelling is looked for."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote, quote_plus

import msgspec

from logmedic.redact import needles

SHORTEST_OWN_SECRET = 6  # characters; shorter ones would cut ordinary words to pieces
SHORTEST_BASE64 = 8  # characters of a piece in base64: 48 bits, which no other text has by chance
LONGEST_BASE64 = 4_096  # characters to either side of such a piece that are taken with it
_BASE64_LEFT = re.compile(r"[A-Za-z0-9+/_-]*\Z")
_BASE64_RIGHT = re.compile(r"[A-Za-z0-9+/_-]*={0,2}")


class Own:
    """Finds given texts as they are, percent-encoded, escaped for JSON (twice), HTML or Python, and within base64."""

    def __init__(self, secrets: Sequence[str]) -> None:
        plain = {form for secret in secrets if len(secret) >= SHORTEST_OWN_SECRET for form in _forms(secret)}
        pieces = {piece for secret in secrets if len(secret) >= SHORTEST_OWN_SECRET for piece in _pieces(secret)}
        self._literals = (*sorted(plain), *sorted(pieces - plain))
        self._plain = len(plain)
        self._find = needles.finder(self._literals)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where they begin and end; of base64 the whole run, for it holds what stands beside the secret."""
        if not self._literals:
            return []
        return [(b, e) if n < self._plain else _run(text, b, e) for n, b, e in self._find(text)]


def _run(text: str, begin: int, end: int) -> tuple[int, int]:
    left = _BASE64_LEFT.search(text, max(0, begin - LONGEST_BASE64), begin)
    right = _BASE64_RIGHT.match(text, end, end + LONGEST_BASE64)
    return left.start() if left else begin, right.end() if right else end


def _forms(secret: str) -> Iterator[str]:
    yield secret
    for encoded in (quote(secret, safe=""), quote(secret), quote_plus(secret)):
        yield encoded
        yield re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), encoded)
        yield quote(encoded, safe="")
    escaped = msgspec.json.encode(secret).decode()[1:-1]
    for form in (escaped, escaped.replace("/", "\\/"), json.dumps(secret)[1:-1]):
        yield form
        yield msgspec.json.encode(form).decode()[1:-1]
    yield html.escape(secret)
    yield repr(secret)[1:-1]


def _pieces(secret: str) -> Iterator[str]:
    """What base64 makes of the secret wherever in a longer text it begins, without what its neighbours decide."""
    data = secret.encode()
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + data).decode().rstrip("=")
        whole = (before + len(data)) * 8 // 6  # characters that no byte behind the secret has a part in
        piece = encoded[(0, 2, 3)[before] : whole]
        if len(piece) >= SHORTEST_BASE64:
            yield piece
            yield piece.replace("+", "-").replace("/", "_")
