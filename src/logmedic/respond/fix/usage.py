"""How many tokens an answer of the Messages API took, whole or as a stream of events."""

from __future__ import annotations

from typing import Any

import msgspec


class Used(msgspec.Struct, frozen=True, kw_only=True):
    """``input`` holds all that was sent, what was read from or written to the provider's cache included."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0


def used(body: bytes, content_type: str) -> Used:
    """Nothing when the answer does not say."""
    found: dict[str, int] = {}
    if "event-stream" in content_type:
        for line in body.split(b"\n"):
            if line.startswith(b"data:"):
                event = _decoded(line[5:])
                _take(found, event.get("usage"))
                message = event.get("message")
                _take(found, message.get("usage") if isinstance(message, dict) else None)
    else:
        _take(found, _decoded(body).get("usage"))
    read, write = found.get("cache_read_input_tokens", 0), found.get("cache_creation_input_tokens", 0)
    return Used(input=found.get("input_tokens", 0) + read + write, output=found.get("output_tokens", 0),
                cache_read=read, cache_write=write)  # fmt: skip


def _take(found: dict[str, int], usage: Any) -> None:
    """Later events repeat the sums, or raise them."""
    if isinstance(usage, dict):
        for name, value in usage.items():
            if isinstance(value, int) and value >= 0:
                found[name] = max(found.get(name, 0), value)


def _decoded(data: bytes) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
