"""Fills in what differs from one place to another."""

from __future__ import annotations

import json
import re
from importlib import resources

# ``@NAME@``, and ``@@`` for the sign itself: shells, Grafana and Vector mean something of their own by a dollar sign.
_BLANK = re.compile(r"@(?:([A-Z_]+)@|@)")


def fill(name: str, **values: str) -> str:
    """A file of ``files/`` with its blanks filled in. Raises ``KeyError``: one was forgotten."""
    text = resources.files("logmedic.artefacts").joinpath("files", name).read_text(encoding="utf-8")
    return _BLANK.sub(lambda found: values[found[1]] if found[1] else "@", text)


def quoted(text: str) -> str:
    """As a string of JSON, which TOML, YAML and Alloy read as the same text."""
    return json.dumps(text, ensure_ascii=False)


def listed(texts: list[str]) -> str:
    return "[" + ", ".join(quoted(text) for text in texts) + "]"
