"""Wires fixes: the repository, the sandbox, the agent, its gateway and money, and where they are offered."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from logmedic import config as configuration
from logmedic import doors
from logmedic.build import diagnosing
from logmedic.build.cleaning import redactor
from logmedic.build.shape import Loaded
from logmedic.errors import ConfigError, LogmedicError
from logmedic.investigate.claude import models
from logmedic.investigate.claude.config import BudgetConfig
from logmedic.model import Incident, Reason, Sample, Text
from logmedic.reasons import render
from logmedic.respond.github.config import GithubConfig

if TYPE_CHECKING:
    from logmedic.doors import Clock, Git
    from logmedic.engine import Step
    from logmedic.investigate.claude.purse import Purse
    from logmedic.investigate.claude.purse import Ticket as PurseTicket
    from logmedic.respond.fix.desk import Desk
    from logmedic.respond.fix.flow import Fixer
    from logmedic.respond.fix.follow import Follower
    from logmedic.respond.fix.gateway import Ticket
    from logmedic.respond.fix.usage import Used
    from logmedic.store.fixes import Fix
    from logmedic.store.store import Store

ANSWER_S = 600.0  # longest wait for one answer of the model; what the API itself allows


class Automatic:
    """Fixes in a running ``serve``: :class:`logmedic.pipeline.chores.Fixing`."""

    def __init__(self, fixer: Fixer, follower: Follower, stopping: threading.Event) -> None:
        self._fixer = fixer
        self._follower = follower
        self._stopping = stopping

    def run(self, incident_id: int, generation: int, step: Step) -> float | None:
        return self._fixer.run(incident_id, generation, step)

    def follow(self, stop: threading.Event) -> None:
        self._follower.follow(stop)

    def left(self) -> Sequence[tuple[int, str, int]]:
        return self._fixer.left()

    def give_up(self, incident_id: int, reason: Reason) -> None:
        self._fixer.give_up(incident_id, render(reason))

    def stop(self) -> None:
        self._stopping.set()


def automatic(loaded: Loaded, opened: Store, clock: Clock, git: Git | None, http: doors.Http) -> Automatic | None:
    """``None``: fixes are off. Raises :class:`ConfigError`: something that a fix needs is not there."""
    if not loaded.config.fix.enabled:
        return None
    from logmedic.respond.fix.follow import Follower  # noqa: PLC0415  only for those who fix

    stopping = threading.Event()
    made = fixer(loaded, opened, clock, git, http=http, stop=stopping)
    follower = Follower(
        config=loaded.config.fix, store=opened, desk=lambda: desk(loaded, clock),
        issue=lambda incident_id: _issue(opened, incident_id, loaded.config.fix.channel), clock=clock,
        language=loaded.language,
    )  # fmt: skip
    return Automatic(made, follower, stopping)


def fixer(
    loaded: Loaded,
    opened: Store,
    clock: Clock,
    git: Git | None,
    *,
    http: doors.Http,
    stop: threading.Event | None = None,
) -> Fixer:
    """``stop``: set, it ends what runs. Raises :class:`ConfigError`: something that a fix needs is not there."""
    from logmedic.respond.fix.agent import Agent, find  # noqa: PLC0415  only for those who fix
    from logmedic.respond.fix.attempt import Bench  # noqa: PLC0415
    from logmedic.respond.fix.checking import Checking  # noqa: PLC0415
    from logmedic.respond.fix.flow import Fixer, Surroundings  # noqa: PLC0415
    from logmedic.respond.fix.gateway import Gateway, Upstream  # noqa: PLC0415
    from logmedic.respond.fix.sandbox.choose import choose  # noqa: PLC0415
    from logmedic.respond.fix.sandbox.interface import Stoppable  # noqa: PLC0415
    from logmedic.respond.fix.workspace import Workspace  # noqa: PLC0415

    config, shell = loaded.config.fix, doors.SystemShell()
    if git is None:
        raise ConfigError("fix: repository.path leads to no git repository")
    channel(loaded)
    sandbox = Stoppable(choose(config, shell), stop)
    workspace = Workspace(loaded.base / config.folder, git.root, shell)
    upstream = Upstream(
        url=loaded.config.diagnose.base_url.rstrip("/"),
        key=diagnosing.key(loaded),
        model=model(loaded).name,
        most_tokens=config.max_tokens,
        timeout=min(ANSWER_S, config.agent_s),
    )
    bench = Bench(
        config,
        workspace,
        Agent(sandbox, find(config.program)),
        lambda meter: Gateway(upstream, http, meter, most_requests=config.requests),
        Checking(config, workspace, sandbox),
    )
    around = Surroundings(
        running=lambda incident, samples: running(git, samples),
        purse=_purses(loaded, opened, clock),
        issue=lambda incident_id: _issue(opened, incident_id, config.channel),
        sandbox=sandbox,
        clean=redactor(loaded).text,
    )
    return Fixer(config=config, store=opened, bench=bench, desk=lambda: desk(loaded, clock), around=around,
                 clock=clock, language=loaded.language)  # fmt: skip


def lacks(loaded: Loaded) -> Iterator[tuple[bool, str]]:
    """Whether each thing that a fix needs is there, and what it is or lacks. Starts nothing."""
    from logmedic.respond.fix.agent import find  # noqa: PLC0415  as above
    from logmedic.respond.fix.sandbox.choose import choose  # noqa: PLC0415

    config = loaded.config.fix
    looks: tuple[Callable[[], str], ...] = (
        lambda: f"confined by {choose(config, doors.SystemShell()).name}",
        lambda: f"agent {find(config.program)}",
        lambda: f"model {model(loaded)}",
        lambda: f"pull requests to {channel(loaded).repo}",
        lambda: diagnosing.key(loaded) and "the key for the model is there",
    )
    for look in looks:
        try:
            yield True, look()
        except ConfigError as error:
            yield False, str(error)


def refusal(loaded: Loaded, incident: Incident) -> Text | None:
    """Why this incident is not one to fix though a person asks. Needs nothing of what a fix needs."""
    from logmedic.respond.fix import decide  # noqa: PLC0415  as above

    return decide.refusal(incident, loaded.config.fix, asked=True)


def ask(loaded: Loaded, opened: Store, incident: Incident, *, actor: str, now: int) -> Fix | Text:
    """Begin a fix that a person asked for; whoever does the work takes it up within seconds. The reason if not.

    Raises:
        StoreError: the database refused.
    """
    from logmedic.respond.fix import asking  # noqa: PLC0415  as above
    from logmedic.store.fixes import Fixes  # noqa: PLC0415  imports SQLAlchemy, 0.35 s

    fixes = Fixes(opened.database)
    begun = asking.begin(fixes, incident, loaded.config.fix, asked=True, dry=False, actor=actor, now=now)
    if not isinstance(begun, Text):
        opened.note(incident.id, now, event="fix asked", reason=Reason("fix-asked", {"key": begun.key}), actor=actor)
    return begun


def in_the_way(loaded: Loaded, opened: Store, incident: Incident, *, now: int) -> Text | None:
    """Why :func:`ask` would refuse now. Raises :class:`StoreError`."""
    from logmedic.respond.fix import asking  # noqa: PLC0415  as above
    from logmedic.store.fixes import Fixes  # noqa: PLC0415  as above

    return asking.in_the_way(Fixes(opened.database), incident, loaded.config.fix, now=now)


def diff(loaded: Loaded, fix: Fix) -> str:
    """The change of the latest attempt that made one; "" without one."""
    from logmedic.respond.fix.report import decode  # noqa: PLC0415  as above
    from logmedic.respond.fix.workspace import Workspace  # noqa: PLC0415

    made = next((each for each in reversed(decode(fix.report).attempts) if each.commit), None)
    if made is None:
        return ""
    repository = (loaded.base / loaded.config.repository.path).absolute()
    workspace = Workspace(loaded.base / loaded.config.fix.folder, repository, doors.SystemShell())
    return workspace.diff(fix.base, made.commit)


def desk(loaded: Loaded, clock: Clock) -> Desk:
    """Where fixes are offered. Raises :class:`ConfigError`."""
    from logmedic.respond.fix.desk import Desk  # noqa: PLC0415  as above
    from logmedic.respond.fix.workspace import Workspace  # noqa: PLC0415

    config, found, shell = loaded.config.fix, channel(loaded), doors.SystemShell()
    token = configuration.read_secret(found.token, f"channel {found.name}", base=loaded.base)
    repository = (loaded.base / loaded.config.repository.path).absolute()
    return Desk(config, found, token=token, shell=shell, clock=clock,
                workspace=Workspace(loaded.base / config.folder, repository, shell))  # fmt: skip


def channel(loaded: Loaded) -> GithubConfig:
    """The channel whose repository gets the pull requests. Raises :class:`ConfigError`."""
    name = loaded.config.fix.channel
    found = next((c for c in loaded.config.channels if c.name == name), None)
    if not isinstance(found, GithubConfig):
        raise ConfigError(f'fix.channel: no channel of kind "github" is named {name!r}; see docs/en/fixes.md')
    return found


def model(loaded: Loaded) -> models.ModelName:
    """Raises :class:`ConfigError`: it is not one of Anthropic's."""
    named = models.parse(loaded.config.fix.model, "fix.model")
    if named.provider != "anthropic":
        raise ConfigError(f"fix.model: {named} is not one of Anthropic's, which the agent needs")
    return named


