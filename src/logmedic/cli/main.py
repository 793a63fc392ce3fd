"""Entry point: the commands, and how every one of them ends.

JSON goes to stdout, everything for people to stderr. Exit codes: 0 ok, 1 failed, 2 usage, 10 ``--fail-on`` hit,
75 another instance holds the lock, 78 configuration, 130 interrupted.
"""

from __future__ import annotations

import errno
import importlib
import os
import sys
from collections.abc import Mapping
from typing import Any

import click

from logmedic import __version__
from logmedic.errors import LogmedicError

# Each is imported when it is run, so that an idle scan does not pay for the others.
COMMANDS: Mapping[str, str] = {
    "demo": "logmedic.cli.demo:demo",
    "init": "logmedic.cli.setup:init",
    "check": "logmedic.cli.setup:check",
    "scan": "logmedic.cli.scan:scan",
    "serve": "logmedic.cli.serve:serve",
    "diagnose": "logmedic.cli.diagnose:diagnose",
    "fingerprint": "logmedic.cli.fingerprint:fingerprint",
    "redact": "logmedic.cli.redact:redact",
    "replay": "logmedic.cli.replay:replay",
    "sources": "logmedic.cli.sources:sources",
    "incidents": "logmedic.cli.incidents:incidents",
    "fix": "logmedic.cli.fix:fix",
    "usage": "logmedic.cli.usage:usage",
    "rules": "logmedic.cli.rules:rules",
    "doctor": "logmedic.cli.doctor:doctor",
    "regroup": "logmedic.cli.regroup:regroup",
    "notify": "logmedic.cli.notify:notify",
    "db": "logmedic.cli.db:db",
    "silences": "logmedic.cli.silences:silences",
    "generate": "logmedic.cli.generate:generate",
    "mcp": "logmedic.cli.mcp:mcp",
}


_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


class Commands(click.Group):
    """The table above as a command group."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # The reader of our output has gone (`| head`): not an error, though click would end with 1.
            # Python would complain when flushing at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise click.exceptions.Exit(0) from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="logmedic %(version)s")
def app() -> None:
    """Watches JSON logs, groups errors into incidents, proves what broke, and tells the right people once."""


def main() -> None:
    """Run the command line; errors of ours become one line on stderr and their exit code."""
    try:
        # Not standalone, click returns the code of an Exit, and otherwise what the command returned: None.
        sys.exit(app(prog_name="logmedic", standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except LogmedicError as error:
        from logmedic.cli.output import printable  # noqa: PLC0415  only to show names that people gave, made harmless

        click.echo(f"logmedic: {printable(str(error))}", err=True)
        sys.exit(error.exit_code)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python would complain when flushing at exit
        click.echo(f"logmedic: the output cannot be written: {error.strerror}; make room, or write elsewhere", err=True)
        sys.exit(1)
    except (KeyboardInterrupt, click.Abort):
        sys.exit(130)


if __name__ == "__main__":
    main()
