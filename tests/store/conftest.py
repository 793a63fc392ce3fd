from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from life import Life


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    made = Life(tmp_path / "state.db")
    yield made
    made.store.close()
