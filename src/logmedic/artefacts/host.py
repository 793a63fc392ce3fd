"""What runs logmedic on a host: cron, or systemd."""

from __future__ import annotations

import getpass
import shlex
import shutil
import sys
from pathlib import Path

from logmedic.artefacts.filling import fill
from logmedic.build import Loaded
from logmedic.build.parts import check
from logmedic.errors import ConfigError
from logmedic.pipeline.roles import Role
from logmedic.store.lock import sqlite_path

MINUTES = 5  # between two scans


def command() -> str:
    """The ``logmedic`` that is running."""
    beside = Path(sys.executable).parent / "logmedic"
    found = str(beside) if beside.is_file() else shutil.which("logmedic")
    if found is None:
        raise ConfigError("the command logmedic is not on the PATH; install it, and generate with it")
    return found


def cron(loaded: Loaded) -> str:
    """A crontab's lines: a scan every five minutes, never two at a time."""
    folder = str(loaded.base.absolute())
    return fill(
        "crontab", MINUTES=str(MINUTES), LOCK=_cron(shlex.quote(f"{folder}/.logmedic/cron.lock")),
        FOLDER=_cron(shlex.quote(folder)), COMMAND=_cron(shlex.quote(command())),
        STATE=_cron(shlex.quote(f"{folder}/.logmedic")), LOG=_cron(shlex.quote(f"{folder}/.logmedic/cron.log")),
    )  # fmt: skip


def systemd(loaded: Loaded, role: Role = Role.ALL) -> str:
    """A unit for ``serve``, as the user who generates it.

    Raises:
        ConfigError: paths that no unit can name, or a role that makes no sense here.
    """
    check(role, loaded)
    folder = loaded.base.absolute()
    state = sqlite_path(loaded.store_url)
    writable = {str(folder / ".logmedic"), *([] if state is None else [str(state.parent)])}
    return fill(
        "logmedic.service", USER=getpass.getuser(), FOLDER=_specified(str(folder)), COMMAND=_unit(command()),
        ROLE="" if role is Role.ALL else f" --role {role}",
        NAME="logmedic" if role is Role.ALL else f"logmedic-{role}",
        WRITABLE=" ".join(_unit(path) for path in sorted(writable)),
    )  # fmt: skip


def _cron(text: str) -> str:
    """cron takes a percent sign for the end of the line."""
    return text.replace("%", "\\%")


def _specified(text: str) -> str:
    """A percent sign begins a specifier. Raises :class:`ConfigError`: no unit can name this."""
    if not text.isprintable():
        raise ConfigError(f"{text!r}: a unit of systemd can name no path with such characters; move it")
    return text.replace("%", "%%")


def _unit(text: str) -> str:
    """As systemd.syntax(7) quotes, where several words may stand; there a dollar sign begins a variable."""
    plain = _specified(text)
    if all(c.isalnum() or c in "/._-+@:%" for c in plain):
        return plain
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$") + '"'
