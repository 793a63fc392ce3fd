"""Fault tests borrow the scenes of the folders whose subject they put under stress."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
for folder in ("pipeline", "respond", "push", "investigate", "fix", "web"):
    sys.path.insert(0, str(TESTS / folder))

from keeping_world import TEN, World  # noqa: E402  found in the folder above

from logmedic.doors import SystemHttp  # noqa: E402
from logmedic.respond.channels import make  # noqa: E402
from logmedic.respond.github.config import GithubConfig  # noqa: E402
from logmedic.testing.discord import FakeDiscord  # noqa: E402
from logmedic.testing.doors import FakeClock  # noqa: E402
from logmedic.testing.github import FakeGitHub  # noqa: E402


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


@pytest.fixture
def http() -> Iterator[SystemHttp]:
    http = SystemHttp()
    yield http
    http.close()


@pytest.fixture
def github(gh, github_schema, clock: FakeClock) -> Iterator[FakeGitHub]:
    with (
        tempfile.TemporaryDirectory(prefix="gh") as folder,  # tmp_path is too long a name for a socket
        FakeGitHub(github_schema, Path(folder), now=lambda: clock.now() / 1e9) as github,
    ):
        yield github


@pytest.fixture
def file_issues(gh, github: FakeGitHub, clock: FakeClock, http: SystemHttp):
    """Makes a GitHub responder for the fake, as a process that starts anew has one."""

    def build(**settings: object):
        given = {"repo": "acme/shop", "program": gh, "config_dir": str(github.config_dir), "timeout_s": 60.0}
        return make(GithubConfig(**{**given, **settings}), http=http, clock=clock, secret=github.token)

    return build
