"""``logmedic sources``: how far each source has been read, and what waits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from logmedic import build
from logmedic.cli import options, output
from logmedic.cli.output import iso, printable
from logmedic.doors import Clock
from logmedic.model import Text

if TYPE_CHECKING:
    from logmedic.store.store import Store

SAMPLE_SECONDS = 1.0  # between two looks at the counters, for the rate

_NAMES = (
    Text("source", "소스"),
    Text("kind", "종류"),
    Text("lines", "줄"),
    Text("lines/s", "초당 줄"),
    Text("rejects", "읽지 못함"),
    Text("waiting", "대기"),
    Text("last read", "마지막 읽기"),
)
_NEVER = Text("never", "없음")
_TROUBLE = Text("source %s: %s", "소스 %s: %s")
_STREAM = Text("  %s at %s%s", "  %s 위치 %s%s")
_DONE = Text(", complete", ", 완료")


@click.command()
@click.option("--streams", is_flag=True, help="Also each stream (a file, a cursor) with its position.")
@options.config
@options.json
def sources(streams: bool, config: str | None, as_json: bool) -> None:
    """How far each source has been read, how fast, what waits, and what could not be read.

    Beside a running `serve`, or between two scans: this reads the state and looks at the files; it asks no server.
    """
    loaded = build.load_config(config, Path.cwd())
    build.require_sources(loaded)
    clock = build.system_clock()
    with build.open_store(loaded) as store:
        found = _figures(loaded, store, clock)
        troubles = _troubles(store, loaded.language)
    if as_json:
        shown = [{**one, "last_read": None if one["last_read"] is None else iso(one["last_read"])} for one in found]
        output.print_json({"sources": shown, "troubles": troubles})
        return
    _for_people(found, clock.now(), loaded.language, streams=streams)
    for trouble in troubles:
        click.echo(printable(f"{trouble['since']}: {trouble['what']}"), err=True)


def _figures(loaded: build.Loaded, store: Store, clock: Clock) -> list[dict[str, Any]]:
    """Of each configured source; ``last_read`` in ns. Takes ``SAMPLE_SECONDS``."""
    from logmedic.store import activity  # noqa: PLC0415  imports SQLAlchemy, 0.35 s

    before = {total.source: total.lines for total in store.totals()}
    clock.sleep(SAMPLE_SECONDS)
    totals = {total.source: total for total in store.totals()}
    read = activity.last_read(store.database)
    logs = build.Lookup(loaded, clock, store)
    found = []
    for source in loaded.config.sources:
        total, backlog = totals.get(source.name), logs.backlog(source.name)
        lines = 0 if total is None else total.lines
        found.append(
            {
                "name": source.name,
                "kind": str(getattr(source, "__struct_config__").tag),  # noqa: B009  every kind has its tag
                "lines": lines,
                "lines_per_s": max(0, lines - before.get(source.name, 0)) / SAMPLE_SECONDS,
                "rejects": 0 if total is None else total.rejects,
                "waiting_bytes": backlog.bytes,
                "behind_s": None if backlog.seconds is None else round(backlog.seconds, 3),
                "last_read": read.get(source.name),
                "problem": backlog.problem or None,
                "streams": [
                    {"stream": s.stream, "position": s.offset, "lines": s.lines, "done": s.done}
                    for s in activity.streams(store.database, source.name)
                ],
            }
        )
    return found


def _troubles(store: Store, language: str) -> list[dict[str, str]]:
    """What `scan` or `serve` found to be wrong with logmedic itself, and is still."""
    from logmedic.store.health import Health  # noqa: PLC0415  as above

    return [
        {"since": iso(trouble.since), "what": trouble.text.in_(language)}
        for trouble in Health(store.database).troubles()
        if trouble.cleared_at is None
    ]


def _for_people(found: list[dict[str, Any]], now: int, language: str, *, streams: bool) -> None:
    rows = [[name.in_(language) for name in _NAMES]]
    for one in found:
        last = _NEVER.in_(language) if one["last_read"] is None else output.ago(one["last_read"], now, language)
        rows.append([
            printable(one["name"]), one["kind"], f"{one['lines']:,}", f"{one['lines_per_s']:,.0f}",
            f"{one['rejects']:,}", waiting(one["waiting_bytes"], one["behind_s"]), last,
        ])  # fmt: skip
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for number, row in enumerate(rows):
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        if number and streams:
            for stream in found[number - 1]["streams"]:
                done = _DONE.in_(language) if stream["done"] else ""
                click.echo(_STREAM.in_(language) % (printable(stream["stream"]), f"{stream['position']:,}", done))
    for one in found:
        if one["problem"]:
            click.echo(_TROUBLE.in_(language) % (printable(one["name"]), printable(one["problem"])), err=True)


def waiting(size: int | None, seconds: float | None) -> str:
    """What is there and not read yet, in the words of whatever can be told."""
    if size is not None:
        for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
            if size >= unit:
                return f"{size / unit:.1f} {name}"
        return f"{size} B"
    return "?" if seconds is None else f"{seconds:.0f} s"
