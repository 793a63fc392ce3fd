"""A real server on a real store, with push sources; and what came of what was pushed."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cramjam

from logmedic import build
from logmedic.collect import dialects
from logmedic.collect.push import loki
from logmedic.model import LogRecord, Ref
from logmedic.web.opening import dashboard

NOW = 1_795_424_400_000_000_000
SERVICE_LABELS = ("service_name", "service", "app")
CONFIG = """
[web]
listen = "127.0.0.1:0"
[[sources]]
kind = "push"
name = "push"
"""


def records(lines: Sequence[bytes], dialect: str = "generic") -> list[LogRecord]:
    decoder = dialects.decoder(dialect)
    found = [decoder.decode(line, Ref("push", "1", 0, len(line)), NOW) for line in lines]
    assert all(isinstance(record, LogRecord) for record in found)
    return found  # type: ignore[return-value]


def loki_json(*streams: tuple[dict[str, str], Sequence[Sequence[object]]]) -> bytes:
    return json.dumps({"streams": [{"stream": labels, "values": values} for labels, values in streams]}).encode()


def loki_protobuf(labels: str, entries: Sequence[tuple[int, str | bytes]]) -> bytes:
    request = loki.push_request()()
    stream = request.streams.add(labels=labels.encode())
    for time, line in entries:
        entry = stream.entries.add(line=line if isinstance(line, bytes) else line.encode())
        entry.timestamp.seconds, entry.timestamp.nanos = divmod(time, 1_000_000_000)
    return request.SerializeToString()


def snapped(message: bytes) -> bytes:
    return bytes(cramjam.snappy.compress_raw(message))


class Answer:
    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self.status = answer.status
        self.headers = {name.lower(): value for name, value in answer.getheaders()}
        self.body = answer.read()

    @property
    def text(self) -> str:
        return self.body.decode()


class World:
    """A folder with a config; ``served`` runs the server in this process, without the pipeline behind it."""

    port = 0

    def __init__(self, folder: Path, config: str = CONFIG) -> None:
        self.folder = folder
        (folder / "logmedic.toml").write_text(config, encoding="utf-8")

    @contextmanager
    def served(self) -> Iterator[World]:
        loaded = build.load_config(str(self.folder / "logmedic.toml"), self.folder)
        with build.open_store(loaded) as store, dashboard(loaded, store) as server:
            assert server is not None
            self.port = server.port
            yield self

    def push(self, path: str, body: Any, kind: str = "application/json", **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            sent = {"content-type": kind, **{name.replace("_", "-"): value for name, value in headers.items()}}
            connection.request("POST", path, body, sent)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def lines(self, source: str = "push") -> list[bytes]:
        """All that is in the spool."""
        paths = sorted((self.folder / ".logmedic/spool" / source).glob("*.log"))
        return [line for path in paths for line in path.read_bytes().splitlines()]

    def records(self, source: str = "push") -> list[LogRecord]:
        return records(self.lines(source))
