"""A project with a config and a log, as a user has it; lines as a Rust service writes them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from logmedic import build
from logmedic.build import Loaded
from logmedic.model import Incident, Sample
from logmedic.store.store import Store, TimelineEntry

SOURCE = Path(__file__).resolve().parents[2] / "src"
CONFIG = """\
[[sources]]
kind = "file"
name = "app"
paths = ["app.log"]

[[channels]]
kind = "jsonl"
name = "jsonl"
path = "{told}"
"""


def line(
    time: datetime,
    message: str = "order placed",
    *,
    level: str = "ERROR",
    target: str = "shop::orders",
    **fields: object,
) -> str:
    """One event as the ``tracing-subscriber`` crate writes it with ``json()``, the request in a span."""
    return json.dumps(
        {
            "timestamp": time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "level": level,
            "fields": {"message": message, **fields},
            "target": target,
            "filename": "src/orders.rs",
            "line_number": 42,
            "span": {"name": "request"},
        }
    )


class Project:
    """A folder with ``logmedic.toml``, ``app.log`` and a channel that appends to ``told.jsonl``."""

    def __init__(self, folder: Path, extra: str = "") -> None:
        self.folder = folder
        self.log = folder / "app.log"
        self.told_file = folder / "told.jsonl"
        self.config = folder / "logmedic.toml"
        self.config.write_text(CONFIG.format(told=self.told_file) + extra, "utf-8")

    def write(self, *lines: str) -> None:
        with self.log.open("a", encoding="utf-8") as file:
            file.write("".join(text + "\n" for text in lines))

    @property
    def loaded(self) -> Loaded:
        return build.load_config(str(self.config), self.folder)

    @contextmanager
    def store(self) -> Iterator[Store]:
        with build.open_store(self.loaded) as store:
            yield store

    def scan(self, *, deadline: float = 60.0) -> msgspec.Struct:
        """One pass in this process, with everything real. Returns the summary."""
        with build.runtime(self.loaded, poll_seconds=0.05) as runtime:
            return runtime.scan(deadline=deadline)

    def incidents(self) -> dict[str, Incident]:
        """By title."""
        with self.store() as store:
            return {incident.title: incident for incident in store.list_incidents(limit=10_000)}

    def incident(self, word: str) -> Incident:
        """The only one whose title contains ``word``."""
        (found,) = [i for title, i in self.incidents().items() if word in title]
        return found

    def timeline(self, incident: Incident) -> list[TimelineEntry]:
        with self.store() as store:
            return store.timeline(incident.id)

    def samples(self, incident: Incident) -> list[Sample]:
        with self.store() as store:
            return store.samples(incident.id)

    def told(self) -> list[dict[str, Any]]:
        """Every line of the channel, oldest first."""
        if not self.told_file.exists():
            return []
        return [json.loads(text) for text in self.told_file.read_text("utf-8").splitlines()]

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "logmedic.cli.main", *arguments, "--config", str(self.config)]

    def run(self, *arguments: str, input: bytes = b"", timeout: float = 100.0) -> subprocess.CompletedProcess[bytes]:
        """The same, to its end."""
        return subprocess.run(
            self.command(*arguments), cwd=self.folder, env=environment(), input=input, capture_output=True,
            timeout=timeout, check=False,
        )  # fmt: skip

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """``logmedic`` with these arguments, as a process of its own; its stderr goes to ``stderr.txt``."""
        with (self.folder / "stderr.txt").open("ab") as errors:
            return subprocess.Popen(
                self.command(*arguments), cwd=self.folder, env=environment(), stdout=subprocess.PIPE, stderr=errors
            )


def environment() -> dict[str, str]:
    """What a child process needs, and no more: settings of whoever runs the tests must not reach it."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return {**kept, "PYTHONPATH": str(SOURCE), "LANG": "C.UTF-8"}


def minutes_ago(minutes: float) -> datetime:
    return datetime.now(UTC) - timedelta(minutes=minutes)


def every(seconds: float, start: datetime, count: int) -> Sequence[datetime]:
    return [start + timedelta(seconds=seconds * number) for number in range(count)]
