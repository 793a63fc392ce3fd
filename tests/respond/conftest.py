from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
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
        config = DiscordConfig(**{"forum": fake.forum, "timeout_s": 2.0, **settings})
        made = make(config, http=http, clock=clock, secret=fake.url, limits=limits or RateLimits())
        assert isinstance(made, DiscordResponder)
        return made

    return build


SCHEMA = Path(
    os.environ.get("LOGMEDIC_GITHUB_SCHEMA")
    or Path(__file__).parents[2] / ".venv/github/node_modules/@octokit/graphql-schema/schema.graphql"
)
# Debian's, and any further ones that are named (a current one, say).
GH_PROGRAMS = ["gh", *filter(None, os.environ.get("LOGMEDIC_GH_PROGRAMS", "").split(":"))]


@pytest.fixture(params=GH_PROGRAMS)
def gh(request) -> str:
    """A real gh. Only where CI does not run may it, or GitHub's schema, be missing."""
    missing = "no gh on PATH" if shutil.which(request.param) is None else None
    missing = missing or (None if find_spec("graphql") else "no graphql-core")
    missing = missing or (None if SCHEMA.is_file() else "no schema of GitHub; .ci/run shows how to install it")
    if missing:
        assert not os.environ.get("LOGMEDIC_CI"), missing
        pytest.skip(missing)
    return request.param


@pytest.fixture
def github(gh, clock: FakeClock) -> Iterator[FakeGitHub]:
    with (
        tempfile.TemporaryDirectory(prefix="gh") as folder,  # tmp_path is too long a name for a socket
        FakeGitHub(SCHEMA, Path(folder), now=lambda: clock.now() / 1e9) as github,
    ):
        yield github


@pytest.fixture
def file_issues(gh, clock):
    """Makes a GitHub responder for a fake."""

    def build(fake: FakeGitHub, *, token: str | None = None, **settings) -> GithubResponder:
        given = {"repo": "acme/shop", "program": gh, "config_dir": str(fake.config_dir), "timeout_s": 20.0, **settings}
        made = make(GithubConfig(**given), http=SystemHttp(), clock=clock, secret=token or fake.token)
        assert isinstance(made, GithubResponder)
        return made

    return build
