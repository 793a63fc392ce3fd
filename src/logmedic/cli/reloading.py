"""A new configuration for a running ``serve``: on SIGHUP, or when the dashboard is told to reload."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from logmedic import build
from logmedic.cli.examining import examine
from logmedic.errors import ConfigError, LogmedicError
from logmedic.model import Text

log = logging.getLogger("logmedic")

_RELOADING = Text("configuration read again; going on with the new one", "설정을 다시 읽음; 새 설정으로 계속함")
_KEPT = Text("going on with the configuration as it was: %s", "이전 설정으로 계속함: %s")


class Reloading:
    """Whether the current run goes on, ends, or makes room for one with another configuration. Thread-safe."""

    def __init__(self, read: Callable[[], build.Loaded]) -> None:
        """``read``: the configuration as it is now; raises :class:`ConfigError`."""
        self.stop = threading.Event()  # for the current run
        self._read = read
        self._next: build.Loaded | None = None
        self._ended = False
        self._lock = threading.Lock()

    def end(self) -> None:
        """For good."""
        self._ended = True
        self.stop.set()

    def reload(self) -> None:
        """Let a run with the configuration as it is now take the place of this one.

        Raises:
            ConfigError: it is wrong, or what it names is not there; the current run goes on.
        """
        with self._lock:
            loaded = self._read()
            build.require_sources(loaded)
            wrong = [finding for finding in examine(loaded, environment=True) if not finding.ok]
            if wrong:
                raise ConfigError(f"{wrong[0].what}: {wrong[0].detail}")
            self._next = loaded
            self.stop.set()

    def reload_aside(self) -> None:
        """From a signal handler, which must not do more than this. What is wrong is logged."""
        threading.Thread(target=self._reload_or_say, name="reload", daemon=True).start()

    def _reload_or_say(self) -> None:
        try:
            self.reload()
        except LogmedicError as error:
            say_kept(error)

    def following(self) -> build.Loaded | None:
        """After a run: the configuration of the next one, or ``None`` when there is none."""
        with self._lock:
            if self._ended or self._next is None:
                return None
            found, self._next = self._next, None
            self.stop.clear()
            log.info(_RELOADING.in_(found.language))
            return found


def say_kept(error: LogmedicError) -> None:
    """That the new configuration does not work, and why."""
    log.error(_KEPT.en, error)
