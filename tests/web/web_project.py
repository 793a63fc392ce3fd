"""A project that is scanned by the real command and served by the real dashboard."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

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
