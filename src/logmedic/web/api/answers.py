"""JSON answers: encoded by msgspec, with an ``ETag``, so that a reader who has it already is told so."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

_ENCODER = msgspec.json.Encoder()


def answer(request: Request, body: Any, status: int = 200) -> Response:
    """``body``: whatever msgspec can encode."""
    encoded = _ENCODER.encode(body)
    tag = f'W/"{hashlib.sha256(encoded).hexdigest()[:24]}"'
    headers = {"etag": tag, "cache-control": "private, no-cache"}
    known = {part.strip() for part in request.headers.get("if-none-match", "").split(",")}
    if status == 200 and request.method == "GET" and known & {tag, "*"}:
        return Response(status_code=304, headers=headers)
    return Response(encoded, status, headers, "application/json")
