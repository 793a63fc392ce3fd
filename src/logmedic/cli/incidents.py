"""``logmedic incidents``: look at what was found, and say what became of it."""

from __future__ import annotations

import datetime
import getpass
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from logmedic import build
from logmedic.bounds import LONGEST_NAME
from logmedic.cli import incident_page, options, output
from logmedic.errors import UsageError
from logmedic.group.release import newest
from logmedic.model import NANOSECONDS, Incident, Reason, State
from logmedic.pipeline.page import as_json as whole
from logmedic.pipeline.page import read

if TYPE_CHECKING:
    from logmedic.store.changes import Changes
    from logmedic.store.store import Store

DEFAULT_SNOOZE = 8 * 3600  # seconds
LATEST = 7_289_654_400 * NANOSECONDS  # the end of 2200; ns beyond 2262 do not fit into 64 bits


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
    """One incident: verdict, evidence, timeline, what was sent, and why its records are one incident.

    ID is its number, or the start of its fingerprint.
    """
    loaded = build.load_config(config, Path.cwd())
    with build.open_store(loaded) as store:
        page = read(store, find(store, which), build.grouper(loaded.config))
    if as_json:
        output.print_json(whole(page, language or loaded.language))
    else:
        for line in incident_page.lines(page, language or loaded.language):
            click.echo(line)


_which = click.argument("which", metavar="ID...", nargs=-1, required=True)


@incidents.command()
@_which
@options.config
@options.json
def ack(which: tuple[str, ...], config: str | None, as_json: bool) -> None:
    """Somebody looks after it: keep counting, keep quiet unless it escalates."""
    with _changing(which, config, as_json) as (changes, chosen):
        for incident in chosen:
            changes.set_state(incident.id, State.ACKED, Reason("acked-by-hand"))


@incidents.command()
@_which
@click.option("--in-release", metavar="RELEASE", help="Mended in this release: older ones do not reopen it.")
@click.option("--in-next-release", is_flag=True, help="Mended in the release after the latest one seen.")
@options.config
@options.json
def resolve(
    which: tuple[str, ...], in_release: str | None, in_next_release: bool, config: str | None, as_json: bool
) -> None:
    """It is mended: the next occurrence is a regression."""
    if in_release is not None and in_next_release:
        raise UsageError("--in-release and --in-next-release exclude each other")
    if in_release is not None and not (in_release.isprintable() and 0 < len(in_release.strip()) <= LONGEST_NAME):
        raise UsageError(f"--in-release: write 1 to {LONGEST_NAME} printable characters, as the log names the release")
    latest = _latest_releases(which, config) if in_next_release else {}
    with _changing(which, config, as_json) as (changes, chosen):
        for incident in chosen:
            release = latest[incident.service] if in_next_release else in_release and in_release.strip()
            code = "resolved-in-next-release" if in_next_release else "resolved-in-release"
            why = Reason("resolved-by-hand") if release is None else Reason(code, {"release": release})
            changes.set_state(incident.id, State.RESOLVED, why, resolved_in=release, resolved_next=in_next_release)


@incidents.command()
@_which
@options.config
@options.json
def ignore(which: tuple[str, ...], config: str | None, as_json: bool) -> None:
    """Count it, never tell anybody."""
    with _changing(which, config, as_json) as (changes, chosen):
        for incident in chosen:
            changes.set_state(incident.id, State.IGNORED, Reason("ignored-by-hand"))


@incidents.command()
@_which
@options.config
@options.json
def reopen(which: tuple[str, ...], config: str | None, as_json: bool) -> None:
    """Take back ack, resolve, snooze or ignore."""
    with _changing(which, config, as_json) as (changes, chosen):
        for incident in chosen:
            changes.set_state(incident.id, State.OPEN, Reason("reopened-by-hand"))


@incidents.command()
@_which
@click.option("--for", "seconds", type=options.DURATION, help="30m, 8h, 2d. Default: 8h.")
@click.option("--until", metavar="TIME", help="2026-12-01T09:00, or with a zone as in …+09:00 (else UTC).")
@click.option("--count", "more", type=click.IntRange(1, 1_000_000_000), help="Until so many more occurrences.")
@options.config
@options.json
def snooze(
    which: tuple[str, ...],
    seconds: int | None,
    until: str | None,
    more: int | None,
    config: str | None,
    as_json: bool,
) -> None:
    """Say nothing of it for a while, unless it escalates or gets worse."""
    if seconds is not None and until is not None:
        raise UsageError("--for and --until exclude each other")
    end = _end_of_snooze(seconds, until, more)
    with _changing(which, config, as_json) as (changes, chosen):
        for incident in chosen:
            why = (
                Reason("snoozed-for", {"until": end})
                if end is not None
                else Reason("snoozed-count", {"more": more or 0})
            )
            changes.set_state(incident.id, State.SNOOZED, why, snoozed_until=end, snooze_more=more)


