"""Lines a second of ``Detector.select`` alone, one process, beside ripgrep and jq on the same rules.

    python benchmarks/scan/select.py [--lines 1000000] [--plain]

Two files are measured and the difference taken, so that start-up cancels out; the page cache is warm. ripgrep gets the
rules twice: with the five words that `tracing` writes in capitals, and with the words in any case that the product
accepts (and many more). ``select`` reads all spellings, all keys and units, and decodes what it finds into records.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import generate
from select_rules import JQ, RIPGREP

from logmedic.collect import dialects
from logmedic.detect import Detector, build_rules

READ = 256 << 10
TRIES = 3


def select(detector: Detector, path: Path) -> tuple[int, int]:
    """Lines and findings of a file, read in blocks into one buffer as the file source does."""
    lines = findings = carried = offset = 0
    buffer = bytearray(2 * READ)
    with path.open("rb", buffering=0) as file:
        while True:
            with memoryview(buffer) as view:
                got = file.readinto(view[carried : carried + READ])
            if not got:
                return lines, findings
            end = carried + got
            cut = buffer.rfind(b"\n", 0, end) + 1
            with memoryview(buffer) as view:
                selected = detector.select(
                    view[:cut], source="bench", stream="1", start=offset, dialect="rust-tracing", service="",
                    received=time.time_ns(), truncated={},
                )  # fmt: skip
            lines += selected.lines
            findings += len(selected.findings)
            offset += cut
            carried = end - cut
            buffer[:carried] = buffer[cut:end]


def best(run: Callable[[], object]) -> float:
    seconds = []
    for _ in range(TRIES):
        begin = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - begin)
    return min(seconds)


def command(*argv: str) -> Callable[[], object]:
    return lambda: subprocess.run(argv, stdout=subprocess.DEVNULL, check=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000, help="of the larger file; the smaller has half")
    parser.add_argument("--plain", action="store_true", help="without the SIMD wheels")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="logmedic-scan-") as folder:
        small, large = Path(folder, "small.log"), Path(folder, "large.log")
        half = generate.write(small, arguments.lines // 2, 7)
        with large.open("wb") as out:
            for seed in (7, 8):
                part = Path(folder, "part.log")
                generate.write(part, arguments.lines // 2, seed)
                with part.open("rb") as source:
                    shutil.copyfileobj(source, out)
                part.unlink()
        more = large.stat().st_size - half
        detector = Detector(build_rules(), dialects.decoder, accelerate=not arguments.plain)
        runs: dict[str, Callable[[Path], Callable[[], object]]] = {
            "Detector.select": lambda path: lambda: print(f"  {path.name}: {select(detector, path)}"),
        }
        if shutil.which("rg"):
            for name, pattern in RIPGREP.items():
                runs[name] = lambda path, pattern=pattern: command("rg", "-c", "-e", pattern, str(path))
        if shutil.which("jq"):
            runs["jq"] = lambda path: command("jq", "-c", JQ, str(path))
        rates = {}
        for name, run in runs.items():
            seconds = best(run(large)) - best(run(small))
            rates[name] = more / seconds
            lines = arguments.lines / 2 / seconds
            print(f"{name:28s} {lines / 1e6:6.2f} M lines/s {rates[name] / 1e6:8.0f} MB/s", flush=True)
        for name in RIPGREP:
            if name in rates:
                print(f"select / {name}: {rates['Detector.select'] / rates[name]:.2f}")


if __name__ == "__main__":
    main()
