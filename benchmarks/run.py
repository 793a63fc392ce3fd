"""Every benchmark, one after the other: ``make bench``. Each prints its figures as ratios to a named peer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
SCRIPTS = (
    "scan/whole.py",
    "scan/select.py",
    "serve/latency.py",
    "web/live.py",
    "web/pages.py",
    "respond/latency.py",
    "respond/fixing.py",
    "collect/read_speed.py",
    "collect/loki.py",
    "push/throughput.py",
    "grouping/accuracy.py",
    "grouping/speed.py",
    "redact/speed.py",
    "diagnosis/run.py",
    "diagnosis/repository.py",
    "tracing/cost.py",
    "store/moving.py",
    "store/workers.py",
)


def main() -> int:
    failed = []
    for script in SCRIPTS:
        print(f"\n== {script}", flush=True)
        if subprocess.run([sys.executable, str(HERE / script)], check=False).returncode:
            failed.append(script)
    for script in failed:
        print(f"failed: {script}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
