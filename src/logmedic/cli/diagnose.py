"""``logmedic diagnose``: one error, from wherever it is, explained."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec

from logmedic import build
from logmedic.build import diagnosing, explaining
from logmedic.build.explaining import Given
from logmedic.cli import incidents, options, output
from logmedic.errors import ConfigError, UsageError
from logmedic.investigate import report
from logmedic.investigate.alert import read as read_alert
from logmedic.investigate.changes import changelist
from logmedic.model import Diagnosis, Incident
from logmedic.respond.spoken import spoken as said


@click.command()
@click.argument("what", metavar="INPUT")
@click.option("--repo", metavar="DIR", help="Git repository of the service.")
@click.option("--changes", metavar="FILE", help="What changed, as JSON, where there is no repository to ask.")
@click.option("--deploys", metavar="FILE", help="What was deployed where and when, as JSON.")
@click.option("--alert", metavar="FILE", help="The alert to explain, as JSON: service, fired_at, summary.")
@click.option(
    "--engine",
    type=click.Choice(["offline", "claude"]),
    default="offline",
    show_default=True,
    help="Who diagnoses: rules alone, or the configured model on top.",
)
@options.language
@options.config
@options.json
def diagnose(
    what: str,
    repo: str | None,
    changes: str | None,
    deploys: str | None,
    alert: str | None,
    engine: str,
    language: str | None,
    config: str | None,
    as_json: bool,
) -> None:
    """Say what broke, and show what the verdict stands on.

    INPUT is a file with a panic, a traceback or a whole log, - for standard input, or the number or fingerprint of
    an incident. Of a log it is the incident that a rule fired on first, or that --alert is about; where its errors
    came from another service's, that one's.
    """
    loaded = _with_repository(build.load_config(config, Path.cwd()), repo)
    given = _given(changes, deploys, alert)
    if engine == "claude":
        loaded, given = _asking(loaded), given._replace(ask=True)
    if what == "-":
        incident, diagnosis = explaining.of_bytes(loaded, sys.stdin.buffer.read(), "stdin", given)
    elif Path(what).is_file():
        incident, diagnosis = explaining.of_file(loaded, Path(what), given)
    elif "/" in what or "." in what:
        raise UsageError(f"{what}: {'not a regular file' if Path(what).exists() else 'no such file'}")
    else:
        incident, diagnosis = _of_incident(loaded, what, given)
    spoken = language or loaded.language
    if as_json:
        output.print_json(report.to_json(diagnosis, spoken))
    else:
        click.echo(report.to_text(diagnosis, said(incident, spoken), spoken))


def _with_repository(loaded: build.Loaded, repo: str | None) -> build.Loaded:
    if repo is None:
        return loaded
    if not Path(repo).is_dir():
        raise UsageError(f"--repo {repo}: no such folder")
    section = build.RepositoryConfig(path=str(Path(repo).absolute()))
    loaded = msgspec.structs.replace(loaded, config=msgspec.structs.replace(loaded.config, repository=section))
    if build.repository(loaded) is None:
        raise UsageError(f"--repo {repo}: git finds no repository there; leave the option out to diagnose without one")
    return loaded


def _asking(loaded: build.Loaded) -> build.Loaded:
    """The configuration with the model wanted. Raises :class:`ConfigError` when none can be asked."""
    loaded = diagnosing.with_engine(loaded, "claude")
    if not diagnosing.installed():
        raise ConfigError(f"--engine claude: its packages are missing; {diagnosing.INSTALL}")
    if diagnosing.ladder(loaded).full.provider == "anthropic":
        diagnosing.key(loaded)
    return loaded


def _given(changes: str | None, deploys: str | None, alert: str | None) -> Given:
    listed = None
    if changes is not None or deploys is not None:
        names = (f"--changes {changes}", f"--deploys {deploys}")
        listed = changelist.read(_read(changes, "--changes"), _read(deploys, "--deploys"), names)
        if changes is None:
            raise UsageError(
                "--deploys needs --changes beside it: a deploy tells when a change went out, not what it did"
            )
    data = _read(alert, "--alert")
    return Given(listed, None if data is None else read_alert(data, f"--alert {alert}"))


def _read(name: str | None, option: str) -> bytes | None:
    if name is None:
        return None
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise UsageError(f"{option} {name}: {error.strerror or error}") from error


def _of_incident(loaded: build.Loaded, which: str, given: Given) -> tuple[Incident, Diagnosis]:
    with build.single_instance(loaded), build.runtime(loaded, ask=given.ask) as runtime:
        return runtime.diagnose(incidents.find(runtime.store, which), changes=given.changes)
