"""``logmedic replay``: what would have happened? Sends nothing, stores nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from logmedic import build
from logmedic.cli import options, output
from logmedic.cli.progress import Progress
from logmedic.model import NANOSECONDS, Text
from logmedic.respond.interface import Mode
from logmedic.respond.spoken import spoken

_REPLAYED = Text(
    "{lines:,} lines, {incidents:,} incidents, {alerts:,} alerts; nothing was sent or stored",
    "{lines:,}줄, 인시던트 {incidents:,}건, 알림 {alerts:,}건; 아무것도 보내거나 저장하지 않음",
)
_MODES = {
    Mode.SEND: Text("send", "전송"),
    Mode.EDIT: Text("edit", "수정"),
    Mode.RECORD: Text("record", "기록"),
    Mode.SKIP: Text("skip", "생략"),
}
_MENTIONS = Text(", mentions people", ", 멘션 포함")
_OTHER = Text("\nThe other config:", "\n다른 설정:")
_DIFFERENCES = {
    "only_here": Text("only here", "이 설정에만 있음"),
    "only_there": Text("only there", "다른 설정에만 있음"),
    "count_changed": Text("count changed", "횟수가 다름"),
    "severity_changed": Text("severity changed", "심각도가 다름"),
    "alerts_here": Text("alerts here", "이 설정의 알림"),
    "alerts_there": Text("alerts there", "다른 설정의 알림"),
}

if TYPE_CHECKING:
    from logmedic.pipeline.rehearsal import Replayed


@click.command()
@click.argument("files", nargs=-1)
@click.option("--since", type=options.DURATION, help="Only records of the last 90s, 30m, 8h or 2d.")
@click.option("--compare", metavar="FILE", help="Another config: print what it would do differently.")
@options.config
@options.json
def replay(files: tuple[str, ...], since: int | None, compare: str | None, config: str | None, as_json: bool) -> None:
    """Run old logs through rules, grouping, diagnosis and policy; say which incidents and alerts they lead to.

    FILES are log files or globs that take the place of the config's sources.
    """
    from_time = None if since is None else build.system_clock().now() - since * NANOSECONDS
    loaded = build.load_config(config, Path.cwd(), paths=files)
    build.require_sources(loaded)
    with Progress(quiet=as_json) as progress:
        replayed = _replay(loaded, from_time, progress)
        other = None
        if compare is not None:
            other = _replay(build.load_config(compare, Path.cwd(), paths=files), from_time, progress)
    if as_json:
        body = _replayed_json(replayed, loaded.language)
        if other is not None:
            body["compare"] = _difference(replayed, other)
        output.print_json(body)
    else:
        _for_people(replayed, other, loaded.language)


def _replay(loaded: build.Loaded, since: int | None, progress: Progress) -> Replayed:
    from logmedic.pipeline import rehearsal  # noqa: PLC0415  imports SQLAlchemy, 0.35 s

    with build.rehearsal(loaded, since=since) as (runtime, notes):
        return rehearsal.replay(runtime, notes, progress)


def _replayed_json(replayed: Replayed, language: str) -> dict[str, object]:
    s = replayed.summary
    return {
        "lines": s.lines,
        "bytes": s.bytes,
        "rejects": s.rejects,
        "seconds": round(s.seconds, 3),
        "matches": s.matches,
        "incidents": [output.incident_json(i, language) for i in replayed.incidents],
        "alerts": [
            {
                "fingerprint": a.fingerprint,
                "channel": a.channel,
                "mode": a.mode,
                "mention": a.mention,
                "reason": a.reason,
            }
            for a in replayed.alerts
        ],
        "cost_usd": replayed.cost_usd,
    }


def _difference(one: Replayed, two: Replayed) -> dict[str, object]:
    first = {i.fingerprint: i for i in one.incidents}
    second = {i.fingerprint: i for i in two.incidents}
    return {
        "only_here": sorted(first.keys() - second.keys()),
        "only_there": sorted(second.keys() - first.keys()),
        "count_changed": sorted(f for f in first.keys() & second.keys() if first[f].count != second[f].count),
        "severity_changed": sorted(f for f in first.keys() & second.keys() if first[f].severity != second[f].severity),
        "alerts_here": len(one.alerts),
        "alerts_there": len(two.alerts),
    }


def _for_people(replayed: Replayed, other: Replayed | None, language: str) -> None:
    counts = {
        "lines": replayed.summary.lines,
        "incidents": len(replayed.incidents),
        "alerts": len(replayed.alerts),
    }
    click.echo(_REPLAYED.in_(language).format(**counts), err=True)
    for _name, why in replayed.summary.problems:
        click.echo(f"logmedic: {output.printable(why)}", err=True)
    output.incident_table(replayed.incidents, max((i.last_seen for i in replayed.incidents), default=0), language)
    incidents = {i.fingerprint: i for i in replayed.incidents}
    for alert in replayed.alerts:
        mention = _MENTIONS.in_(language) if alert.mention else ""
        incident = incidents[alert.fingerprint]
        said = spoken(incident, language)
        why = output.printable(said.reason if alert.reason == incident.reason else alert.reason)
        what = output.printable(said.title)
        click.echo(f"  {alert.channel}: {_MODES[alert.mode].in_(language)}{mention} ({why}): {what}")
    if other is not None:
        click.echo(_OTHER.in_(language))
        for name, value in _difference(replayed, other).items():
            shown = ", ".join(value) if isinstance(value, list) else value
            click.echo(f"  {_DIFFERENCES[name].in_(language)}: {shown}")
