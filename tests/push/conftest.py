from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from push_scenes import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Open to this machine, one source."""
    with World(tmp_path).served() as served:
        yield served
