"""What logmedic would do about each error: its own decisions, in memory and in simulated time.

Called as they are: ``group.window.decide`` and its cap, ``detect.surge``, ``respond.policy.plan``, ``RateLimits``, and
the purse with
``store.ledger.refusal``. Written here is only what connects them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, deque

import msgspec
from day import Bug

from logmedic.detect.interface import RuleConfig
from logmedic.detect.rules import SurgeRule, build_rules
from logmedic.detect.surge import SurgeWindows
from logmedic.doors import HttpAnswer
from logmedic.group.window import Arrival, CapState, Decision, Known, NewIncidentCap, WindowConfig, decide
from logmedic.investigate.claude.config import DiagnoseConfig, PriceConfig
from logmedic.investigate.claude.models import ladder
from logmedic.investigate.claude.prices import NANO, Tokens, rates
from logmedic.investigate.claude.purse import OverBudgetError, Purse
from logmedic.model import NANOSECONDS, Incident, Reason, Severity, State, Substate
from logmedic.pipeline.keeping import STORM_SECONDS
from logmedic.respond import channels, policy
from logmedic.respond.discord import DiscordConfig
from logmedic.respond.github.config import GithubConfig
from logmedic.respond.interface import Mode, told
from logmedic.respond.ratelimit import RateLimits
from logmedic.store.ledger import DAY, Caps, Purchase, Refused, Spent, refusal
from logmedic.testing.doors import FakeClock

MINUTE = 60 * NANOSECONDS
HOUR = 60 * MINUTE
DISCORD = (5, 2.0)  # requests per seconds of one webhook: the headers that Discord sends
QUESTION = Tokens(input=9_000, output=2_000)  # of one request to a model (assumed: 60,000 characters at most are sent)
QUESTION_BYTES = 40_000  # that bound it from above when money is set aside
MODEL_SECONDS = 20.0  # for one answer (assumed)
MODEL_WORKERS = 2  # of one process; the engine's default


class Books:
    """The ledger's sums in memory; the decision is its own. The database's would take most of the simulation."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, str, int, int]] = []  # at, fingerprint, generation, billionths of a dollar

    def reserve(self, want: Purchase, caps: Caps, now: int) -> int | Refused:
        refused = refusal(want, self.spent(now, want.fingerprint, want.generation), caps)
        if refused is None:
            self._rows.append((now, want.fingerprint, want.generation, want.worst or 0))
        return len(self._rows) - 1 if refused is None else refused

    def settle(
        self, ticket: int, *, state: str, cost: int | None, input_tokens: int, output_tokens: int, reason: str
    ) -> None:
        at, fingerprint, generation, reserved = self._rows[ticket]
        self._rows[ticket] = (at, fingerprint, generation, reserved if cost is None else cost)

    def spent(self, now: int, fingerprint: str = "", generation: int = 0) -> Spent:
        """No simulation lasts longer than a month."""
        rows = self._rows
        same = [row for row in rows if row[1] == fingerprint]
        return Spent(
            incident=sum(row[3] for row in same if row[2] == generation),
            fingerprint=sum(row[3] for row in same),
            hour=sum(row[3] for row in rows if row[0] > now - HOUR),
            day=sum(row[3] for row in rows if row[0] > now - DAY),
            month=sum(row[3] for row in rows),
        )


class Thing:
    """An incident as far as decisions look at it."""

    def __init__(self, bug: Bug, number: int) -> None:
        self.bug, self.number = bug, number
        self.known: Known | None = None
        self.generation = 0
        self.queued = 0  # when (ns) its workflow was
        self.handled = True  # people have been told of this generation
        self.opened = 0
        self.receipts: dict[str, dict[str, object]] = {}
        self.asked = False


