"""A day of 1,000 services, simulated from what the real code costs on this machine, and the check of the model.

    python benchmarks/scale/run.py [--postgres] [--points points.json]

``--points``: read the measured points from a file, or measure and write them where there is none. The check scans
files that the calibration has not seen with the real command, and compares CPU seconds with what the points predict.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import logs
import msgspec
import points
from day import Scene
from simulate import Result, simulate

CHECKS = ((400_000, 2_000, 100), (600_000, 20_000, 40), (1_500_000, 6_000, 200))  # lines, matched, incidents
HOUR = 3_600
SCENES = {
    "an ordinary day": Scene(),
    "13:00 to 18:00, 1,000 services fail at once at 15:00": Scene(
        begin=13 * HOUR, end=18 * HOUR, storms=((15 * HOUR, 1_000),)
    ),
    "13:00 to 18:00, logmedic is down from 15:00 to 16:00": Scene(
        begin=13 * HOUR, end=18 * HOUR, down=((15 * HOUR, 16 * HOUR),)
    ),
}
WORKERS = (1, 3, 10)


def measured(path: Path | None, postgres: bool) -> list[points.Points]:
    if path is not None and path.exists():
        return msgspec.json.decode(path.read_bytes(), type=list[points.Points])
    found = []
    for measure in (points.sqlite, *([points.postgres] if postgres else [])):
        found.append(measure())
        if path is not None:  # also when the next one fails
            path.write_bytes(msgspec.json.format(msgspec.json.encode(found)))
    return found


def check(known: points.Points) -> None:
    """Predicted beside measured CPU seconds. The start of the command is taken from a scan of one line."""
    with tempfile.TemporaryDirectory(prefix="logmedic-check-") as folder:
        base = Path(folder)
        url = "sqlite:///{folder}/state.db"
        logs.write(base / "one.log", lines=1, matched=1, kinds=1)
        start = points.scan(base / "one.log", url).cpu
        for lines, matched, kinds in CHECKS:
            log = base / "check.log"
            size = logs.write(log, lines=lines, matched=matched, kinds=kinds) / 1e6
            predicted = start + size * known.read_cpu + matched * known.matched_cpu + (kinds - 1) * known.incident_cpu
            real = points.scan(log, url).cpu
            print(f"check: {lines:,} lines, {matched:,} matched, {kinds} incidents: predicted {predicted:.2f} CPU s, "
                  f"measured {real:.2f}, error {predicted / real - 1:+.0%}")  # fmt: skip


def show(name: str, workers: int, result: Result) -> None:
    print(f"\n-- {name}; {workers} × ({result.lines:,} lines; simulated in {result.seconds:.0f} s)")
    print(f"   most lag {result.most_lag:.0f} s; behind by more than a minute for {result.catch_up:.0f} s; "
          f"cores busy {result.busy:.1%}")  # fmt: skip
    print(f"   most workflows waiting {result.most_waiting}, more than 100 for {result.worked_off:.0f} s, "
          f"the longest {result.slowest_workflow:.0f} s; slowest message {result.slowest_message:.0f} s; "
          f"spend ${result.spend:.2f}; model queue {result.most_model_wait:.0f} s")  # fmt: skip
    for what, count in sorted(result.seen.items()):
        print(f"   {what}: {count:,}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--points", type=Path)
    parser.add_argument("--no-check", action="store_true")
    options = parser.parse_args()
    found = measured(options.points, options.postgres)
    print(points.machine())
    for each in found:
        print(msgspec.json.encode(each).decode())
    if not options.no_check:
        check(found[0])
    for each in found:
        for name, scene in SCENES.items():
            for workers in WORKERS if each.database == "PostgreSQL" else (1,):
                show(f"{each.database}: {name}", workers, simulate(scene, each, workers))


if __name__ == "__main__":
    main()
