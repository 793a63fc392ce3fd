"""``logmedic silences``: for some time nobody is told of some incidents."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Any

import click

from logmedic import build
from logmedic.cli import options, output
from logmedic.errors import UsageError
from logmedic.model import NANOSECONDS, Severity, Text
from logmedic.respond.rules import Match
from logmedic.respond.text import utc

LONGEST_COMMENT = 300
_ADDED = Text("silence {id} lasts until {until}", "무음 {id}: {until}까지")
_ENDED = Text("silence {id} has ended", "무음 {id} 종료됨")
_NONE = Text("No silences.", "무음 없음.")
_LINE = Text("{id}  until {until}  {match}  {comment}", "{id}  {until}까지  {match}  {comment}")


@click.group()
def silences() -> None:
    """Times in which nobody is told of some incidents; what still happens afterwards is told then."""


@silences.command()
@click.option("--service", "services", multiple=True, metavar="GLOB", help="Of these services.")
@click.option("--fingerprint", "fingerprints", multiple=True, metavar="GLOB", help="With or without its version.")
@click.option("--title", "titles", multiple=True, metavar="GLOB", help="Whose title is like this; case does not count.")
@click.option("--code", "error_codes", multiple=True, metavar="GLOB", help="Of these error codes.")
@click.option("--severity", "severities", multiple=True, type=click.Choice([s.value for s in Severity]))
@click.option("--for", "length", type=options.DURATION, required=True, help="How long, for example 2h.")
@click.option("--comment", default="", help="Why, for whoever wonders.")
@options.config
@options.json
def add(
    services: tuple[str, ...],
    fingerprints: tuple[str, ...],
    titles: tuple[str, ...],
    error_codes: tuple[str, ...],
    severities: tuple[str, ...],
    length: int,
    comment: str,
    config: str | None,
    as_json: bool,
) -> None:
    """Begin a silence. Conditions of different kinds must all hold; of one kind any."""
    from logmedic.store.silences import Silences  # noqa: PLC0415  imports SQLAlchemy, 0.35 s

    match: dict[str, Any] = {
        "services": services, "fingerprints": fingerprints, "titles": titles, "error_codes": error_codes,
        "severities": severities,
    }  # fmt: skip
    if Match(**match).everything:
        raise UsageError("name at least one of --service, --fingerprint, --title, --code and --severity")
    if length <= 0:
        raise UsageError("--for: a silence must last a while")
    if len(comment) > LONGEST_COMMENT or not comment.isprintable():
        raise UsageError(f"--comment: write at most {LONGEST_COMMENT} printable characters")
    loaded = build.load_config(config, Path.cwd())
    now = build.system_clock().now()
    until = now + length * NANOSECONDS
    with build.open_store(loaded) as store:
        number = Silences(store.database).add(match, until=until, now=now, actor=getpass.getuser(), comment=comment)
    if as_json:
        output.print_json({"id": number, "until": utc(until)})
    click.echo(_ADDED.in_(loaded.language).format(id=number, until=utc(until)), err=True)


@silences.command("list")
@options.config
@options.json
def list_(config: str | None, as_json: bool) -> None:
    """Those that last."""
    from logmedic.store.silences import Silences  # noqa: PLC0415  imports SQLAlchemy, 0.35 s

    loaded = build.load_config(config, Path.cwd())
    with build.open_store(loaded) as store:
        found = Silences(store.database).ending_after(build.system_clock().now())
    if as_json:
        output.print_json(
            [
                {
                    "id": each.id, "created_at": utc(each.created_at), "until": utc(each.until), "actor": each.actor,
                    "comment": each.comment, "match": {k: v for k, v in each.match.items() if v},
                }
                for each in found
            ]
        )  # fmt: skip
        return
    if not found:
        click.echo(_NONE.in_(loaded.language), err=True)
    for each in found:
        match = " ".join(f"{name}={','.join(globs)}" for name, globs in each.match.items() if globs)
        line = _LINE.in_(loaded.language).format(
            id=each.id, until=utc(each.until), match=output.printable(match), comment=output.printable(each.comment)
        )
        click.echo(line.rstrip())


@silences.command()
@click.argument("number", metavar="ID", type=click.IntRange(min=1))
@options.config
@options.json
def remove(number: int, config: str | None, as_json: bool) -> None:
    """End a silence now: what it held back and still happens is told by `serve`, or by the next scan."""
    from logmedic.store.silences import Silences  # noqa: PLC0415  imports SQLAlchemy, 0.35 s

    loaded = build.load_config(config, Path.cwd())
    with build.open_store(loaded) as store:
        if not Silences(store.database).end(number, build.system_clock().now()):
            raise UsageError(f"no silence {number} lasts; `logmedic silences list` shows those that do")
        build.release(store)
    if as_json:
        output.print_json({"id": number})
    click.echo(_ENDED.in_(loaded.language).format(id=number), err=True)
