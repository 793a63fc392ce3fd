"""The whole ``logmedic scan`` (rules, fingerprints, store) beside ripgrep and jq on the same rules.

    python benchmarks/scan/whole.py [--lines 1000000]

Marginal figures: the time for the larger file less the time for the smaller, so that start-up, the opening of the 200
incidents and their diagnoses cancel out. The page cache is warm. Peak memory is that of the largest single process.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import generate
from select_rules import JQ, RIPGREP

CONFIG = 'channels = []\n[[sources]]\nkind = "file"\nname = "bench"\npaths = ["{path}"]\n'


def scan(path: Path, folder: Path) -> tuple[float, dict[str, object]]:
    """A first scan of ``path``. Seconds of wall time of reading and storing, as the scan itself says; its summary."""
    state = folder / "state"
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir()
    config = state / "logmedic.toml"
    config.write_text(CONFIG.format(path=path))
    # What people are told comes after the reading, and is not measured here.
    done = run([sys.executable, "-m", "logmedic.cli.main", "scan", "-c", str(config), "--json", "--deadline", "1s"])
    summary = json.loads(done.stdout)
    return float(summary["seconds"]), summary


def peak_memory(path: Path, folder: Path) -> int:
    """Megabytes of the largest process of a first scan (GNU time's figure: the command, and each child by itself)."""
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)"
    )
    config = folder / "state" / "logmedic.toml"
    config.write_text(CONFIG.format(path=path))
    shutil.rmtree(folder / "state" / ".logmedic", ignore_errors=True)
    argv = [sys.executable, "-c", code, sys.executable, "-m", "logmedic.cli.main", "scan", "-c", str(config), "--json"]
    return int(run(argv).stdout)


def run(argv: list[str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)


def timed(argv: list[str]) -> float:
    begin = time.perf_counter()
    run(argv)
    return time.perf_counter() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000, help="of the smaller file; the larger has three times")
    parser.add_argument("--tries", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="logmedic-whole-") as name:
        folder = Path(name)
        small, large = folder / "small.log", folder / "large.log"
        generate.write(small, arguments.lines, 7)
        with large.open("wb") as out:
            for _ in range(3):
                out.write(small.read_bytes())
        more = large.stat().st_size - small.stat().st_size
        lines = 2 * arguments.lines
        for path in (small, large):
            path.read_bytes()
        rates: dict[str, float] = {}
        rounds: list[dict[str, float]] = []
        for _ in range(arguments.tries):  # in turn, so that a noisy neighbour hits all alike
            seconds = {"logmedic scan": scan(large, folder)[0] - scan(small, folder)[0]}
            if shutil.which("rg"):
                for rg, pattern in RIPGREP.items():
                    seconds[rg] = timed(["rg", "-c", "-e", pattern, str(large)]) - timed(
                        ["rg", "-c", "-e", pattern, str(small)]
                    )
            rounds.append(seconds)
        for tool in rounds[0]:
            rates[tool] = more / statistics.median(r[tool] for r in rounds)
        if shutil.which("jq"):
            rates["jq"] = small.stat().st_size / timed(["jq", "-c", JQ, str(small)])
        for tool, rate in rates.items():
            print(f"{tool:28s} {rate * lines / more / 1e6:6.2f} M lines/s {rate / 1e6:8.0f} MB/s")
        for tool, rate in rates.items():
            if tool != "logmedic scan":
                print(f"logmedic scan / {tool}: {rates['logmedic scan'] / rate:.2f}")
        peak = peak_memory(large, folder)
        config = folder / "state" / "logmedic.toml"
        idle = [sys.executable, "-m", "logmedic.cli.main", "scan", "-c", str(config), "--json"]
        print(f"idle scan, whole process: median {statistics.median(timed(idle) for _ in range(5)):.2f} s")
        print(f"peak memory of the largest process, {large.stat().st_size / 1e6:.0f} MB of log: {peak} MB")
        print(f"cores: {len(os.sched_getaffinity(0))}")


if __name__ == "__main__":
    main()
