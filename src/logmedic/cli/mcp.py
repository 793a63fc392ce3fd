"""``logmedic mcp``: the incidents for an agent in an editor, over standard input and output."""

from __future__ import annotations

from pathlib import Path

import click

from logmedic import build
from logmedic.cli import options
from logmedic.errors import ConfigError


@click.command()
@options.config
def mcp(config: str | None) -> None:
    """Answer an editor's agent over standard input and output (Model Context Protocol).

    Editors start this command themselves, with the folder of logmedic.toml as its working directory. It reads the
    state beside a running `serve`. `serve` answers the same at /mcp.
    """
    loaded = build.load_config(config, Path.cwd())
    try:
        from logmedic.web.mcp.server import create  # noqa: PLC0415  an extra, 0.5 s
        from logmedic.web.mcp.tools import Tools  # noqa: PLC0415  with it
    except ImportError as error:
        raise ConfigError(f"{error.name}: not installed; pip install 'logmedic[mcp]'") from None
    clock = build.system_clock()
    with build.open_store(loaded) as store:
        logs = build.Redacted(build.Lookup(loaded, clock, store), build.redactor(loaded))
        create(Tools(loaded, store, clock, build.grouper(loaded.config), logs, write=loaded.config.mcp.write)).run(
            "stdio"
        )
