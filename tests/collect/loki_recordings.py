"""What a real Loki answered: requests and answers, recorded in order against two instances."""

import base64
import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

PATH = Path(__file__).parent.parent / "data" / "loki" / "recordings.jsonl"


@cache
def _read() -> list[dict[str, Any]]:
    return [json.loads(line) for line in PATH.read_text(encoding="utf-8").splitlines()]


def about() -> dict[str, Any]:
    return _read()[0]


def exchanges() -> list[dict[str, Any]]:
    """Of HTTP, in the order in which they were made."""
    return [one for one in _read()[1:] if one["file"] < "200"]


def tails() -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in _read()[1:] if one["file"] >= "200"}


def body(message: dict[str, Any]) -> bytes:
    """Of a request or an answer, unpacked."""
    if "body_json" in message:
        return json.dumps(message["body_json"]).encode()
    if "body_b64" in message:
        data = base64.b64decode(message["body_b64"])
        return gzip.decompress(data) if message["headers"].get("Content-Encoding") == "gzip" else data
    return message.get("body_text", "").encode()
