"""What models are told, one file a version: a changed prompt gets a new number, so that reports can be compared."""

from __future__ import annotations

from importlib import resources

DIAGNOSE = "diagnose-1"
DOUBT = "doubt-1"


def load(name: str) -> str:
    return (resources.files(__name__) / f"{name}.md").read_text(encoding="utf-8")
