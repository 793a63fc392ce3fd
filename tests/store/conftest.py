from __future__ import annotations

from collections.abc import Iterator

import pytest
from life import Life


@pytest.fixture
def life(state_url: str) -> Iterator[Life]:
    made = Life(state_url)
    yield made
    made.store.close()
