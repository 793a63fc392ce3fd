"""What the agent is told, as files: one for each version, which stands in every report."""

from __future__ import annotations

from importlib.resources import files

VERSION = "fix-1"


def load(version: str = VERSION) -> str:
    return files(__name__).joinpath(f"{version}.md").read_text(encoding="utf-8")
