"""A real server on a real store: a log with hostile and ordinary errors, scanned by the real command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from web_client import Client

from logmedic import build
from logmedic.web.opening import dashboard

SOURCE = Path(__file__).resolve().parents[2] / "src"
CONFIG = """
[[sources]]
kind = "file"
name = "shop"
paths = ["shop.log"]

[web]
listen = "127.0.0.1:0"
"""


class Project:
    """A folder with a config and a log; ``scan`` reads what has been written."""

    def __init__(self, folder: Path, config: str = CONFIG) -> None:
        self.folder = folder
        (folder / "logmedic.toml").write_text(config, encoding="utf-8")

    def write(self, *records: dict[str, object]) -> None:
        with (self.folder / "shop.log").open("a", encoding="utf-8") as file:
            file.write("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records))

    def scan(self) -> None:
        environment = {**os.environ, "PYTHONPATH": str(SOURCE), "LANG": "C.UTF-8"}
        done = subprocess.run(
            [sys.executable, "-m", "logmedic.cli.main", "scan", "--json"], cwd=self.folder, env=environment,
            capture_output=True, check=False, timeout=100,
        )  # fmt: skip
        assert done.returncode in (0, 1), done.stderr.decode()

    @contextmanager
    def served(self) -> Iterator[Client]:
        loaded = build.load_config(str(self.folder / "logmedic.toml"), self.folder)
        with ExitStack() as stack:
            store = stack.enter_context(build.open_store(loaded))
            server = stack.enter_context(dashboard(loaded, store))
            assert server is not None
            yield stack.enter_context(Client(server.port, store))


def error(message: str = "stock is negative", **fields: object) -> dict[str, object]:
    return {"timestamp": "2026-11-22T09:00:00Z", "level": "ERROR", "service": "shop", "message": message, **fields}


STACK = """Traceback (most recent call last):
  File "/srv/app/shop/api.py", line 40, in handler
    return service.price(item)
  File "/usr/lib/python3.11/site-packages/fastapi/routing.py", line 12, in run
    return call()
  File "/srv/app/shop/service.py", line 81, in price
    return prices[item]
KeyError: 'apple'
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@contextmanager
def three_incidents(folder: Path) -> Iterator[Client]:
    project = Project(folder)
    project.write(
        error(request_id="r-1"), error(request_id="r-2"),
        error("payment refused", service="pay", error_code="DB_DOWN", timestamp="2026-11-22T09:01:00Z"),
        error("KeyError: 'apple'", exception=STACK, timestamp="2026-11-22T09:02:00Z"),
    )  # fmt: skip
    project.scan()
    with project.served() as client:
        yield client


@pytest.fixture(scope="session")
def shop(tmp_path_factory) -> Iterator[Client]:
    """Three incidents, shared by the tests that only look."""
    with three_incidents(tmp_path_factory.mktemp("shop")) as client:
        yield client


@pytest.fixture
def own_shop(tmp_path) -> Iterator[Client]:
    """The same for one test, which may change them."""
    with three_incidents(tmp_path) as client:
        yield client


@pytest.fixture
def make_error() -> Callable[..., dict[str, object]]:
    return error
