"""Measured points: what each stage of the real code costs on the machine at hand.

Each is a difference of two runs, so that start-up cancels out. CPU is that of the command and its children; a
PostgreSQL server's is not in it, so what waits for the database is counted by the clock on the wall.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import logs
import msgspec

# Big enough that a difference is more than the noise of starting Python, small enough for a minute in all.
_SMALL, _LARGE = 200_000, 4_000_000  # lines
_MATCHED = 150_000
_FEW, _MANY = 20, 320  # incidents
_REPEATS = 2  # the quickest counts


class Points(msgspec.Struct, frozen=True, kw_only=True):
    """Costs of one process on one core, for one kind of database."""

    database: str
    read_cpu: float  # CPU seconds per MB of lines that no rule matches
    matched_cpu: float  # CPU seconds per matched line: decoded, grouped, counted
    incident_cpu: float  # CPU seconds per new incident: stored, investigated offline, told to a file
    incident_wall: float  # seconds per new incident with the engine's workers side by side
    again_cpu: float  # CPU seconds per known incident of which there is news
    again_wall: float
    line_bytes: float
    incident_bytes: float  # that the database grew by, per incident with its occurrences, notes and workflow


class Run(msgspec.Struct, frozen=True):
    cpu: float
    wall: float
    incidents: int
    folder: Path


def scan(log: Path, url: str, folder: Path | None = None) -> Run:
    """A real ``logmedic scan`` of the file, to the end of its alerts: the first, or the next one of ``folder``."""
    if folder is None:
        folder = log.parent / f"run-{time.monotonic_ns()}"
        folder.mkdir()
    config = folder / "logmedic.toml"
    told = f'channels = [{{ kind = "jsonl", name = "record", path = "{folder}/told.jsonl" }}]\n'
    source = f'[[sources]]\nkind = "file"\nname = "scale"\npaths = ["{log}"]\n'
    config.write_text(f'{told}{source}[store]\nurl = "{url.format(folder=folder)}"\n')
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    argv = [sys.executable, "-m", "logmedic.cli.main", "scan", "-c", str(config), "--json", "--deadline", "300s"]
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(cpu, wall, len(json.loads(done.stdout)["incidents"]), folder)


def measure(database: str, fresh: list[str], size: object) -> Points:
    """``fresh``: URLs of empty databases, one for each run (``{folder}`` stands for the run's own folder).
    ``size``: takes a URL and says how many bytes its database has."""
    assert callable(size)
    with tempfile.TemporaryDirectory(prefix="logmedic-scale-") as name:
        base = Path(name)
        quiet, long, many, wide = (base / f"{n}.log" for n in ("quiet", "long", "many", "wide"))
        small_bytes = logs.write(quiet, lines=_SMALL, matched=_FEW, kinds=_FEW)
        large_bytes = logs.write(long, lines=_LARGE, matched=_FEW, kinds=_FEW)
        logs.write(many, lines=_SMALL, matched=_MATCHED, kinds=_FEW)
        logs.write(wide, lines=_SMALL, matched=_MANY, kinds=_MANY)
        news = {quiet: base / "quiet.news", wide: base / "wide.news"}
        for log, matched in ((quiet, _FEW), (wide, _MANY)):
            logs.write(news[log], lines=_SMALL, matched=matched, kinds=matched, later=3_600)
        best: dict[str, Run] = {}
        sizes: dict[str, int] = {}

        def better(name: str, run: Run) -> None:
            old = best.get(name)
            best[name] = run if old is None or run.cpu < old.cpu else old

        for log in (quiet, long, many, wide) * _REPEATS:
            url = fresh.pop()
            run = scan(log, url)
            better(log.stem, run)
            sizes[log.stem] = size(url, base)
            if log in news:  # the same an hour later: news of known incidents
                before = log.read_bytes()
                log.write_bytes(before + news[log].read_bytes())
                better(f"{log.stem} again", scan(log, url, run.folder))
                log.write_bytes(before)
    q, extra = best["quiet"], best["wide"].incidents - best["quiet"].incidents
    much, little = best["wide again"], best["quiet again"]
    return Points(
        database=database,
        read_cpu=_more(best["long"].cpu, q.cpu) / ((large_bytes - small_bytes) / 1e6),
        matched_cpu=_more(best["many"].cpu, q.cpu) / (_MATCHED - _FEW),
        incident_cpu=_more(best["wide"].cpu, q.cpu) / extra,
        incident_wall=_more(best["wide"].wall, q.wall) / extra,
        again_cpu=_more(much.cpu, little.cpu) / extra,
        again_wall=_more(much.wall, little.wall) / extra,
        line_bytes=large_bytes / _LARGE,
        incident_bytes=(sizes["wide"] - sizes["quiet"]) / extra,
    )


def _more(large: float, small: float) -> float:
    """The difference of two runs. Ends the program where noise was larger: a cost of 0 would be believed."""
    if large <= small:
        raise SystemExit(f"the larger run took {large:.2f} s, the smaller {small:.2f}: run again on a quiet machine")
    return large - small


def sqlite() -> Points:
    def size(_url: str, base: Path) -> int:
        newest = max(base.glob("run-*"), key=lambda each: each.stat().st_mtime_ns)
        return sum(each.stat().st_size for each in newest.glob("state.db*"))

    return measure("SQLite", ["sqlite:///{folder}/state.db"] * (4 * _REPEATS), size)


def postgres() -> Points:
    """Raises ``AssertionError`` where PostgreSQL's programs are not installed."""
    sys.path.insert(0, str(Path(__file__).parents[2]))
    from tests.postgres import server  # noqa: PLC0415  psycopg is an extra

    with server() as running:
        names = {running.url(name): name for name in (running.create() for _ in range(4 * _REPEATS))}

        def size(url: str, _base: Path) -> int:
            # Every table with its indexes and TOAST, the engine's too.
            rows = running.ask(names[url], "SELECT sum(pg_total_relation_size(relid)) FROM pg_stat_user_tables")
            return int(str(rows[0][0]))

        return measure("PostgreSQL", list(names), size)


def machine() -> str:
    model = next((x.split(":")[1].strip() for x in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in x),
                 "?")  # fmt: skip
    return f"{os.cpu_count()} × {model}, Python {sys.version.split()[0]}"
