"""Records and captured traces for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from logmedic.model import Level, LogRecord, Ref

STACKS = Path(__file__).parent.parent / "data" / "stacks"


@pytest.fixture
def record() -> Callable[..., LogRecord]:
    def make(message: str = "", **fields: Any) -> LogRecord:
        given = {"service": "shop", "level": Level.ERROR, "time": 0, **fields}
        return LogRecord(ref=Ref("src", "stream", 0), message=message, **given)

    return make


@pytest.fixture
def captured() -> Callable[[str], str]:
    return lambda name: (STACKS / f"{name}.txt").read_text(encoding="utf-8")
