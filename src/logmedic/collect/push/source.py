"""The file source over a spool: under load it reads less often, and more at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from logmedic.collect.file import FileSource, FileSourceConfig
from logmedic.collect.interface import Position
from logmedic.collect.push.segments import identity, is_ours
from logmedic.doors import Clock

BUSY_BYTES = 1 << 20  # read in one pass, from which on there is load
PACE_SECONDS = 0.1
"""Between two passes under load. What a commit costs depends on the incidents that it touches, hardly on its lines;
with a commit for each batch of 1,000 lines it would be most of the work (measured: 85 % of this thread)."""


class PushedSource(FileSource):
    """Follows one spool. Each machine that takes in what is pushed has a spool, and so a part, of its own."""

    _read_before = 0  # bytes

    def __init__(self, name: str, config: FileSourceConfig, clock: Clock, folder: Path) -> None:
        """``folder``: of the spool, which need not be there yet."""
        self._folder = folder
        super().__init__(name, config, clock)

    @property
    def part(self) -> str:
        if not self._part and (own := identity(self._folder)):
            self._part = self._following.suffix = f"@{own}"
        return self._part

    def resume(self, positions: Sequence[Position]) -> None:
        own = self.part.removeprefix("@")
        super().resume([position for position in positions if is_ours(position.stream, own)])

    def wait(self, timeout: float) -> bool:
        read = self.status().bytes_read
        busy = read - self._read_before >= BUSY_BYTES
        self._read_before = read
        if busy:
            self._clock.sleep(PACE_SECONDS)
        return super().wait(timeout)
