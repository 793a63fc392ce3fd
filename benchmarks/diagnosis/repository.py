"""What a diagnosis costs on a repository of 20,000 commits, next to ``git log -1`` of the same repository."""

from __future__ import annotations

import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

COMMITS, FILES, RUNS = 20_000, 400, 5
START = 1_700_000_000  # seconds
LOGMEDIC = Path(sys.executable).with_name("logmedic")


def stream() -> Iterator[str]:
    """A history for ``git fast-import``: each commit rewrites one line of one of :data:`FILES` modules."""
    chance = random.Random(1)
    bodies = [[f"def step_{n}_{m}(order):\n    return order['total'] + {m}\n" for m in range(20)] for n in range(FILES)]
    for number in range(COMMITS):
        file = number if number < FILES else chance.randrange(FILES)
        at = chance.randrange(20)
        bodies[file][at] = f"def step_{file}_{at}(order):\n    return order['total'] + {chance.randrange(10_000)}\n"
        text, message = "\n\n".join(bodies[file]), f"Change {number}"
        yield f"commit refs/heads/main\ncommitter Kim <kim@example.com> {START + number * 600} +0000\n"
        yield f"data {len(message)}\n{message}\nM 100644 inline app/module_{file}.py\ndata {len(text)}\n{text}\n"


def record() -> str:
    trace = (
        "Traceback (most recent call last):\n"
        '  File "/srv/shop/app/module_7.py", line 2, in step_7_0\n'
        "KeyError: 'total'\n"
    )
    seconds = START + COMMITS * 600 + 60
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
    fields = {"message": "order failed", "service": "shop", "stacktrace": trace}
    return json.dumps({"timestamp": stamp, "level": "ERROR", "fields": fields, "target": "shop"}) + "\n"


def timed(argv: list[str], folder: Path) -> float:
    began = time.perf_counter()
    subprocess.run(argv, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - began


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        repository = folder / "repository"
        subprocess.run(["git", "init", "-q", "-b", "main", str(repository)], check=True)
        text = "".join(stream()).encode()
        subprocess.run(["git", "fast-import", "--quiet"], cwd=repository, input=text, check=True)
        (folder / "app.log").write_text(record(), "utf-8")
        argv = [str(LOGMEDIC), "diagnose", "app.log", "--repo", str(repository), "--json"]
        peer = ["git", "-C", str(repository), "log", "-1"]
        found = json.loads(subprocess.run(argv, cwd=folder, check=True, capture_output=True).stdout)
        pairs = [(timed(argv, folder), timed(peer, folder)) for _ in range(RUNS)]
        own, other = (statistics.median(side) for side in zip(*pairs, strict=True))
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        kinds = sorted({item["kind"] for item in found["evidence"]})
        print(f"diagnose on {COMMITS:,} commits: {own:.2f} s, {own / other:.0f} x `git log -1` ({other * 1000:.0f} ms)")
        print(f"peak memory of it or of a git that it starts: {peak:.0f} MB; evidence: {', '.join(kinds)}")


if __name__ == "__main__":
    main()
