"""A log kept in memory, line by line as the process would write it."""

from __future__ import annotations

import json
from typing import Any


class Memory:
    """A sink; ``lines`` are the decoded lines so far."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []

    def write(self, line: bytes) -> None:
        self.raw.append(line)

    def close(self) -> None:
        pass

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.raw]

    @property
    def last(self) -> dict[str, Any]:
        return json.loads(self.raw[-1])

    def named(self, message: str) -> dict[str, Any]:
        return next(line for line in self.lines if line["fields"]["message"] == message)