def running(git: Git, samples: Sequence[Sample]) -> str | None:
    """The commit that the service runs, by its latest occurrence."""
    from logmedic.investigate.git import Repository  # noqa: PLC0415  as above

    record = samples[0].record if samples else None
    if record is None:
        return None
    try:
        found = Repository(git).running(record.release, record.time)
    except LogmedicError:
        return None
    return None if found is None else found.commit


def _issue(opened: Store, incident_id: int, channel: str) -> int | None:
    number = (opened.receipt(incident_id, channel) or {}).get("issue")
    return number if isinstance(number, int) and number > 0 else None


def _purses(loaded: Loaded, opened: Store, clock: Clock) -> Callable[[Fix], SharedPurse]:
    from logmedic.investigate.claude.purse import Purse  # noqa: PLC0415  as above
    from logmedic.store.ledger import Ledger  # noqa: PLC0415

    budget, name = loaded.config.fix.budget, model(loaded)
    caps = BudgetConfig(
        per_incident=budget.per_fix,
        per_fingerprint=budget.per_fingerprint,
        per_hour=budget.per_day,
        per_day=budget.per_day,
        per_month=budget.per_month,
        unpriced_calls_per_day=int(budget.unpriced_requests_per_day),
    )

    def purse(fix: Fix) -> SharedPurse:
        books = Ledger(opened.database, fixes=True)
        mine = Purse(books, clock, caps, loaded.config.diagnose.prices, fingerprint=fix.fingerprint,
                     generation=fix.generation)  # fmt: skip
        return SharedPurse(mine, name)

    return purse


