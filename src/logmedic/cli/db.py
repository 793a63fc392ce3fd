"""``logmedic db``: the state database: bring it up to date, forget what is old, copy it, move it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from logmedic import build, store
from logmedic.cli import options, output
from logmedic.errors import StoreError, UsageError
from logmedic.store.lock import sqlite_path

if TYPE_CHECKING:
    from logmedic.store.copying import Copied


@click.group()
def db() -> None:
    """The state: upgrade, prune, back up, move. Every command that needs it brings it up to date by itself."""


@db.command()
@click.option("--check", "only_check", is_flag=True, help="Change nothing; end with 1 where there is something to do.")
@options.config
def upgrade(only_check: bool, config: str | None) -> None:
    """Bring the tables up to date, as the first command after an update would."""
    from logmedic.store.database import version  # noqa: PLC0415  imports SQLAlchemy, 0.35 s

    loaded = build.load_config(config, Path.cwd())
    before = version(loaded.store_url)
    name = f"{loaded.shown_store_url}: schema {before or 'none yet'}"
    if before == store.HEAD:
        click.echo(f"{name}, up to date", err=True)
        return
    if only_check:
        click.echo(f"{name}, this logmedic has {store.HEAD}; `logmedic db upgrade` brings it there", err=True)
        raise click.exceptions.Exit(1)
    with build.open_store(loaded):
        click.echo(f"{name}, now {store.HEAD}", err=True)


@db.command()
@click.option("--older-than", type=options.DURATION, help="In place of store.keep_days: 90d. At least 35d.")
@click.option("--dry-run", is_flag=True, help="Only count what would go.")
@options.config
@options.json
def prune(older_than: int | None, dry_run: bool, config: str | None, as_json: bool) -> None:
    """Forget what is older than the configuration keeps; `serve` and `scan` do so once a day."""
    from logmedic.store import retention  # noqa: PLC0415  imports SQLAlchemy, 0.35 s

    loaded = build.load_config(config, Path.cwd())
    keep = build.retention(loaded)
    if older_than is not None:
        least = build.LEAST_DAYS
        if older_than < least * 86_400:
            raise UsageError(f"--older-than: at least {least}d, because the caps on money look back 30 days")
        keep = msgspec.structs.replace(keep, days=older_than // 86_400)
    gone: dict[str, int] = {}
    with build.open_store(loaded) as opened:
        if dry_run:
            gone = retention.count(opened.database, keep, build.system_clock().now())
        else:
            for name, rows in build.forget_old(loaded, opened, keep):
                gone[name] = gone.get(name, 0) + rows
    if as_json:
        output.print_json({"dry_run": dry_run, "rows": gone})
        return
    told = ", ".join(f"{rows:,} {name}" for name, rows in gone.items() if rows)
    click.echo(f"{'would forget' if dry_run else 'forgotten'}: {told}" if told else "nothing is old enough", err=True)


@db.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Write over FILE.")
@options.config
def backup(file: Path, force: bool, config: str | None) -> None:
    """Copy the state into FILE while others go on working with it, and check the copy. SQLite only."""
    from logmedic.store import copying  # noqa: PLC0415  imports SQLAlchemy, 0.35 s

    loaded = build.load_config(config, Path.cwd())
    source = sqlite_path(loaded.store_url)
    if source is None:
        raise UsageError(
            "PostgreSQL is backed up by its own tools: "
            f"pg_dump --format=custom --file={output.printable(str(file))} '{loaded.shown_store_url}'"
        )
    if not source.exists():
        raise StoreError(f"{source}: there is no state yet")
    if file.is_dir() or (file.exists() and not force):
        raise UsageError(f"{file}: is there already; name another file, or give --force")
    size = copying.backup(source, file)
    click.echo(
        f"{output.printable(str(file))}: {size:,} bytes, checked; as [store] url it is a state like any", err=True
    )


@db.command()
@click.argument("url")
@options.config
def move(url: str, config: str | None) -> None:
    """Copy the whole state into the empty database at URL, and compare what has arrived.

    Incidents, positions, deliveries with their issues and messages, ledgers: work goes on where it stood. The old state
    stays as it is. Stop whatever else works on it before.
    """
    from logmedic.build.states import moving  # noqa: PLC0415  imports SQLAlchemy, 0.35 s

    loaded = build.load_config(config, Path.cwd())
    with moving(loaded, url, Path.cwd()) as copy:
        copied = copy(_progress)
    click.echo(
        f'{sum(each.rows for each in copied):,} rows in {len(copied)} tables, compared. Now set [store] url = "{url}", '
        "and start again",
        err=True,
    )


def _progress(done: Copied) -> None:
    if done.rows:
        click.echo(f"  {done.table}: {done.rows:,}", err=True)
