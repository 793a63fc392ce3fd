from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_shell import Shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.fixture
def watched(shell: Shell) -> Shell:
    """A folder with a config that watches ``app.log`` and tells ``told.jsonl``."""
    shell.write(
        "logmedic.toml",
        '[[sources]]\nkind = "file"\nname = "app"\npaths = ["app.log"]',
        "[web]\nenabled = false",
        f'[[channels]]\nkind = "jsonl"\nname = "told"\npath = {json.dumps(str(shell.folder / "told.jsonl"))}',
    )
    return shell


@pytest.fixture(scope="session")
def record() -> Callable[..., str]:
    """Makes a line of a JSON log."""

    def make(message: str = "stock is negative", level: str = "ERROR", **fields: object) -> str:
        return json.dumps({"level": level, "service": "shop", "message": message, **fields})

    return make
