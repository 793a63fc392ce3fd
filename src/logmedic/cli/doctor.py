"""``logmedic doctor``: whether models can be asked and issues filed, what it costs, and who answers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from logmedic import build, doors
from logmedic import config as configuration
from logmedic.build import diagnosing, fixing
from logmedic.cli import options, output
from logmedic.errors import ConfigError, LogmedicError, StoreError
from logmedic.investigate.claude import lifecycle, prices
from logmedic.respond.github import probe
from logmedic.respond.github.config import GithubConfig
from logmedic.respond.github.config import check as check_github
from logmedic.store.lock import sqlite_path

if TYPE_CHECKING:
    from logmedic.investigate.claude.models import ModelName

TIMEOUT_S = 10.0


class Line(msgspec.Struct, frozen=True):
    ok: bool
    name: str
    detail: str


@click.command()
@click.option("--online", is_flag=True, help="Also ask the provider of the models, and GitHub.")
@options.config
@options.json
def doctor(online: bool, config: str | None, as_json: bool) -> None:
    """Look at what diagnoses, issues and fixes depend on: repository, models, their lifecycle and price, key, budget,
    gh, sandbox and agent.

    Sends nothing anywhere unless --online is given; then it asks whether the models exist and the key is accepted, and
    whether GitHub takes the token, shows the repository and lets the label `logmedic` be made. Ends with 1 when
    something that is configured cannot work.
    """
    loaded = build.load_config(config, Path.cwd())
    lines = [*_lines(loaded), *(_online(loaded) if online else ()), *_github(loaded, online=online), *_fixes(loaded)]
    if as_json:
        output.print_json([msgspec.to_builtins(line) for line in lines])
    else:
        for line in lines:
            click.echo(f"{'ok  ' if line.ok else 'FAIL'} {line.name}: {output.printable(line.detail)}")
    if not all(line.ok for line in lines):
        raise click.exceptions.Exit(1)


def _fixes(loaded: build.Loaded) -> Iterator[Line]:
    if loaded.config.fix.enabled:
        yield from (Line(ok, "fixes", detail) for ok, detail in fixing.lacks(loaded))


def _lines(loaded: build.Loaded) -> Iterator[Line]:
    git = shutil.which("git")
    yield Line(git is not None, "git", git or "not on PATH; diagnoses quote no source without it")
    where = (loaded.base / loaded.config.repository.path).absolute()
    found = build.repository(loaded) is not None
    yield Line(True, "repository", str(where) if found else f"{where} is no git repository: no source is quoted")
    if not diagnosing.wanted(loaded):
        yield Line(True, "model", 'none is asked; set `engine = "claude"` under [diagnose], or DIAGNOSTIC_MODEL')
        return
    there = diagnosing.installed()
    yield Line(there, "packages", "pydantic-ai and genai-prices are there" if there else diagnosing.INSTALL)
    ladder = diagnosing.ladder(loaded)
    source = "DIAGNOSTIC_MODEL" if loaded.diagnostic_model else "configuration"
    now = build.system_clock().now()
    for number, model in enumerate(ladder.rungs):
        role = f"model, from {source}" if number == 0 else "then"
        yield _model(loaded, model, role, now, priced=there)
    if any(model.provider == "anthropic" for model in ladder.rungs):
        yield _key(loaded)
    yield _budget(loaded, now)


def _model(loaded: build.Loaded, model: ModelName, role: str, now: int, *, priced: bool) -> Line:
    stands = lifecycle.lifecycle(model.provider, model.name, now)
    rates = prices.rates(model, loaded.config.diagnose.prices) if priced else None
    cost = "unpriced" if rates is None else f"${rates.input:g} in, ${rates.output:g} out per million tokens"
    alive = stands.phase not in {lifecycle.Phase.RETIRED, lifecycle.Phase.NEVER}
    return Line(alive, role, f"{model}: {stands.warning(str(model)) or stands.phase.value}; {cost}")


def _key(loaded: build.Loaded) -> Line:
    try:
        diagnosing.key(loaded)
    except ConfigError as error:
        return Line(False, "key", str(error))
    return Line(True, "key", "there")


def _budget(loaded: build.Loaded, now: int) -> Line:
    budget = loaded.config.diagnose.budget
    caps = f"${budget.per_incident:g} an incident, ${budget.per_hour:g} an hour, ${budget.per_day:g} a day, "
    caps += f"${budget.per_month:g} in 30 days"
    path = sqlite_path(loaded.store_url)
    if path is not None and not path.is_file():
        return Line(True, "budget", f"{caps}; nothing spent yet")
    from logmedic.store.ledger import Ledger  # noqa: PLC0415  imports SQLAlchemy, 0.35 s

    try:
        with build.open_store(loaded) as store:
            spent = Ledger(store.database).spent(now)
    except StoreError as error:
        return Line(False, "budget", str(error))
    return Line(
        True, "budget", f"{caps}; spent ${spent.day / 1e9:.4f} in 24 hours, ${spent.month / 1e9:.4f} in 30 days"
    )


def _online(loaded: build.Loaded) -> Iterator[Line]:
    """One request a model, without tokens and without cost."""
    if not (diagnosing.wanted(loaded) and diagnosing.installed()):
        return
    keys = diagnosing.keys(loaded)
    for model in diagnosing.ladder(loaded).rungs:
        if model.provider != "anthropic":
            yield Line(True, f"online, {model}", "only Anthropic's models can be looked up")
        elif keys:
            yield _looked_up(model, keys["anthropic"], loaded.config.diagnose.base_url)


def _github(loaded: build.Loaded, *, online: bool) -> Iterator[Line]:
    """Each channel that files issues: its gh, and what GitHub says to its token."""
    shell, clock = doors.SystemShell(), build.system_clock()
    for channel in loaded.config.channels:
        if not isinstance(channel, GithubConfig):
            continue
        seen = [probe.installed(channel, shell=shell, clock=clock)]
        if online and seen[0].ok:
            try:
                check_github(channel)
                token = configuration.read_secret(channel.token, f"channel {channel.name}", base=loaded.base)
                seen += probe.reachable(channel, token=token, shell=shell, clock=clock)
            except ConfigError as error:
                seen.append(probe.Seen(False, "token", f"{error}"))
        yield from (Line(each.ok, f"{channel.name}, {each.what}", each.detail) for each in seen)


def _looked_up(model: ModelName, key: str, base_url: str) -> Line:
    from logmedic.investigate.claude.calling import look_up  # noqa: PLC0415  the SDK takes a second to import

    try:
        return Line(True, f"online, {model}", look_up(model, key, base_url, timeout=TIMEOUT_S))
    except LogmedicError as error:
        return Line(False, f"online, {model}", str(error))
