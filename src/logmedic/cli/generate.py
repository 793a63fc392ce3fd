"""``logmedic generate``: configurations of the programs around logmedic."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from logmedic import build
from logmedic.artefacts import compose as composing
from logmedic.artefacts import container, docker, forwarders, grafana, host
from logmedic.artefacts import ecs as fargate
from logmedic.artefacts import kubernetes as manifests
from logmedic.cli import options
from logmedic.model import Text
from logmedic.pipeline.roles import Role


@click.group()
def generate() -> None:
    """Write what another program reads to standard output, filled in from logmedic.toml.

    Each says in its first lines where it goes and how to check it.
    """


_workers = click.option(
    "--workers", type=click.IntRange(0, 100), default=0, metavar="N",
    help="Beside the first, that only investigate and tell people; on PostgreSQL.",
)  # fmt: skip
_EXAMPLE = Text(
    "{path} stands for your log files: name them, as in `logmedic generate vector '/srv/shop/*.log'`",
    "{path}는 예시입니다. 로그 파일을 지정하세요. 예: `logmedic generate vector '/srv/shop/*.log'`",
)
_paths = click.argument("paths", metavar="[LOG]...", nargs=-1)


def _forward(written: Callable[[build.Loaded, list[str]], str], paths: tuple[str, ...], config: str | None) -> None:
    loaded = build.load_config(config, Path.cwd())
    files = forwarders.paths_of(loaded, paths)
    click.echo(written(loaded, files), nl=False)
    if files == [forwarders.EXAMPLE]:
        click.echo(_EXAMPLE.in_(loaded.language).format(path=forwarders.EXAMPLE), err=True)


@generate.command()
@_paths
@options.config
def vector(paths: tuple[str, ...], config: str | None) -> None:
    """Vector: follow these log files (or globs) and push them to `serve`."""
    _forward(forwarders.vector, paths, config)


@generate.command("fluent-bit")
@_paths
@options.config
def fluent_bit(paths: tuple[str, ...], config: str | None) -> None:
    """Fluent Bit: follow these log files (or globs) and push them to `serve`."""
    _forward(forwarders.fluent_bit, paths, config)


@generate.command()
@_paths
@options.config
def alloy(paths: tuple[str, ...], config: str | None) -> None:
    """Grafana Alloy: follow these log files (or globs) and push them to `serve`."""
    _forward(forwarders.alloy, paths, config)


@generate.command("syslog-ng")
@_paths
@options.config
def syslog_ng(paths: tuple[str, ...], config: str | None) -> None:
    """syslog-ng: follow these log files (or globs) and push them to `serve`."""
    _forward(forwarders.syslog_ng, paths, config)


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
@options.role
def systemd(config: str | None, role: str) -> None:
    """A hardened unit for `serve`, with a watchdog."""
    click.echo(host.systemd(build.load_config(config, Path.cwd()), Role(role)), nl=False)


@generate.command("docker")
@options.config
def docker_(config: str | None) -> None:
    """A Dockerfile: no root, nothing to write but the state, a health check."""
    click.echo(docker.dockerfile(build.load_config(config, Path.cwd())), nl=False)


@generate.command()
@_paths
@_workers
@options.config
def compose(paths: tuple[str, ...], workers: int, config: str | None) -> None:
    """Docker Compose: logmedic with Vector (which follows these logs), and the `loki` and `postgres` of the config."""
    absolute = [str(Path.cwd() / path) for path in paths]
    click.echo(composing.compose(build.load_config(config, Path.cwd()), absolute, workers), nl=False)


@generate.command()
@click.option("--image", metavar="IMAGE", help="Where the cluster finds the image.  [default: logmedic:VERSION]")
@_workers
@options.config
def kubernetes(image: str | None, workers: int, config: str | None) -> None:
    """Manifests for Kubernetes: one restricted pod with its config, state, service and network policy."""
    loaded = build.load_config(config, Path.cwd())
    click.echo(manifests.kubernetes(loaded, image or container.image(), workers), nl=False)


@generate.command()
@click.option("--account", metavar="ID", required=True, help="Of AWS, twelve digits.")
@click.option("--region", metavar="REGION", help="Such as eu-central-1.  [default: that of the first source]")
@click.option("--image", metavar="IMAGE", help="[default: logmedic:VERSION in the account's registry]")
@click.option("--efs", metavar="ID", help="A file system for the state, fs-…; what is pushed needs one.")
@options.config
def ecs(account: str, region: str | None, image: str | None, efs: str | None, config: str | None) -> None:
    """A task definition for Amazon ECS on Fargate, as JSON."""
    loaded = build.load_config(config, Path.cwd())
    region = fargate.region_of(loaded, region)
    click.echo(fargate.ecs(loaded, account=account, region=region, image=image, efs=efs), nl=False)


@generate.command("lambda")
@options.config
def lambda_(config: str | None) -> None:
    """CloudFormation: a Lambda function that log groups are handed to, and exactly what it may do."""
    from logmedic.artefacts import cloudformation  # noqa: PLC0415  compiles the rules

    click.echo(cloudformation.cloudformation(build.load_config(config, Path.cwd())), nl=False)


@generate.command("lambda-zip")
@click.argument("output", metavar="ZIP", type=click.Path(dir_okay=False, path_type=Path))
@options.config
def lambda_zip(output: Path, config: str | None) -> None:
    """The function's code: logmedic, logmedic.toml, and of the installed packages those that it needs."""
    from logmedic.artefacts import bundle  # noqa: PLC0415  imports zipfile and more

    made = bundle.write(build.load_config(config, Path.cwd()), output)
    click.echo(
        f"{output}: {made.packages} packages, {made.zipped / 1024**2:.1f} MiB ({made.unpacked / 1024**2:.0f} unpacked)",
        err=True,
    )
