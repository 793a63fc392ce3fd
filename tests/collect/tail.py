"""A pipeline in small: reads a source, stores what came of each batch together with its position, and can crash."""

from __future__ import annotations

from pathlib import Path

from logmedic.collect.file import FileSource, FileSourceConfig
from logmedic.collect.interface import Batch, Position
from logmedic.testing.doors import FakeClock


def lines_of(batch: Batch) -> list[tuple[int, bytes]]:
    """(offset, line) of a batch."""
    data = bytes(batch.data)
    assert not data or data.endswith(b"\n")
    found, at = [], batch.start
    for line in data.split(b"\n")[:-1]:
        found.append((at, line))
        at += len(line) + 1
    return found


class Tail:
    def __init__(self, *paths: Path | str, **config) -> None:
        config.setdefault("dialect", "text")
        config.setdefault("rotate_wait", 5.0)
        config.setdefault("flush_partial_after", 5.0)
        config.setdefault("multiline", "off")  # see test_events for those of several lines
        self.config = FileSourceConfig(paths=[str(p) for p in paths], **config)
        self.clock = FakeClock()
        self.stored: dict[str, Position] = {}
        self.rows: dict[tuple[str, int], bytes] = {}
        self.truncated: dict[int, int] = {}
        self.source = FileSource("files", self.config, self.clock)
        self.source.resume([])

    def commit(self, batch: Batch) -> list[bytes]:
        expected = self.stored.get(batch.stream)
        if expected is not None:
            assert batch.position.offset >= expected.offset, "a position never goes back"
        fresh = []
        for offset, line in lines_of(batch):
            key = (batch.stream, offset)
            assert key not in self.rows, f"read twice: {key} {line!r}"
            self.rows[key] = line
            fresh.append(line)
        self.truncated.update(batch.truncated)
        if batch.position.forgotten:
            del self.stored[batch.stream]
        else:
            self.stored[batch.stream] = batch.position
        return fresh

    def read(self, batches: int | None = None) -> list[bytes]:
        """Lines that came, after at most so many batches."""
        fresh: list[bytes] = []
        for number, batch in enumerate(self.source.read(), 1):
            fresh += self.commit(batch)
            if number == batches:
                break
        return fresh

    def restart(self) -> None:
        """A new process that knows only what was stored."""
        self.source.close()
        self.source = FileSource("files", self.config, self.clock)
        self.source.resume(list(self.stored.values()))

    @property
    def lines(self) -> list[bytes]:
        return list(self.rows.values())


def append(path: Path, *lines: str | bytes) -> None:
    with path.open("ab") as file:
        for line in lines:
            file.write((line.encode() if isinstance(line, str) else line) + b"\n")


def numbered(prefix: str, count: int) -> list[str]:
    return [f"{prefix} {n} of a line long enough to be told from others" for n in range(count)]


def encoded(lines: list[str]) -> list[bytes]:
    return [line.encode() for line in lines]
