"""No test reaches beyond this machine: whoever tries to fails, whatever library does it. Tests may run side by side."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from effort import examples
from postgres import Postgres, programs, server

SCHEMA = Path(
    os.environ.get("LOGMEDIC_GITHUB_SCHEMA")
    or Path(__file__).parents[1] / ".venv/github/node_modules/@octokit/graphql-schema/schema.graphql"
)
# Debian's, and any further ones that are named (a current one, say).
GH_PROGRAMS = ["gh", *filter(None, os.environ.get("LOGMEDIC_GH_PROGRAMS", "").split(":"))]
LOOPBACK = ("127.", "::1", "localhost")

# How long one example takes says more about the machine than about the code.
settings.register_profile("logmedic", deadline=None, max_examples=examples(100))
settings.load_profile("logmedic")


@pytest.fixture(autouse=True, scope="session")
def _only_loopback() -> Iterator[None]:
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def guarded(self: socket.socket, address: Any) -> None:
        local = self.family == socket.AF_UNIX or str(address[0]).startswith(LOOPBACK)
        assert local, f"a test tried to reach {address!r}"
        connect(self, address)

    def named(host: Any, *more: Any, **options: Any) -> Any:
        assert host is None or str(host).startswith(LOOPBACK), f"a test looked up {host!r}"
        return look_up(host, *more, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        patch.setattr(socket, "getaddrinfo", named)
        yield


@pytest.fixture
def github_schema() -> Path:
    return SCHEMA


@pytest.fixture(params=GH_PROGRAMS)
def gh(request: pytest.FixtureRequest) -> str:
    """A real gh. Only where CI does not run may it, or GitHub's schema, be missing."""
    program: str = request.param
    missing = "no gh on PATH" if shutil.which(program) is None else None
    missing = missing or (None if find_spec("graphql") else "no graphql-core")
    missing = missing or (None if SCHEMA.is_file() else "no schema of GitHub; .ci/run shows how to install it")
    if missing:
        assert not os.environ.get("LOGMEDIC_CI"), missing
        pytest.skip(missing)
    return program


@pytest.fixture(autouse=True, scope="session")
def _own_temporary_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Processes of one user agree by a file there on whose turn it is at GitHub; those of two test runs must not."""
    tmp_path_factory.getbasetemp()  # first: it stays where people look for it
    with (
        tempfile.TemporaryDirectory(prefix="lm") as folder,  # a short name: sockets are made below it
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setitem(os.environ, "TMPDIR", folder)
        patch.setattr(tempfile, "tempdir", folder)
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL, one for each process of a test run. Only where CI does not run may it be missing."""
    if programs() is None:
        missing = "no PostgreSQL; .ci/run shows how to install it"
        assert not os.environ.get("LOGMEDIC_CI"), missing
        pytest.skip(missing)
    with server() as running:
        yield running


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres) -> str:
    """The name of a database with all tables, to copy: much faster than making them again for each test."""
    from logmedic.engine import DurableEngine  # noqa: PLC0415  most test runs need neither
    from logmedic.store.database import open_database  # noqa: PLC0415

    name = postgres.create()
    database = open_database(postgres.url(name))
    engine = DurableEngine(database)
    engine.prepare()
    engine.close(0.0)
    database.dispose()
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def state_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a new state, in turn on each database that logmedic supports."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'state.db'}"
        return
    running: Postgres = request.getfixturevalue("postgres")
    name = running.create(request.getfixturevalue("postgres_template"))
    yield running.url(name)
    running.drop(name)
