"""Config → pipeline: the only place where parts are put together.

Importing this module is cheap; what is heavy (SQLAlchemy, DBOS, hyperscan) is imported when it is first needed.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from logmedic import doors, store
from logmedic.build import cleaning, diagnosing, fixing, keeping, shares, telling
from logmedic.build.looking import Lookup
from logmedic.build.shape import Config, Loaded, StoreConfig
from logmedic.build.sourcing import anchored, make_sources
from logmedic.collect import dialects
from logmedic.collect.file import FileSourceConfig
from logmedic.collect.interface import Position, Source
from logmedic.collect.push.config import PushSourceConfig
from logmedic.detect.detector import Detector
from logmedic.detect.rules import SurgeRule, build_rules
from logmedic.detect.surge import SurgeWindows
from logmedic.group.fingerprint import Grouper
from logmedic.group.release import Order, unknown
from logmedic.pipeline.roles import Role
from logmedic.redact import Redactor
from logmedic.respond import channels
from logmedic.respond.interface import Tracker
from logmedic.store.lock import InstanceLock, sqlite_path

if TYPE_CHECKING:
    import sqlalchemy as sa

    from logmedic.engine import Engine
    from logmedic.pipeline.chores import Fixing
    from logmedic.pipeline.digest import Digester
    from logmedic.pipeline.handling import Deliver, Witness
    from logmedic.pipeline.keeping import Announce
    from logmedic.pipeline.rehearsal import Notes
    from logmedic.pipeline.running import Runtime
    from logmedic.pipeline.sharing import Sharing
    from logmedic.store.retention import Retention
    from logmedic.store.store import Store

log = logging.getLogger("logmedic")

IN_MEMORY = StoreConfig(url="sqlite://")


def system_clock() -> doors.Clock:
    return doors.SystemClock()


@contextmanager
def single_instance(loaded: Loaded) -> Iterator[None]:
    """Hold the lock on a SQLite state. Raises :class:`logmedic.errors.AlreadyRunningError`."""
    path = sqlite_path(loaded.store_url)
    if path is None:
        yield
        return
    lock = InstanceLock(path)
    lock.acquire()
    try:
        yield
    finally:
        lock.release()


def nothing_new(loaded: Loaded) -> bool:
    """Whether a scan would find nothing to read and nothing left to tell. Cheap; when in doubt ``False``."""
    from logmedic.collect.idle import unchanged  # noqa: PLC0415  only here
    from logmedic.store.peek import peek  # noqa: PLC0415

    path = sqlite_path(loaded.store_url)
    peeked = None if path is None else peek(path, store.HEAD)
    if peeked is None or peeked.unhandled or peeked.wake_at <= system_clock().now():
        return False
    for source in loaded.config.sources:
        if not isinstance(source, FileSourceConfig | PushSourceConfig):
            return False
        positions = [Position(*row) for row in peeked.positions if row[0] == source.name]
        if not unchanged(source.name, anchored(source, loaded.base), positions):
            return False
    return True


@contextmanager
def open_store(loaded: Loaded) -> Iterator[Store]:
    from logmedic.store.database import open_database  # noqa: PLC0415  0.35 s
    from logmedic.store.store import Store  # noqa: PLC0415

    opened = Store(open_database(loaded.store_url))
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def runtime(
    loaded: Loaded,
    *,
    poll_seconds: float = 0.5,
    ask: bool = False,
    witness: Witness | None = None,
    sources: Sequence[Source] | None = None,
    fixes: bool = False,
    role: Role = Role.ALL,
) -> Iterator[Runtime]:
    """The whole pipeline on the configured state, engine and channels.

    ``poll_seconds``: how often the engine looks for work. Half a second costs an idle service 1 % of a core; one pass
    over a backlog can afford to look more often. ``ask``: diagnose with the model at once, not after the alert.
    ``witness`` is told what happens. ``sources``: in place of the configured ones. ``fixes``: try those that are
    configured. ``role``: what :meth:`Runtime.serve` does of it all.
    """
    clock = system_clock()
    for warning in diagnosing.warnings(loaded, clock.now()):
        log.warning("%s", warning)
    http = doors.SystemHttp()
    wired = telling.wire(loaded, http, clock)
    with open_store(loaded) as opened:
        engine, sharing = shares.engine(opened.database, clock, poll_seconds, role)
        built = _assemble(
            loaded,
            opened,
            engine,
            wired.deliver,
            secrets=cleaning.secrets(loaded),
            sharing=sharing,
            parallel=True,
            ledger=opened.database,
            ask=ask,
            witness=witness,
            announce=wired.announce,
            trackers=wired.trackers,
            sources=sources if role.reads else (),
            role=role,
            fixer=fixing.automatic(loaded, opened, clock, repository(loaded), http) if fixes and role.works else None,
        )
        try:
            built.join()
            yield built
        finally:
            built.close()
            http.close()


def forget_old(loaded: Loaded, opened: Store, keep: Retention) -> Iterator[tuple[str, int]]:
    """Forget what is older than ``keep`` allows, in small transactions: what went with each, and how many rows."""
    from logmedic.engine import DurableEngine  # noqa: PLC0415  imports SQLAlchemy, 0.35 s
    from logmedic.pipeline.pruning import Pruner  # noqa: PLC0415

    engine = DurableEngine(opened.database)
    try:
        yield from Pruner(opened, engine, system_clock(), keep).run(system_clock().now())
    finally:
        engine.close(0.0)


def take_up(opened: Store, incidents: Iterable[tuple[str, int]]) -> None:
    """Let what failed of these (fingerprint, generation) be told again, by the ``serve`` that runs or the next scan."""
    from logmedic.engine import DurableEngine  # noqa: PLC0415  imports SQLAlchemy, 0.35 s
    from logmedic.pipeline.handling import REPORT  # noqa: PLC0415
    from logmedic.store.deliveries import Deliveries  # noqa: PLC0415

    engine, deliveries = DurableEngine(opened.database), Deliveries(opened.database)
    try:
        for fingerprint, generation in incidents:
            # The model is not asked again: its report is stored, and only told.
            engine.forget(fingerprint, generation, deeper=deliveries.failed_again(fingerprint, generation, REPORT))
            deliveries.take_up(fingerprint, generation, system_clock().now())
    finally:
        engine.close(0.0)


def release(opened: Store) -> None:
    """Have what was put off until later decided on now: by the ``serve`` that runs, or by the next scan."""
    from logmedic.engine import DurableEngine  # noqa: PLC0415  imports SQLAlchemy, 0.35 s

    left = opened.unhandled()
    if not left:
        return
    engine = DurableEngine(opened.database)
    try:
        engine.prepare()
        engine.retry_failed(left, system_clock().now(), at_once=True)
    finally:
        engine.close(0.0)


@contextmanager
def rehearsal(
    loaded: Loaded, *, since: int | None = None, handle: bool = True, ask: bool = False
) -> Iterator[tuple[Runtime, Notes]]:
    """The pipeline on a state in memory that is forgotten, with nobody told: for replays and one-off diagnoses.

    ``since``: leave out records older than this (ns). ``handle``: diagnose each incident and plan its alerts.
    ``ask``: diagnose with the model; its money goes through the ledger of the configured state.
    """
    from logmedic.engine import InlineEngine  # noqa: PLC0415  imports SQLAlchemy, 0.35 s
    from logmedic.pipeline.rehearsal import Notes  # noqa: PLC0415

    notes = Notes()
    deliver: dict[str, Deliver] = {c.name: partial(notes.take, c.name) for c in loaded.config.channels}
    # Months of a log in a minute of ours are no storm.
    calm = msgspec.structs.replace(loaded.config.policy, storm=0)
    calmed = msgspec.structs.replace(loaded, config=msgspec.structs.replace(loaded.config, policy=calm))
    in_memory = msgspec.structs.replace(loaded, config=msgspec.structs.replace(calmed.config, store=IN_MEMORY))
    with open_store(in_memory) as opened, open_store(loaded) if ask else nullcontext() as real:
        built = _assemble(
            calmed,
            opened,
            InlineEngine(handle=handle),
            deliver,
            secrets=cleaning.secrets(loaded),
            parallel=False,
            since=since,
            ledger=None if real is None else real.database,
            ask=ask,
        )
        built.open()
        try:
            yield built, notes
        finally:
            built.close()


def _assemble(
    loaded: Loaded,
    opened: Store,
    engine: Engine,
    deliver: Mapping[str, Deliver],
    *,
    secrets: Sequence[str],
    parallel: bool,
    ledger: sa.Engine | None,
    ask: bool,
    since: int | None = None,
    witness: Witness | None = None,
    announce: Mapping[str, Announce] | None = None,
    trackers: Mapping[str, tuple[Tracker, float]] | None = None,
    sources: Sequence[Source] | None = None,
    fixer: Fixing | None = None,
    sharing: Sharing | None = None,
    role: Role = Role.ALL,
) -> Runtime:
    from logmedic.investigate.offline import OfflineInvestigator  # noqa: PLC0415  not needed by an idle scan
    from logmedic.pipeline.chores import Chores  # noqa: PLC0415
    from logmedic.pipeline.handling import Handling, Nobody  # noqa: PLC0415
    from logmedic.pipeline.intake import Intake  # noqa: PLC0415
    from logmedic.pipeline.parallel import Pool  # noqa: PLC0415
    from logmedic.pipeline.pruning import Pruner  # noqa: PLC0415
    from logmedic.pipeline.running import Runtime  # noqa: PLC0415
    from logmedic.pipeline.tracker import Followers  # noqa: PLC0415

    config, clock = loaded.config, system_clock()
    redactor = Redactor(config.redact, secrets)
    specs = channels.specs(config.channels)
    active = build_rules(config.rules)
    if sources is None:
        sources = [each for source in config.sources for each in make_sources(source, loaded.base, clock, active)]
    offline = OfflineInvestigator(redactor)
    model = None if ledger is None else diagnosing.investigator(loaded, ledger, redactor, offline, clock)
    handling = Handling(
        store=opened,
        investigator=model if ask and model is not None else offline,
        deeper=None if ask else model,
        logs=Lookup(loaded, clock, opened),
        git=repository(loaded),
        plan=keeping.planner(loaded, opened, specs, clock),
        channels=deliver,
        clock=clock,
        language=loaded.language,
        retry=config.retry,
        witness=witness or Nobody(),
        link=config.web.page,
    )
    intake = Intake(
        store=opened,
        engine=engine,
        surges=[SurgeWindows(rule) for rule in active if isinstance(rule, SurgeRule)],
        window=config.window,
        redactor=redactor,
        clock=clock,
        identify=grouper(config, secrets),
        ancestry=ancestry(loaded),
    )
    chores = Chores(
        opened,
        engine,
        clock,
        keeper=None if announce is None else keeping.keeper(loaded, opened, specs, announce, clock),
        pruner=None if announce is None else Pruner(opened, engine, clock, keeping.retention(loaded)),
        followers=Followers(opened, clock, trackers) if trackers else None,
        fixing=fixer,
        sharing=sharing,
    )
    return Runtime(
        store=opened,
        engine=engine,
        handling=handling,
        chores=chores,
        sources=sources,
        digester=partial(digester, config, since=since, secrets=secrets),
        intake=intake,
        clock=clock,
        rules=[rule.name for rule in active],
        sharing=sharing,
        role=role,
        parallel=Pool(partial(digester, secrets=secrets), config, clock.now).digests if parallel else None,
    )


def digester(config: Config, *, since: int | None = None, secrets: Sequence[str] = ()) -> Digester:
    """The pure part of the pipeline; also built in every worker process. ``secrets``: our own, for the redactor."""
    from logmedic.pipeline.digest import Digester  # noqa: PLC0415

    detector = Detector(build_rules(config.rules), dialects.decoder)
    return Digester(detector, grouper(config, secrets), since=since)


def grouper(config: Config, secrets: Sequence[str] = ()) -> Grouper:
    """What says which incident a record belongs to. ``secrets``: our own, for the redactor."""
    return Grouper(config.group, Redactor(config.redact, secrets))


def ancestry(loaded: Loaded) -> Order:
    """The order of releases that are commit ids, as far as the repository knows them."""
    from logmedic.pipeline.ancestry import Ancestry  # noqa: PLC0415  imported with the pipeline

    git = repository(loaded)
    return unknown if git is None else Ancestry(git)


def repository(loaded: Loaded) -> doors.Git | None:
    git = doors.Git((loaded.base / loaded.config.repository.path).absolute(), doors.SystemShell())
    return git if git.is_repository() else None
