"""How much of what Loki stores it has to look at for us: seconds of log that our queries span, per second of log.

    python benchmarks/scale/scans.py

The real source, asked once a second as by ``serve``, and the stand-in of a Loki; the clock stands still until told.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.collect.loki_scenes import Ledger, Reader, Wire

from logmedic.model import NANOSECONDS
from logmedic.testing.doors import FakeClock
from logmedic.testing.loki import FakeLoki

SECONDS = 900
WARM = 300  # until the overlap has its full length
_RANGE = re.compile(r"\[(\d+)ms\]")


def spans(asked: list[tuple[str, dict[str, str]]]) -> tuple[float, float]:
    """Seconds of log that were looked at (for entries, for counts)."""
    entries = counts = 0.0
    for what, form in asked:
        counted = _RANGE.search(form.get("query", ""))
        if what == "query_range":
            entries += (int(form["end"]) - int(form["start"])) / NANOSECONDS
        elif what == "query" and counted:
            counts += int(counted[1]) / 1_000
    return entries, counts


def main() -> None:
    for overlap in (300.0, 60.0, 10.0):
        clock = FakeClock()
        loki = FakeLoki(now=clock.now)
        wire = Wire(loki)
        reader = Reader(wire, clock, Ledger(), overlap_s=overlap)
        for second in range(SECONDS):
            loki.push({"app": "shop"}, [[str(clock.now() - n), f"line {second} {n}"] for n in range(5)])
            clock.advance(1)
            if second == WARM:
                wire.asked.clear()
            reader.read()
        entries, counts = spans(wire.asked)
        took = SECONDS - WARM
        print(f"overlap_s = {overlap:g}: of a second of log, {entries / took:.1f} s are read and {counts / took:.1f} s "
              f"counted, in {len(wire.asked) / took:.2f} requests a second")  # fmt: skip


if __name__ == "__main__":
    main()
