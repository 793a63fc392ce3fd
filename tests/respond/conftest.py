from __future__ import annotations

from collections.abc import Iterator

import pytest

from logmedic.doors import SystemHttp
from logmedic.respond.channels import make
from logmedic.respond.discord import DiscordConfig, DiscordResponder
from logmedic.respond.ratelimit import RateLimits
from logmedic.testing.discord import FakeDiscord
from logmedic.testing.doors import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def http() -> Iterator[SystemHttp]:
    http = SystemHttp()
    yield http
    http.close()


@pytest.fixture
def discord(clock: FakeClock) -> Iterator[FakeDiscord]:
    with FakeDiscord(monotonic=clock.monotonic) as discord:
        yield discord


@pytest.fixture
def forum(clock: FakeClock) -> Iterator[FakeDiscord]:
    with FakeDiscord(forum=True, monotonic=clock.monotonic) as discord:
        yield discord


@pytest.fixture
def responder(clock, http):
    """Makes a Discord responder for a fake, with its own rate limits unless some are given."""

    def build(fake: FakeDiscord, *, limits: RateLimits | None = None, **settings) -> DiscordResponder:
        config = DiscordConfig(**{"forum": fake.forum, "timeout_s": 2.0, **settings})
        made = make(config, http=http, clock=clock, secret=fake.url, limits=limits or RateLimits())
        assert isinstance(made, DiscordResponder)
        return made

    return build
