"""Settings: the file in this package, and what the command line overrides."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

SETTINGS = Path(__file__).with_name("settings.toml")


@dataclass(frozen=True)
class Config:
    database: Path
    pool_size: int
    max_overflow: int
    pool_timeout_s: float
    claude_url: str
    claude_key: str
    model: str
    max_tokens: int
    report_s: float  # how long the monthly report takes to build
    breakable: bool  # whether POST /break/… exists


def load(
    *, database: Path, claude_url: str, claude_key: str, breakable: bool = False, report_s: float | None = None
) -> Config:
    settings = tomllib.loads(SETTINGS.read_text("utf-8"))
    return Config(
        database=database,
        claude_url=claude_url.rstrip("/"),
        claude_key=claude_key,
        breakable=breakable,
        report_s=settings["reports"]["build_s"] if report_s is None else report_s,
        **settings["database"],
        **settings["claude"],
    )
