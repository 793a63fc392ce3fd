"""``logmedic scan``: one pass over what is new, for cron."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path

import click
import msgspec

from logmedic import build
from logmedic.cli import options, output, telling
from logmedic.cli.progress import Progress
from logmedic.collect.file import FileSourceConfig
from logmedic.detect.rules import build_rules
from logmedic.model import Incident, Severity, Text
from logmedic.pipeline.summary import Summary

FAIL_ON = 10
_READ = Text(
    "{lines:,} lines ({megabytes:,.1f} MB) in {seconds:.1f} s, {rejects:,} rejected; {matched}",
    "{lines:,}줄({megabytes:,.1f} MB)을 {seconds:.1f}초 동안 읽음, 거부 {rejects:,}줄; {matched}",
)
_ABSENT = Text("source {source}: no file yet at {paths}", "소스 {source}: {paths}에 아직 파일이 없음")
_NOTHING = Text("nothing matched a rule", "규칙에 걸린 줄 없음")


@click.command()
@click.argument("files", nargs=-1)
@options.config
@options.json
@click.option(
    "--fail-on",
    type=click.Choice([s.value for s in Severity]),
    help="Exit with 10 when an incident of this severity or worse was raised.",
)
@click.option(
    "--deadline",
    type=options.DURATION,
    default="4m",
    show_default=True,
    help="How long to wait until people have been told; the rest goes on at the next scan.",
)
def scan(files: tuple[str, ...], config: str | None, as_json: bool, fail_on: str | None, deadline: int) -> None:
    """Read what is new, group it into incidents, diagnose them, tell people, and exit.

    FILES are log files or globs that take the place of the config's sources; - is standard input.
    """
    loaded = build.load_config(config, Path.cwd(), paths=files)
    build.require_sources(loaded)
    with build.single_instance(loaded):
        if build.nothing_new(loaded):
            summary = Summary(matches=dict.fromkeys((rule.name for rule in build_rules(loaded.config.rules)), 0))
        else:
            with Progress(quiet=as_json) as progress, build.runtime(loaded, poll_seconds=0.05) as runtime:
                summary = runtime.scan(deadline=deadline, progress=progress)
    with build.open_store(loaded) if summary.touched else nullcontext() as store:
        if as_json:
            _print_json(summary, () if store is None else store.by_ids(summary.touched), loaded.language)
        else:
            _for_people(summary, () if store is None else store.by_ids(summary.touched), loaded.language)
        if fail_on is not None and store is not None:
            worst = max((i.severity.rank for i in store.by_ids(summary.raised)), default=-1)
            if worst >= Severity(fail_on).rank:
                raise click.exceptions.Exit(FAIL_ON)
    if not summary.lines and not as_json:
        _tell_absent(loaded)
    if summary.failed:
        raise click.exceptions.Exit(1)


def _tell_absent(loaded: build.Loaded) -> None:
    """Nothing was read: maybe because there is nothing where it is looked for."""
    for source in loaded.config.sources:
        if isinstance(source, FileSourceConfig) and not build.files_of(source, loaded.base):
            paths = ", ".join(build.anchored(source, loaded.base).paths)
            click.echo(output.printable(_ABSENT.in_(loaded.language).format(source=source.name, paths=paths)), err=True)


def _print_json(summary: Summary, incidents: Iterable[Incident], language: str) -> None:
    """One object; the incidents are written one by one, because a thousand diagnoses would not fit the memory."""
    _print_problems(summary, language)
    head = {
        "lines": summary.lines,
        "bytes": summary.bytes,
        "rejects": summary.rejects,
        "seconds": round(summary.seconds, 3),
        "matches": summary.matches,
    }
    out = sys.stdout.buffer
    out.write(msgspec.json.encode(head)[:-1] + b',"incidents":[')
    for number, incident in enumerate(incidents):
        out.write(b"," * (number > 0) + msgspec.json.encode(output.incident_json(incident, language)))
    out.write(b"]}\n")
    out.flush()


def _print_problems(summary: Summary, language: str) -> None:
    lines = [output.printable(why) for _name, why in summary.problems]
    lines += [telling.missed(item, language) for item in summary.missed]
    lines += [telling.UNFINISHED.in_(language)] if summary.unfinished else []
    for line in lines:
        click.echo(f"logmedic: {line}", err=True)


def _for_people(summary: Summary, incidents: Iterable[Incident], language: str) -> None:
    matched = ", ".join(f"{rule} {n:,}" for rule, n in summary.matches.items() if n) or _NOTHING.in_(language)
    click.echo(
        _READ.in_(language).format(
            lines=summary.lines,
            megabytes=summary.bytes / 1e6,
            seconds=summary.seconds,
            rejects=summary.rejects,
            matched=matched,
        ),
        err=True,
    )
    _print_problems(summary, language)
    if summary.touched:
        output.incident_table(incidents, build.system_clock().now(), language)
