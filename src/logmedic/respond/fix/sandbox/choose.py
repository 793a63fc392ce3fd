"""Which confinement a run gets. None is no answer, unless somebody has asked for that in words."""

from __future__ import annotations

from logmedic.doors import Shell
from logmedic.errors import ConfigError
from logmedic.respond.fix.config import UNCONFINED, FixConfig
from logmedic.respond.fix.sandbox import bubblewrap, landlock
from logmedic.respond.fix.sandbox.bare import Bare
from logmedic.respond.fix.sandbox.interface import Sandbox


def choose(config: FixConfig, shell: Shell) -> Sandbox:
    """Raises :class:`ConfigError`: this machine can confine nothing, or not in the way that is asked for."""
    if config.unconfined == UNCONFINED:
        return Bare(shell)
    lacks = []
    if config.sandbox in ("auto", "bubblewrap"):
        if bubblewrap.available():
            return bubblewrap.Bubblewrap(shell)
        lacks.append("bubblewrap is not installed")
    if config.sandbox in ("auto", "landlock"):
        lack = landlock.lack()
        if lack is None:
            return landlock.Landlock(shell)
        lacks.append(lack)
    raise ConfigError(f"fix.sandbox: {'; '.join(lacks)}; install bubblewrap, or read docs/en/fixes.md on `unconfined`")
