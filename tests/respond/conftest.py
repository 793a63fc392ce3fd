from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from respond_listener import Listener

from logmedic.doors import SystemHttp
from logmedic.respond.channels import make
from logmedic.respond.discord import DiscordConfig, DiscordResponder
from logmedic.respond.github.config import GithubConfig
from logmedic.respond.github.responder import GithubResponder
from logmedic.respond.ratelimit import RateLimits
from logmedic.testing.discord import FakeDiscord
from logmedic.testing.doors import FakeClock
from logmedic.testing.github import FakeGitHub


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def http() -> Iterator[SystemHttp]:
    http = SystemHttp()
    yield http
    http.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as listener:
        yield listener


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
        config = DiscordConfig(**{"forum": fake.forum, "timeout_s": 30.0, **settings})
        made = make(config, http=http, clock=clock, secret=fake.url, limits=limits or RateLimits())
        assert isinstance(made, DiscordResponder)
        return made

    return build


@pytest.fixture
def github(gh, github_schema, clock: FakeClock) -> Iterator[FakeGitHub]:
    with (
        tempfile.TemporaryDirectory(prefix="gh") as folder,  # tmp_path is too long a name for a socket
        FakeGitHub(github_schema, Path(folder), now=lambda: clock.now() / 1e9) as github,
    ):
        yield github


@pytest.fixture
def file_issues(gh, clock):
    """Makes a GitHub responder for a fake."""

    def build(fake: FakeGitHub, *, token: str | None = None, **settings) -> GithubResponder:
        given = {"repo": "acme/shop", "program": gh, "config_dir": str(fake.config_dir), "timeout_s": 60.0, **settings}
        made = make(GithubConfig(**given), http=SystemHttp(), clock=clock, secret=token or fake.token)
        assert isinstance(made, GithubResponder)
        return made

    return build
