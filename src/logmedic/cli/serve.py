"""``logmedic serve``: always on."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from pathlib import Path

import click

from logmedic import build
from logmedic.cli import options
from logmedic.errors import ConfigError


@click.command()
@options.config
@click.option("--verbose", "-v", is_flag=True, help="Say more on stderr.")
def serve(config: str | None, verbose: bool) -> None:
    """Follow the sources, raise incidents as they happen, until Ctrl-C or SIGTERM."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("logmedic").setLevel(logging.DEBUG if verbose else logging.INFO)
    loaded = build.load_config(config, Path.cwd())
    if not loaded.config.sources:
        raise ConfigError("no [[sources]] to follow; `logmedic init` writes a config, or name files to `logmedic scan`")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with build.single_instance(loaded), build.runtime(loaded) as runtime:
        names = ", ".join(source.name for source in runtime.sources)
        logging.getLogger("logmedic").info("following %s; state in %s", names, loaded.shown_store_url)
        runtime.serve(stop)
        logging.getLogger("logmedic").info(
            "stopping: what was read is stored; what is not told yet goes on at the next start"
        )
