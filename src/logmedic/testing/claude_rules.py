"""What the Messages API refuses, as far as a client of ours could get it wrong. Pure.

Source: https://platform.claude.com/docs/en/api/messages and the request types of the anthropic SDK.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

_REQUIRED: dict[str, type | tuple[type, ...]] = {"model": str, "max_tokens": int, "messages": list}
_OPTIONAL: dict[str, type | tuple[type, ...]] = {
    "cache_control": dict, "container": (str, dict), "context_management": dict, "inference_geo": str,
    "mcp_servers": list, "metadata": dict, "output_config": dict, "output_format": dict, "service_tier": str,
    "speed": str, "stop_sequences": list, "stream": bool, "system": (str, list), "temperature": (int, float),
    "thinking": dict, "tool_choice": dict, "tools": list, "top_k": int, "top_p": (int, float),
}  # fmt: skip
_BLOCKS: Mapping[str, frozenset[str]] = {
    "text": frozenset({"text"}),
    "tool_use": frozenset({"id", "name", "input"}),
    "tool_result": frozenset({"tool_use_id"}),
    "thinking": frozenset({"thinking", "signature"}),
    "redacted_thinking": frozenset({"data"}),
    "image": frozenset({"source"}),
    "document": frozenset({"source"}),
}
MOST_CACHE_POINTS = 4


def complaints(body: Mapping[str, Any]) -> Iterator[str]:
    """Why a request is refused, in the order in which the API checks."""
    for key in _REQUIRED:
        if key not in body:
            yield f"{key}: Field required"
    for key, value in body.items():
        wanted = _REQUIRED.get(key) or _OPTIONAL.get(key)
        if wanted is None:
            yield f"{key}: Extra inputs are not permitted"
        elif not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
            yield f"{key}: Input should be a valid {wanted.__name__ if isinstance(wanted, type) else 'value'}"
    yield from _values(body)
    for place, check in _PARTS.items():
        if place in body:
            yield from check(body[place], body)
    if str(body).count("'cache_control'") > MOST_CACHE_POINTS:
        yield f"cache_control: at most {MOST_CACHE_POINTS} blocks may have one"


def _values(body: Mapping[str, Any]) -> Iterator[str]:
    if body["max_tokens"] < 1:
        yield "max_tokens: must be greater than or equal to 1"
    if not body["messages"]:
        yield "messages: at least one message is required"
    elif isinstance(body["messages"][0], dict) and body["messages"][0].get("role") == "assistant":
        yield "messages: first message must use the user role"
    for number, message in enumerate(body["messages"]):
        yield from _message(f"messages.{number}", message, first=number == 0)


def _message(place: str, message: Any, *, first: bool) -> Iterator[str]:
    if not isinstance(message, dict) or set(message) != {"role", "content"}:
        yield f"{place}: needs exactly role and content"
        return
    if message["role"] not in ("user", "assistant") and (first or message["role"] != "system"):
        yield f'{place}.role: must be "user" or "assistant", or "system" between them'
    content = message["content"]
    if isinstance(content, list):
        yield from _blocks(f"{place}.content", content)
    elif not isinstance(content, str) or not content:
        yield f"{place}.content: must be a non-empty string or a list of blocks"


def _blocks(place: str, blocks: list[Any]) -> Iterator[str]:
    for number, block in enumerate(blocks):
        if not isinstance(block, dict) or not isinstance(block.get("type"), str):
            yield f"{place}: every block needs a type"
            continue
        needed = _BLOCKS.get(block["type"])
        if needed is None:
            yield f"{place}.{number}.type: {block['type']!r} is not known"
        elif not needed <= set(block):
            yield f"{place}.{number}: a block of type {block['type']} needs {', '.join(sorted(needed))}"
        elif block["type"] == "text" and not (isinstance(block["text"], str) and block["text"].strip()):
            yield f"{place}.{number}.text: text content blocks must contain non-whitespace text"
        if isinstance(block.get("cache_control"), dict) and block["cache_control"].get("type") != "ephemeral":
            yield f'{place}.{number}.cache_control.type: must be "ephemeral"'


def _system(system: Any, body: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(system, list):
        yield from _blocks("system", system)


def _tools(tools: list[Any], body: Mapping[str, Any]) -> Iterator[str]:
    for number, tool in enumerate(tools):
        schema = tool.get("input_schema") if isinstance(tool, dict) else None
        if not isinstance(schema, dict) or schema.get("type") != "object" or not isinstance(tool.get("name"), str):
            yield f"tools.{number}: needs a name and an input_schema of type object"


def _tool_choice(choice: Mapping[str, Any], body: Mapping[str, Any]) -> Iterator[str]:
    if choice.get("type") not in ("auto", "any", "tool", "none"):
        yield "tool_choice.type: must be auto, any, tool or none"
    elif choice["type"] != "none" and not body.get("tools"):
        yield "tool_choice: may only be specified while providing tools"


def _output_config(config: Mapping[str, Any], body: Mapping[str, Any]) -> Iterator[str]:
    unknown = set(config) - {"format", "effort", "task_budget"}
    if unknown:
        yield f"output_config.{min(unknown)}: Extra inputs are not permitted"
    wanted = config.get("format")
    if wanted is not None:
        if wanted.get("type") != "json_schema" or not isinstance(wanted.get("schema"), dict):
            yield "output_config.format: needs type json_schema and a schema"
        else:
            yield from _closed("output_config.format.schema", wanted["schema"])


def _closed(place: str, schema: Any) -> Iterator[str]:
    """Structured outputs take only objects that name all of their properties."""
    if isinstance(schema, list):
        for item in schema:
            yield from _closed(place, item)
    if not isinstance(schema, dict):
        return
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        yield f"{place}: for 'object' type, 'additionalProperties' must be explicitly set to false"
    for key, value in schema.items():
        if key != "enum":
            yield from _closed(f"{place}.{key}", value)


_PARTS: Mapping[str, Callable[[Any, Mapping[str, Any]], Iterator[str]]] = {
    "system": _system,
    "tools": _tools,
    "tool_choice": _tool_choice,
    "output_config": _output_config,
}
