"""``logmedic fix``: let an agent mend the bug of an incident, prove it, and offer it as a draft pull request."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from logmedic import build, doors
from logmedic.build import fixing
from logmedic.cli import incidents, options, output
from logmedic.model import Text
from logmedic.pipeline.shown import iso

if TYPE_CHECKING:
    from logmedic.respond.fix.report import Attempt, Report
    from logmedic.store.fixes import Fix

T = TypeVar("T")
_STEPS = {
    "tree": "the tests on the code as it runs",
    "push": "pushing",
    "offer": "opening the draft pull request",
    "tell": "telling the issue",
}


@click.command()
@click.argument("which", metavar="ID")
@click.option(
    "--dry-run", is_flag=True, help="Do all but push: nothing leaves this machine but questions to the model."
)
@click.option("--explain", is_flag=True, help="Show what the gate and the tests said of each attempt.")
@options.language
@options.config
@options.json
def fix(which: str, dry_run: bool, explain: bool, language: str | None, config: str | None, as_json: bool) -> None:
    """Try to fix the bug of an incident, whatever its severity.

    ID is its number, or the start of its fingerprint. Ends with 1 when there is no fix, and says why; one that was
    interrupted is gone on with by the same command.
    """
    loaded = build.load_config(config, Path.cwd())
    spoken = language or loaded.language
    with build.open_store(loaded) as store:
        incident = incidents.find(store, which)
        http = doors.SystemHttp()
        try:
            begun, wait = _run(loaded, store, incident.id, http, dry=dry_run)
        finally:
            http.close()
        diff = fixing.diff(loaded, begun) if not isinstance(begun, Text) and (dry_run or explain) else ""
    if isinstance(begun, Text):
        _say_refused(begun, spoken, as_json=as_json)
        raise click.exceptions.Exit(1)
    if as_json:
        output.print_json({**shown(begun, spoken), "diff": diff})
    else:
        for line in _lines(begun, spoken, explain=explain):
            click.echo(output.printable(line))
        if diff:
            click.echo("".join(f"{output.printable(line)}\n" for line in diff.splitlines()), nl=False)
    if wait is not None:
        click.echo(f"not finished: try `logmedic fix {which}` again in {wait:.0f} s", err=True)
    if begun.state not in ("offered", "rehearsed"):
        raise click.exceptions.Exit(1)


def _run(
    loaded: build.Loaded, store: Any, incident_id: int, http: doors.Http, *, dry: bool
) -> tuple[Fix | Text, float | None]:
    """The fix where it stands, or why there is none; and in how many seconds to go on, when it is not finished."""
    incident = store.incident(incident_id)
    why = fixing.refusal(loaded, incident)
    if why is not None:
        return why, None
    fixer = fixing.fixer(loaded, store, build.system_clock(), build.repository(loaded), http=http)
    begun = fixer.begin(incident, asked=True, dry=dry, actor=getpass.getuser())
    if isinstance(begun, Text):
        return begun, None
    wait = fixer.carry_on(begun.key, _step)
    return fixer.get(begun.key), wait


def _step(name: str, function: Callable[[], T]) -> T:
    shown_name = _STEPS.get(name, name if name.startswith("attempt ") else "")
    if shown_name:
        click.echo(f"{shown_name} …", err=True)
    return function()


def _say_refused(why: Text, language: str, *, as_json: bool) -> None:
    if as_json:
        output.print_json({"state": "refused", "reason": why.in_(language)})
    else:
        click.echo(f"no fix: {output.printable(why.in_(language))}")


def shown(fix: Fix, language: str) -> dict[str, Any]:
    """For programs."""
    from logmedic.respond.fix.flow import branch  # noqa: PLC0415  imports SQLAlchemy, 0.35 s
    from logmedic.respond.fix.report import decode  # noqa: PLC0415

    report = decode(fix.report)
    return {
        "fix": fix.key,
        "incident": fix.incident_id,
        "state": fix.state,
        "reason": fix.reason.in_(language),
        "began_at": iso(fix.began_at),
        "base": fix.base,
        "branch": branch(fix.key) if fix.state == "offered" else None,
        "pull": fix.pull,
        "url": fix.url or None,
        "fate": fix.fate or None,
        "model": report.model,
        "prompt": report.prompt,
        "sandbox": report.sandbox,
        "cost_usd": report.cost_usd,
        "attempts": [_attempt(made, language) for made in report.attempts],
    }


def _attempt(made: Attempt, language: str) -> dict[str, Any]:
    return {
        "number": made.number,
        "proved": made.proved,
        "outcome": made.outcome.in_(language),
        "files": list(made.files),
        "findings": [
            {"rule": f.rule, "path": f.path, "line": f.line, "why": f.why.in_(language)} for f in made.findings
        ],
        "tests": list(made.proof.tests) if made.proof is not None else [],
        "transcript": made.proof.transcript if made.proof is not None else "",
        "turns": made.turns,
        "requests": made.requests,
        "denied": list(made.denied),
    }


def _lines(fix: Fix, language: str, *, explain: bool) -> Iterator[str]:
    from logmedic.respond.fix.report import decode  # noqa: PLC0415  as above

    report = decode(fix.report)
    if fix.state == "offered":
        yield f"draft pull request {fix.pull}: {fix.url}"
    elif fix.state == "rehearsed":
        yield fix.reason.in_(language)
    else:
        yield f"no fix: {fix.reason.in_(language)}" if fix.state == "failed" else f"fix {fix.key}: {fix.state}"
    yield from _cost(report)
    for made in report.attempts if explain else ():
        yield f"attempt {made.number}: {made.outcome.in_(language)}"
        for f in made.findings:
            place = f"{f.path}:{f.line}" if f.line else f.path
            yield f"  gate: {place}: {f.why.in_(language)} ({f.rule})"
        yield from (f"  denied: {denied}" for denied in made.denied)
        if made.proof is not None:
            yield from (f"  {line}" for line in made.proof.transcript.splitlines())
    baseline = report.baseline
    if explain and baseline is not None and baseline.failure is not None:
        yield from (f"  {line}" for line in baseline.summary.splitlines())


def _cost(report: Report) -> Iterator[str]:
    if report.attempts:
        cost = "an unknown price" if report.cost_usd is None else f"${report.cost_usd:.4f}"
        yield f"{len(report.attempts)} attempt(s) by {report.model}, {cost}"
