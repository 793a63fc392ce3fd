from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from keeping_world import TEN, World

from logmedic.doors import SystemHttp
from logmedic.testing.discord import FakeDiscord
from logmedic.testing.doors import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(TEN)


@pytest.fixture
def discord(clock: FakeClock) -> Iterator[FakeDiscord]:
    with FakeDiscord(monotonic=clock.monotonic) as discord:
        yield discord


@pytest.fixture
def world(tmp_path: Path, discord: FakeDiscord, clock: FakeClock) -> Iterator[World]:
    http = SystemHttp()
    made = World(tmp_path, discord, clock, http)
    made.keeper().tick()  # the first look opens the windows
    yield made
    http.close()
    made.store.close()
