"""``logmedic`` with a clock that runs faster.

    python benchmarks/scale/accelerated.py ORIGIN SPEED serve -c logmedic.toml

``ORIGIN``: the second of the epoch from which on each second counts ``SPEED`` times. Ours are all waits that ask the
clock (dedup and surge windows, limits, retries, digests, what is forgotten when). Not the engine's polling and waits
for files and threads: these wait as ever.
"""

from __future__ import annotations

import sys
import time

from logmedic import doors
from logmedic.cli.main import main


class FastClock:
    def __init__(self, origin: float, speed: float) -> None:
        self._origin, self._speed = int(origin * 1e9), speed

    def now(self) -> int:
        return self._origin + int((time.time_ns() - self._origin) * self._speed)

    def monotonic(self) -> float:
        return time.monotonic() * self._speed

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / self._speed)


if __name__ == "__main__":
    clock = FastClock(float(sys.argv[1]), float(sys.argv[2]))
    doors.SystemClock = lambda: clock  # type: ignore[misc,assignment]  the one place where clocks come from
    sys.argv[1:] = sys.argv[3:]
    main()
