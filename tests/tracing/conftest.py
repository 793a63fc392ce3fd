from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from tracing_memory import Memory

from logmedic.tracing.format import JsonFormatter
from logmedic.tracing.output import JsonHandler


@pytest.fixture
def log() -> Iterator[Memory]:
    memory = Memory()
    handler = JsonHandler(JsonFormatter(service="shop"), [memory])
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    yield memory
    root.removeHandler(handler)
    root.setLevel(level)
