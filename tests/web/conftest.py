"""A real server on a real store: a log with hostile and ordinary errors, scanned by the real command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from web_client import Client
from web_project import Project


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
