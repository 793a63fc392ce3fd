"""The sample service is imported by path, as the demo does."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from logmedic.testing.claude import FakeClaude

sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "backend"))


@pytest.fixture(scope="session")
def claude() -> Iterator[FakeClaude]:
    with FakeClaude() as fake:
        yield fake