class Decider:
    """One installation: the counters of all workers together, as they share a database."""

    def __init__(self, start: int) -> None:
        self.clock = FakeClock(start)
        self.seen: Counter[str] = Counter()
        self.queue: deque[Thing] = deque()  # raised, not yet investigated
        self.messages: deque[int] = deque()  # for Discord, by when (ns) they were decided on
        self.slowest_message = 0.0  # s
        self.slowest_workflow = 0.0  # s, until it began
        self._window = WindowConfig()
        self._cap = NewIncidentCap(self._window)
        self._caps = {True: CapState(), False: CapState(), None: CapState()}
        self._things: dict[object, Thing] = {}
        rules = build_rules((RuleConfig(name="surge"),))
        self._surges = [SurgeWindows(rule) for rule in rules if isinstance(rule, SurgeRule)]
        self._specs = channels.specs((DiscordConfig(name="discord"), GithubConfig(name="github", repo="a/b")))
        self._policy = policy.PolicyConfig()
        self._limits = RateLimits()
        self._used, self._reset = 0, 0.0
        self._opened: list[int] = []  # when (ns) each incident was, in order …
        self._severities: list[Severity] = []  # … and how severe it was
        self._told: deque[int] = deque()  # issues, ns
        self._digest = 0  # incidents that wait for the hourly one
        self._storms: dict[str, int] = {}  # channel → when (ns) the message of a storm was begun
        self._diagnose = DiagnoseConfig()
        self._rungs = ladder(self._diagnose, None).rungs
        known = {str(model): rates(model, {}) for model in self._rungs}
        self._prices = {name: PriceConfig(input=r.input, output=r.output) for name, r in known.items() if r is not None}
        self._ledger = Books()
        self._models_free = 0.0

    def arrive(self, bug: Bug, count: int, at: int) -> None:
        """``count`` errors of one kind at ``at`` (ns of the log), read now."""
        self._arrive(bug.number, bug, count, at)
        surging = sum(windows.add(bug.service, at) for windows in self._surges for _ in range(count))
        if surging:
            self._arrive(bug.service, Bug(-1, bug.service, critical=True), surging, at)

    def _arrive(self, key: object, bug: Bug, count: int, at: int) -> None:
        now = self.clock.now()
        thing = self._things.get(key)
        severity = Severity.CRITICAL if bug.critical else Severity.WARNING
        if thing is None:
            cap = None if bug.number < 0 else bug.critical
            self._caps[cap], admitted = self._cap.admit(self._caps[cap], now)
            if not admitted:
                self.seen["errors beyond the cap of new incidents"] += count
                return
            thing = self._things[key] = Thing(bug, len(self._things))
            thing.opened = now
            self._opened.append(now)
            self._severities.append(severity)
            self.seen["incidents"] += 1
        known = thing.known
        decision = decide(known, Arrival(count=count, first=at, last=at, now=now, severity=severity), self._window)
        if known is not None and not thing.handled and decision.raise_ and decision.substate is Substate.ONGOING:
            # As ``pipeline.intake``: nobody has heard of the last generation yet; what they will hear counts this too.
            decision = Decision(False, known.substate, known.state, Reason("untold"), known.last_raised)
        recent = [pair for pair in (known.recent if known else ()) if pair[0] > at // MINUTE - 25 * 60]
        if recent and recent[-1][0] == at // MINUTE:
            recent[-1] = (recent[-1][0], recent[-1][1] + count)
        else:
            recent.append((at // MINUTE, count))
        thing.known = Known(
            state=decision.state,
            substate=decision.substate,
            first_seen=known.first_seen if known else at,
            last_seen=at,
            last_raised=decision.last_raised,
            count=(known.count if known else 0) + count,
            floor=severity,
            recent=recent,
        )
        if decision.raise_:
            thing.generation += 1
            thing.queued, thing.handled = now, False
            self.queue.append(thing)
            self.seen["workflows"] += 1

    def handle(self, thing: Thing) -> None:
        """The workflow: plan, tell, ask a model."""
        now, known = self.clock.now(), thing.known
        thing.handled = True
        self.slowest_workflow = max(self.slowest_workflow, (now - thing.queued) / NANOSECONDS)
        assert known is not None
        while self._told and self._told[0] < now - HOUR:
            self._told.popleft()
        incident = Incident(id=thing.number, fingerprint=str(thing.number), title="", culprit="", reason="",
                            service=thing.bug.service, error_code=None, state=known.state, substate=known.substate,
                            severity=known.floor, floor=known.floor, first_seen=known.first_seen,
                            last_seen=known.last_seen, count=known.count, generation=thing.generation)  # fmt: skip
        # As ``store.health.fresh``: about its own time, however late it is looked at.
        near = slice(
            bisect_right(self._opened, thing.opened - MINUTE), bisect_right(self._opened, thing.opened + MINUTE)
        )
        situation = policy.Situation(now=now, fresh=Counter(self._severities[near]),
                                     told={"github": len(self._told)})  # fmt: skip
        for action in policy.plan(incident, self._specs, receipts=thing.receipts, config=self._policy,
                                  situation=situation):  # fmt: skip
            self._act(thing, incident, action, now)
        if not thing.asked and known.state is State.OPEN:
            self._ask(thing)

    def _act(self, thing: Thing, incident: Incident, action: policy.Action, now: int) -> None:
        name = action.channel
        if action.mode is Mode.DIGEST and action.into == policy.STORM:
            began = self._storms.get(name)
            if began is None or now - began > STORM_SECONDS * NANOSECONDS:
                self._storms[name] = now
                self._write(name, "storm messages", now)
            self.seen[f"{name}: listed in a storm"] += 1
            thing.receipts[name] = {**told(incident), "digest": policy.STORM}
        elif action.mode is Mode.DIGEST:
            self._digest += 1
            self.seen[f"{name}: in digests"] += 1
        elif action.mode is Mode.SEND:
            first = name not in thing.receipts
            thing.receipts[name] = {**told(incident), "sent_at": now}
            self._write(name, f"{incident.severity} {'new' if first else 'again'}", now)
            if name == "github" and first:
                self._told.append(now)
        elif action.mode is Mode.EDIT:
            self._write(name, "edits", now)

    def _write(self, name: str, what: str, now: int) -> None:
        self.seen[f"{name}: {what}"] += 1
        if name == "discord":
            self.messages.append(now)

    def hour(self) -> None:
        """The end of an hour: the digest."""
        if self._digest:
            self._write("discord", "digests", self.clock.now())
        self._digest = 0

    def deliver(self, until: float) -> None:
        """Let messages out as Discord's headers allow, to ``until`` (s of the clock's own)."""
        at = self.clock.monotonic()
        while self.messages:
            at += self._limits.wait(_At(at), "webhook")
            if at >= until:
                return
            decided = self.messages.popleft()
            waited = (self.clock.now() - decided) / NANOSECONDS + at - self.clock.monotonic()
            self.slowest_message = max(self.slowest_message, waited)
            if at >= self._reset - 1e-9:
                self._used, self._reset = 0, at + DISCORD[1]
            self._used += 1
            headers = {"x-ratelimit-remaining": str(DISCORD[0] - self._used),
                       "x-ratelimit-reset-after": str(self._reset - at)}  # fmt: skip
            answer = HttpAnswer(200, headers, b"{}")
            self._limits.learn(_At(at), answer, key="webhook", everything="discord")

    def _ask(self, thing: Thing) -> None:
        thing.asked = True
        purse = Purse(self._ledger, self.clock, self._diagnose.budget, self._prices, fingerprint=str(thing.number),
                      generation=thing.generation)  # fmt: skip
        for model in self._rungs:
            try:
                ticket = purse.reserve(model, "diagnose", QUESTION_BYTES, self._diagnose.max_tokens)
            except OverBudgetError:
                self.seen[f"model: {model} refused by a cap"] += 1
                continue
            purse.paid(ticket, QUESTION)
            self.seen[f"model: {model} asked"] += 1
            self._models_free = max(self._models_free, self.clock.monotonic()) + MODEL_SECONDS / MODEL_WORKERS
            return

    def spend(self) -> float:
        """US dollars within the last 24 hours."""
        return self._ledger.spent(self.clock.now()).day / NANO

    def model_wait(self) -> float:
        """Seconds that the next question would wait."""
        return max(0.0, self._models_free - self.clock.monotonic())


class _At(msgspec.Struct, frozen=True):
    """A clock at one moment, for RateLimits."""

    at: float

    def monotonic(self) -> float:
        return self.at

    def now(self) -> int:
        return int(self.at * NANOSECONDS)

    def sleep(self, seconds: float) -> None:
        raise AssertionError("nobody sleeps in a simulation")