@incidents.command()
@click.argument("which", metavar="ID")
@click.argument("verdict", type=click.Choice(["right", "wrong"]))
@options.config
@options.json
def judge(which: str, verdict: str, config: str | None, as_json: bool) -> None:
    """Say whether the diagnosis was right; `logmedic usage` counts."""
    with _changing((which,), config, as_json) as (changes, chosen):
        changes.judge(chosen[0].id, right=verdict == "right")


@incidents.command()
@click.argument("kept", metavar="ID")
@click.argument("which", metavar="OTHER...", nargs=-1, required=True)
@options.config
@options.json
def merge(kept: str, which: tuple[str, ...], config: str | None, as_json: bool) -> None:
    """They are one bug: let everything of the OTHERs, past and to come, count as ID."""
    with _changing((kept, *which), config, as_json, shown=1) as (changes, chosen):
        if len(chosen) < 2:
            raise UsageError(f"incident {chosen[0].id} cannot be merged into itself")
        for other in chosen[1:]:
            changes.merge(chosen[0].id, other.id)


@incidents.command()
@click.argument("which", metavar="ID")
@click.argument("fingerprints", metavar="FINGERPRINT...", nargs=-1, required=True)
@options.config
@options.json
def split(which: str, fingerprints: tuple[str, ...], config: str | None, as_json: bool) -> None:
    """Take merged fingerprints out again: each is an incident of its own from its next occurrence on."""
    with _changing((which,), config, as_json) as (changes, chosen):
        for fingerprint in fingerprints:
            changes.split(chosen[0].id, fingerprint)


@contextmanager
def _changing(
    which: Sequence[str], config: str | None, as_json: bool, shown: int | None = None
) -> Iterator[tuple[Changes, list[Incident]]]:
    """One transaction for all of the incidents; at its end the first ``shown`` of them are printed as they are then."""
    loaded = build.load_config(config, Path.cwd())
    with build.open_store(loaded) as store:
        chosen = list({i.id: i for i in (find(store, name) for name in which)}.values())
        with store.changing(now=build.system_clock().now(), actor=who()) as changes:
            yield changes, chosen
        after = [i for i in (store.incident(i.id) for i in chosen[:shown]) if i is not None]
    if as_json:
        output.print_json([output.incident_json(i, loaded.language) for i in after])
    for incident in after:
        click.echo(f"{incident.id} {incident.state.value}: {output.printable(incident.title)}", err=True)


def _latest_releases(which: Sequence[str], config: str | None) -> dict[str, str]:
    """Of each service of these incidents."""
    loaded = build.load_config(config, Path.cwd())
    order = build.ancestry(loaded)
    latest: dict[str, str] = {}
    with build.open_store(loaded) as store:
        for service in {find(store, name).service for name in which}:
            found = newest(store.releases(service), order)
            if found is None:
                named = f"service {service}" if service else "a service without a name"
                raise UsageError(f"no release of {named} was ever seen in the log; name one with --in-release")
            latest[service] = found
    return latest


def _end_of_snooze(seconds: int | None, until: str | None, more: int | None) -> int | None:
    """ns on the wall clock; ``None``: by count alone."""
    now = build.system_clock().now()
    if until is not None:
        try:
            moment = datetime.datetime.fromisoformat(until)
        except ValueError:
            raise UsageError(f"--until: {until!r} is not a time; write it as in 2026-12-01T09:00") from None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=datetime.UTC)
        end = int(moment.timestamp()) * NANOSECONDS
        if end > LATEST:
            raise UsageError(f"--until: {until} is too far away; the year 2200 is the last one")
        if end <= now:
            raise UsageError(f"--until: {until} is past")
        return end
    if seconds is None and more is not None:
        return None
    return now + (DEFAULT_SNOOZE if seconds is None else seconds) * NANOSECONDS


def find(store: Store, which: str) -> Incident:
    """The incident with this number or start of a fingerprint. Raises :class:`UsageError`: none, or several."""
    found = [store.incident(int(which))] if which.isascii() and which.isdigit() and len(which) < 16 else []
    matches = [i for i in found if i is not None] or (store.by_fingerprint(which) if len(which) >= 4 else [])
    if not matches:
        raise UsageError(f"no incident {which!r}; `logmedic incidents list` shows them")
    if len(matches) > 1:
        raise UsageError(f"{which!r} fits {len(matches)} incidents; give more of the fingerprint, or the number")
    return matches[0]


def who() -> str:
    """Who is at the keyboard, for the timeline."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no passwd entry for this uid (containers)
        return "somebody"
