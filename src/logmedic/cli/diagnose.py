"""``logmedic diagnose``: one error, from wherever it is, explained."""

from __future__ import annotations

import glob
import re
import sys
import tempfile
from pathlib import Path

import click
import msgspec

from logmedic import build
from logmedic.cli import incidents, options, output
from logmedic.collect.file import FileSourceConfig
from logmedic.errors import UsageError
from logmedic.investigate import report
from logmedic.model import Diagnosis, Incident

TEXT_BYTES = 1 << 20  # a panic or traceback that somebody pasted is not longer
_JSON_LINE = re.compile(rb"^[ \t]*\{", re.MULTILINE)


@click.command()
@click.argument("what", metavar="INPUT")
@click.option("--repo", metavar="DIR", help="Git repository of the service.")
@click.option("--engine", type=click.Choice(["offline"]), default="offline", show_default=True, help="Who diagnoses.")
@options.language
@options.config
@options.json
def diagnose(what: str, repo: str | None, engine: str, language: str | None, config: str | None, as_json: bool) -> None:
    """Say what broke, and show what the verdict stands on.

    INPUT is a file with a panic, a traceback or a whole log, - for standard input, or the number or fingerprint of
    an incident.
    """
    loaded = _with_repository(build.load_config(config, Path.cwd()), repo)
    if what == "-":
        incident, diagnosis = _of_bytes(loaded, sys.stdin.buffer.read(), "stdin")
    elif Path(what).is_file():
        incident, diagnosis = _of_file(loaded, Path(what))
    elif "/" in what or "." in what:
        raise UsageError(f"{what}: no such file")
    else:
        incident, diagnosis = _of_incident(loaded, what)
    spoken = language or loaded.language
    if as_json:
        output.print_json(report.to_json(diagnosis, spoken))
    else:
        click.echo(report.to_text(diagnosis, incident, spoken))


def _with_repository(loaded: build.Loaded, repo: str | None) -> build.Loaded:
    if repo is None:
        return loaded
    if not Path(repo).is_dir():
        raise UsageError(f"--repo {repo}: no such folder")
    section = build.RepositoryConfig(path=str(Path(repo).absolute()))
    return msgspec.structs.replace(loaded, config=msgspec.structs.replace(loaded.config, repository=section))


def _of_bytes(loaded: build.Loaded, data: bytes, name: str) -> tuple[Incident, Diagnosis]:
    """A pipe is read to its end first: evidence needs the lines around, and they must be there to be read again."""
    if not data.strip():
        raise UsageError(f"{name}: empty; pipe a panic, a traceback or log lines into it")
    with tempfile.TemporaryDirectory(prefix="logmedic-") as folder:
        path = Path(folder) / "stdin.log"
        path.write_bytes(data if data.endswith(b"\n") else data + b"\n")
        return _of_file(loaded, path, name)


def _of_file(loaded: build.Loaded, path: Path, name: str | None = None) -> tuple[Incident, Diagnosis]:
    from logmedic.pipeline import rehearsal  # noqa: PLC0415  imports SQLAlchemy, 0.35 s

    name = name or path.name
    with path.open("rb") as file:
        head = file.read(TEXT_BYTES + 1)
    text = len(head) <= TEXT_BYTES and _JSON_LINE.search(head) is None
    source = FileSourceConfig(name=name, paths=[glob.escape(str(path.absolute()))])
    sources: tuple[build.SourceConfig, ...] = () if text else (source,)
    loaded = msgspec.structs.replace(loaded, config=msgspec.structs.replace(loaded.config, sources=sources))
    with build.rehearsal(loaded) as (runtime, _notes):
        return rehearsal.one_text(runtime, head, name) if text else rehearsal.first_incident(runtime, name)


def _of_incident(loaded: build.Loaded, which: str) -> tuple[Incident, Diagnosis]:
    with build.single_instance(loaded), build.runtime(loaded) as runtime:
        incident = incidents.find(runtime.store, which)
        return incident, runtime.diagnose(incident)
