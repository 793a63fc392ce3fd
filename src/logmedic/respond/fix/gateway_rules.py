"""What an agent may ask of the Messages API, and what is left of its request. Pure.

A request is made anew from the few parts that are needed: whatever else it holds is dropped. Refused is what would let
the far side act for the agent: tools that run on the provider's side, connectors, and addresses to fetch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

MESSAGES, COUNT = "/v1/messages", "/v1/messages/count_tokens"
MOST_BODY = 8 << 20  # bytes of one request; the API itself takes 32 MB
_KEPT = ("messages", "system", "tools", "tool_choice", "thinking", "output_config", "context_management", "stream",
         "stop_sequences", "temperature", "top_k", "top_p")  # fmt: skip
_COUNTED = ("messages", "system", "tools", "tool_choice", "thinking")
_HEADERS = ("anthropic-version", "anthropic-beta", "accept")
_DEEPEST = 40  # levels of nesting; what the API takes is far flatter


class Refusal(msgspec.Struct, frozen=True):
    status: int
    said: str  # one line; the agent sees it


class Request(msgspec.Struct, frozen=True, kw_only=True):
    path: str
    body: dict[str, Any]
    headers: dict[str, str]

    @property
    def counts(self) -> bool:
        """It only counts tokens, which costs nothing."""
        return self.path == COUNT


def judge(
    method: str, target: str, headers: Mapping[str, str], body: bytes, *, model: str, most_tokens: int
) -> Request | Refusal:
    """``headers``: names in lower case. ``model`` is what is asked, whatever the agent named. ``most_tokens``: of one
    answer."""
    path = target.partition("?")[0]
    if method != "POST" or path not in (MESSAGES, COUNT):
        return Refusal(404, f"not found: {method} {path[:60]}")
    if len(body) > MOST_BODY:
        return Refusal(413, "the request is too large")
    try:
        given = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return Refusal(400, "the request is not JSON")
    if not isinstance(given, dict):
        return Refusal(400, "the request is no object")
    why = _forbidden(given)
    if why is not None:
        return Refusal(403, why)
    counts = path == COUNT
    made = {name: given[name] for name in (_COUNTED if counts else _KEPT) if name in given}
    made["model"] = model
    if not counts:
        wanted = given.get("max_tokens")
        made["max_tokens"] = min(wanted, most_tokens) if isinstance(wanted, int) and wanted > 0 else most_tokens
    sent = {name: headers[name] for name in _HEADERS if name in headers and _plain(headers[name])}
    return Request(path=path, body=made, headers={**sent, "content-type": "application/json"})


def _plain(value: str) -> bool:
    return len(value) <= 1_000 and value.isascii() and value.isprintable()


def _forbidden(given: Mapping[str, Any]) -> str | None:
    for tool in given.get("tools") or ():
        if not isinstance(tool, dict) or tool.get("type", "custom") != "custom":
            return "tools that run elsewhere are not allowed"
    if given.get("mcp_servers") or given.get("container"):
        return "connectors are not allowed"
    if _points_away([given.get("messages"), given.get("system")], 0):
        return "files and addresses elsewhere are not allowed"
    return None


def _points_away(value: Any, depth: int) -> bool:
    """Whether a block names something that the far side would fetch, or is nested deeper than makes sense."""
    if depth > _DEEPEST:
        return True
    if isinstance(value, list):
        return any(_points_away(item, depth + 1) for item in value)
    if not isinstance(value, dict):
        return False
    source = value.get("source")
    if isinstance(source, dict) and source.get("type") not in ("base64", "text", "content"):
        return True
    # What a model asked for, or a tool gave back as data, is no block of ours to look into.
    inner = (item for name, item in value.items() if name != "input")
    return any(_points_away(item, depth + 1) for item in inner)
