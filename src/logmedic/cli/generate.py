"""``logmedic generate``: configurations of the programs around logmedic."""

from __future__ import annotations

from pathlib import Path

import click

from logmedic import build
from logmedic.artefacts import forwarders, grafana, host
from logmedic.cli import options


@click.group()
def generate() -> None:
    """Write the configuration of another program to standard output, filled in from logmedic.toml.

    Each says in its first lines where it goes and how to check it.
    """


_paths = click.argument("paths", metavar="[LOG]...", nargs=-1)


@generate.command()
@_paths
@options.config
def vector(paths: tuple[str, ...], config: str | None) -> None:
    """Vector: follow these log files (or globs) and push them to `serve`."""
    loaded = build.load_config(config, Path.cwd())
    click.echo(forwarders.vector(loaded, forwarders.paths_of(loaded, paths)), nl=False)


@generate.command("fluent-bit")
@_paths
@options.config
def fluent_bit(paths: tuple[str, ...], config: str | None) -> None:
    """Fluent Bit: follow these log files (or globs) and push them to `serve`."""
    loaded = build.load_config(config, Path.cwd())
    click.echo(forwarders.fluent_bit(loaded, forwarders.paths_of(loaded, paths)), nl=False)


@generate.command()
@_paths
@options.config
def alloy(paths: tuple[str, ...], config: str | None) -> None:
    """Grafana Alloy: follow these log files (or globs) and push them to `serve`."""
    loaded = build.load_config(config, Path.cwd())
    click.echo(forwarders.alloy(loaded, forwarders.paths_of(loaded, paths)), nl=False)


@generate.command("grafana")
def grafana_() -> None:
    """A dashboard for Grafana over the metrics of `serve`, as JSON."""
    click.echo(grafana.dashboard(), nl=False)


@generate.command()
def alerts() -> None:
    """Alert rules for Prometheus about logmedic itself, as YAML."""
    click.echo(grafana.alerts(), nl=False)


@generate.command()
@options.config
def cron(config: str | None) -> None:
    """A line for crontab: a scan every five minutes, never two at a time."""
    click.echo(host.cron(build.load_config(config, Path.cwd())), nl=False)


@generate.command()
@options.config
def systemd(config: str | None) -> None:
    """A hardened unit for `serve`, with a watchdog."""
    click.echo(host.systemd(build.load_config(config, Path.cwd())), nl=False)