class SharedPurse:
    """A purse for the several threads of a gateway."""

    def __init__(self, purse: Purse, model: models.ModelName) -> None:
        self._purse = purse
        self._model = model
        self._lock = threading.Lock()

    @property
    def cost_usd(self) -> float | None:
        return self._purse.cost_usd

    def reserve(self, sent: int, answer: int) -> Ticket | Text:
        from logmedic.investigate.claude.purse import OverBudgetError  # noqa: PLC0415  loaded by now
        from logmedic.respond.fix.gateway import Ticket  # noqa: PLC0415
        from logmedic.store.ledger import FIX  # noqa: PLC0415

        with self._lock:
            try:
                made = self._purse.reserve(self._model, FIX, sent, answer)
            except OverBudgetError as error:
                return error.said
            return Ticket(made.number, made.reserved)

    def paid(self, ticket: Ticket, used: Used) -> None:
        from logmedic.investigate.claude.prices import Tokens  # noqa: PLC0415  as above

        with self._lock:
            self._purse.paid(self._known(ticket), Tokens(**msgspec.structs.asdict(used)))

    def failed(self, ticket: Ticket, reason: str) -> None:
        with self._lock:
            self._purse.failed(self._known(ticket), reason)

    def unclear(self, ticket: Ticket, reason: str) -> None:
        with self._lock:
            self._purse.unclear(self._known(ticket), reason)

    def _known(self, ticket: Ticket) -> PurseTicket:
        from logmedic.investigate.claude.purse import Ticket  # noqa: PLC0415  as above

        return Ticket(ticket.number, self._model, ticket.reserved)
