"""``logmedic serve``: always on."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from logmedic import build
from logmedic.build import parts, pushing
from logmedic.cli import logs, options, output
from logmedic.cli.notifying import Notifier
from logmedic.cli.output import printable
from logmedic.cli.reloading import Reloading, say_kept
from logmedic.doors.memory import few_arenas
from logmedic.errors import LogmedicError
from logmedic.model import Incident, Outcome, Result, Text
from logmedic.pipeline.roles import Role
from logmedic.respond.spoken import outcome as said
from logmedic.web.opening import dashboard

if TYPE_CHECKING:
    from logmedic.pipeline.running import Runtime
    from logmedic.web.server import Server

log = logging.getLogger("logmedic")

_ROLE = Text("%s, reading no source itself; state in %s", "%s 역할, 직접 읽는 소스 없음; 상태 저장 위치: %s")
_FOLLOWING = Text("following %s; state in %s", "%s 감시 중; 상태 저장 위치: %s")
_DASHBOARD = Text("dashboard at %s", "대시보드: %s")
_STOPPING = Text(
    "stopping: what was read is stored; what is not told yet goes on at the next start",
    "종료: 읽은 내용은 저장되었고, 아직 알리지 못한 것은 다음 시작 때 이어서 알림",
)
_FAILED = Text(
    "incident %d did not reach %s: %s; `logmedic notify retry %d` tries again",
    "인시던트 %d, %s에 전달되지 않음: %s; `logmedic notify retry %d`로 다시 시도",
)
_PUT_OFF = Text(
    "incident %d did not reach %s yet: %s; tried again in %d s",
    "인시던트 %d, 아직 %s에 전달되지 않음: %s; %d초 뒤 다시 시도",
)
_ARRIVED = Text("incident %d has reached %s at last", "인시던트 %d, 마침내 %s에 전달됨")


@click.command()
@options.config
@options.json
@options.role
@click.option("--verbose", "-v", is_flag=True, help="Say more on stderr.")
def serve(config: str | None, as_json: bool, role: str, verbose: bool) -> None:
    """Follow the sources, raise incidents as they happen, until Ctrl-C or SIGTERM.

    SIGHUP reads the configuration again; one that is wrong changes nothing.

    --role: `collector` reads the sources, takes in what is pushed, and counts; `worker` investigates and tells people;
    `web` is the dashboard and its API; `all` does everything, as it must on SQLite.

    --json prints one object a line, each with "event": started, dashboard, incident, delivery, stopped.
    """
    formatter = logs.begin()
    log.setLevel(logging.DEBUG if verbose else logging.INFO)
    folder = Path.cwd()
    loaded = build.load_config(config, folder)
    build.require_sources(loaded)
    few_arenas()
    part = Role(role)
    parts.check(part, loaded)
    reloading = Reloading(lambda: build.load_config(config, folder))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: reloading.end())
    signal.signal(signal.SIGHUP, lambda *_: reloading.reload_aside())
    before: build.Loaded | None = None
    following: build.Loaded | None = loaded
    while following is not None:
        formatter.clean = build.redactor(following).text
        run = Run(following, reloading, Printer(as_json, following.language), part)
        try:
            run.serve()
        except LogmedicError as error:
            if before is None or run.started:
                raise
            say_kept(error)
            before, following = None, before
            continue
        before, following = following, reloading.following()
    Printer(as_json, loaded.language).event("stopped")


class Run:
    """From one configuration to the next, or to the end."""

    def __init__(self, loaded: build.Loaded, reloading: Reloading, printer: Printer, role: Role = Role.ALL) -> None:
        self._role = role
        self._loaded = loaded
        self._reloading = reloading
        self._printer = printer
        self.started = False

    def serve(self) -> None:
        loaded, printer = self._loaded, self._printer
        parts.check(self._role, loaded)
        with (
            build.single_instance(loaded),
            build.runtime(loaded, witness=printer, fixes=True, role=self._role) as runtime,
        ):
            with self._dashboard(runtime) as web:
                names = list(dict.fromkeys(source.name for source in runtime.sources))
                if names:
                    log.info(_FOLLOWING.in_(loaded.language), ", ".join(names), loaded.shown_store_url)
                else:
                    log.info(_ROLE.in_(loaded.language), self._role, loaded.shown_store_url)
                printer.event("started", sources=names, state=loaded.shown_store_url)
                self.started = True
                if web is not None:
                    address = f"http://{loaded.config.web.address[0]}:{web.port}"
                    log.info(_DASHBOARD.in_(loaded.language), address)
                    printer.event("dashboard", url=address)
                notifier = Notifier()
                notifier.ready()
                runtime.serve(self._reloading.stop, beat=notifier.alive)
            log.info(_STOPPING.in_(loaded.language))

    def _dashboard(self, runtime: Runtime) -> AbstractContextManager[Server | None]:
        """Collectors have one only because what is pushed comes in there."""
        loaded, role = self._loaded, self._role
        if not role.shows and not (role.reads and pushing.sources(loaded)):
            return nullcontext(None)
        return dashboard(
            loaded, runtime.store, reload=self._reloading.reload, again=runtime.diagnose_again, takes_in=role.reads
        )


class Printer:
    """Says on stderr what did not arrive, and as JSON on stdout everything that happens. Thread-safe."""

    def __init__(self, as_json: bool, language: str) -> None:
        self._as_json = as_json
        self._language = language
        self._late: set[tuple[int, str]] = set()  # (incident, channel) of what was put off
        self._lock = threading.Lock()

    def event(self, name: str, **facts: Any) -> None:
        """One line of JSON."""
        if not self._as_json:
            return
        line = msgspec.json.encode({"event": name, "at": output.iso(build.system_clock().now()), **facts})
        with self._lock:
            sys.stdout.buffer.write(line + b"\n")
            sys.stdout.flush()

    def raised(self, incident: Incident) -> None:
        self.event("incident", incident=output.incident_json(incident, self._language))

    def delivered(self, incident: Incident, channel: str, outcome: Outcome, again: float | None) -> None:
        self.event(
            "delivery", id=incident.id, fingerprint=incident.fingerprint, generation=incident.generation,
            channel=channel, result=outcome.result.value, reason=outcome.reason, again_in_s=again,
        )  # fmt: skip
        key = (incident.id, channel)
        reason = printable(said(outcome.reason, self._language))
        if outcome.receipt.get("held"):
            return  # a silence or a maintenance window lasts: nothing is wrong
        if outcome.result is Result.DEFERRED:
            self._late.add(key)
            log.warning(_PUT_OFF.in_(self._language), incident.id, channel, reason, again or 0)
        elif outcome.result is Result.FAILED:
            self._late.discard(key)
            log.error(_FAILED.in_(self._language), incident.id, channel, reason, incident.id)
        elif key in self._late:
            self._late.discard(key)
            log.info(_ARRIVED.in_(self._language), incident.id, channel)
