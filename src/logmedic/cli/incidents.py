"""``logmedic incidents``: look at what was found, and say what became of it."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from logmedic import build
from logmedic.cli import options, output
from logmedic.errors import UsageError
from logmedic.investigate import report
from logmedic.model import NANOSECONDS, Incident, State, Text
from logmedic.respond import words

if TYPE_CHECKING:
    from logmedic.store.store import Store

_TIMELINE = Text("Timeline", "이력")


@click.group()
def incidents() -> None:
    """List, show, and change the state of incidents."""


@incidents.command("list")
@options.config
@options.json
@click.option("--state", multiple=True, type=click.Choice([s.value for s in State]), help="Default: all but ignored.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many.")
def list_(config: str | None, as_json: bool, state: tuple[str, ...], limit: int) -> None:
    """What was found, latest first."""
    loaded = build.load_config(config, Path.cwd())
    states = tuple(State(s) for s in state) or tuple(s for s in State if s is not State.IGNORED)
    with build.open_store(loaded) as store:
        found = store.list_incidents(states=states, limit=limit)
    if as_json:
        output.print_json([output.incident_json(i, loaded.language) for i in found])
    elif found:
        output.incident_table(found, build.system_clock().now(), loaded.language)
    else:
        click.echo("No incidents. `logmedic scan` looks for some.", err=True)


@incidents.command()
@click.argument("which", metavar="ID")
@options.config
@options.json
@options.language
def show(which: str, config: str | None, as_json: bool, language: str | None) -> None:
    """One incident: verdict, evidence, timeline and what was sent.

    ID is its number, or the start of its fingerprint.
    """
    loaded = build.load_config(config, Path.cwd())
    with build.open_store(loaded) as store:
        incident = find(store, which)
        timeline, effects = store.timeline(incident.id), store.effects(incident.id)
        samples = store.samples(incident.id, limit=1)
    spoken = language or loaded.language
    if as_json:
        body = output.incident_json(incident, spoken)
        body["timeline"] = [
            {"at": output.iso(e.at), "event": e.event, "reason": e.reason, "actor": e.actor} for e in timeline
        ]
        body["effects"] = [{"generation": g, "channel": c, "result": r, "reason": why} for g, c, r, why in effects]
        body["grouped_by"] = [
            {"name": c.name, "value": c.value, "masked": list(c.masked)} for s in samples for c in s.grouping.components
        ]
        output.print_json(body)
        return
    if incident.diagnosis is not None:
        click.echo(report.to_text(incident.diagnosis, incident, spoken))
    else:
        click.echo(f"{output.printable(incident.title)}\n({words.UNDIAGNOSED.in_(spoken)})")
    click.echo(_TIMELINE.in_(spoken))
    for entry in timeline:
        click.echo(f"  {output.iso(entry.at)}  {entry.event}: {output.printable(entry.reason)} ({entry.actor})")
    for generation, channel, result, reason in effects:
        click.echo(f"  #{generation} {channel}: {result}" + (f" ({output.printable(reason)})" if reason else ""))


@incidents.command()
@click.argument("which", metavar="ID")
@options.config
def ack(which: str, config: str | None) -> None:
    """Somebody looks after it: keep counting, keep quiet unless it escalates."""
    _change(which, config, State.ACKED, "acknowledged")


@incidents.command()
@click.argument("which", metavar="ID")
@options.config
def resolve(which: str, config: str | None) -> None:
    """It is mended: the next occurrence is a regression."""
    _change(which, config, State.RESOLVED, "resolved")


@incidents.command()
@click.argument("which", metavar="ID")
@options.config
def ignore(which: str, config: str | None) -> None:
    """Count it, never tell anybody."""
    _change(which, config, State.IGNORED, "ignored")


@incidents.command()
@click.argument("which", metavar="ID")
@options.config
def reopen(which: str, config: str | None) -> None:
    """Take back ack, resolve, snooze or ignore."""
    _change(which, config, State.OPEN, "reopened")


@incidents.command()
@click.argument("which", metavar="ID")
@click.option("--for", "seconds", type=options.DURATION, default="8h", show_default=True, help="30m, 8h, 2d.")
@options.config
def snooze(which: str, seconds: int, config: str | None) -> None:
    """Say nothing of it for a while."""
    _change(which, config, State.SNOOZED, f"snoozed for {seconds} s", seconds=seconds)


def _change(which: str, config: str | None, state: State, reason: str, seconds: int | None = None) -> None:
    loaded = build.load_config(config, Path.cwd())
    now = build.system_clock().now()
    until = None if seconds is None else now + seconds * NANOSECONDS
    with build.open_store(loaded) as store:
        incident = find(store, which)
        store.set_state(incident.id, state, now=now, actor=_who(), reason=reason, snoozed_until=until)
    click.echo(f"{incident.id} {state.value}: {output.printable(incident.title)}", err=True)


def find(store: Store, which: str) -> Incident:
    """The incident with this number or start of a fingerprint. Raises :class:`UsageError`: none, or several."""
    found = [store.incident(int(which))] if which.isascii() and which.isdigit() and len(which) < 16 else []
    matches = [i for i in found if i is not None] or (store.by_fingerprint(which) if len(which) >= 4 else [])
    if not matches:
        raise UsageError(f"no incident {which!r}; `logmedic incidents list` shows them")
    if len(matches) > 1:
        raise UsageError(f"{which!r} fits {len(matches)} incidents; give more of the fingerprint, or the number")
    return matches[0]


def _who() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no passwd entry for this uid (containers)
        return "somebody"
