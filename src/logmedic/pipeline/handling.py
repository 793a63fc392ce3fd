"""What the engine runs for an incident: find out what broke, decide who hears of it, tell them. Each a durable step."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import msgspec

from logmedic.doors import Clock, Git
from logmedic.engine import Step
from logmedic.investigate.changes.changelist import ChangeList
from logmedic.investigate.claude.outcome import Declined, Enriched
from logmedic.investigate.episode import episode
from logmedic.investigate.interface import Case, History, Investigator, LogContext
from logmedic.model import (
    NANOSECONDS,
    Diagnosis,
    Incident,
    Level,
    LogRecord,
    Neighbour,
    Outcome,
    Reason,
    Ref,
    Result,
    Text,
)
from logmedic.respond.interface import Mode, Notice, told
from logmedic.respond.policy import Action
from logmedic.respond.retry import RetryConfig, put_off
from logmedic.store.deliveries import Deliveries
from logmedic.store.digests import Digests
from logmedic.store.store import Store

REPORT = ":report"  # ends the keys of what is told a second time in one generation
MOST_NEIGHBOURS = 40  # incidents of other services that are looked at beside one

log = logging.getLogger("logmedic")


# Made here, before there are threads; see ``store.store``.
_ACTIONS = msgspec.json.Decoder(list[Action])

Receipts = Mapping[str, Mapping[str, Any]]
Plan = Callable[[Incident, Receipts], Sequence[Action]]
"""The policy over the configured channels, given what each was last told."""
Deliver = Callable[[Notice], Outcome]
"""One responder with its retries around it."""


class Deeper(Protocol):
    """Who may know more than the first verdict, later and for money."""

    def recall(self, case: Case, verdict: Diagnosis) -> Diagnosis | None:
        """A report made earlier that still serves. Asks nobody."""
        ...

    def enrich(self, case: Case, verdict: Diagnosis) -> Enriched | Declined: ...


class Witness(Protocol):
    """Told what happens, by whichever thread does it; must be quick."""

    def raised(self, incident: Incident) -> None:
        """People are about to hear of it; its diagnosis is stored."""
        ...

    def delivered(self, incident: Incident, channel: str, outcome: Outcome, again: float | None) -> None:
        """What became of one try to tell a channel. ``again``: after how many seconds it is tried again."""
        ...


class Nobody:
    """A witness for runs that nobody watches."""

    def raised(self, incident: Incident) -> None:
        pass

    def delivered(self, incident: Incident, channel: str, outcome: Outcome, again: float | None) -> None:
        pass


def no_page(incident_id: int) -> str | None:
    """Where there is no dashboard that others can reach."""


class Handling:
    """The workflow ``incident:<fingerprint>:<generation>``, and ``diagnosis:…``, which may follow it."""

    def __init__(
        self,
        *,
        store: Store,
        investigator: Investigator,
        deeper: Deeper | None = None,
        logs: LogContext,
        git: Git | None,
        plan: Plan,
        channels: Mapping[str, Deliver],
        clock: Clock,
        language: str,
        retry: RetryConfig,
        witness: Witness,
        link: Callable[[int], str | None] = no_page,
    ) -> None:
        """``link``: the address of an incident's page, where people can reach one."""
        self._store = store
        self._investigator = investigator
        self._deeper = deeper
        self._logs = logs
        self._git = git
        self._plan = plan
        self._channels = channels
        self._clock = clock
        self._language = language
        self._retry = retry
        self._witness = witness
        self._link = link
        self._deliveries = Deliveries(store.database)
        self._digests = Digests(store.database)

    def run(self, incident_id: int, generation: int, step: Step) -> float | None:
        """Investigate, then act by policy. Safe to run again from any point.

        Returns after how many seconds to come back for what could not be delivered, ``None`` when all is done.
        """
        step("investigate", lambda: self._look_into(incident_id, generation))
        planned = step("plan", lambda: self._planned(incident_id))
        waits: list[float] = []
        for action in _ACTIONS.decode(planned):
            wait = step(f"respond:{action.channel}", partial(self._respond, incident_id, generation, action))
            if wait is not None:
                waits.append(wait)
        if waits:
            return min(waits)
        step("done", lambda: self._store.mark_handled(incident_id, generation))
        return None

    @property
    def goes_deeper(self) -> bool:
        """Whether :meth:`deepen` has anybody to ask."""
        return self._deeper is not None

    def deepen(self, incident_id: int, generation: int, step: Step) -> float | None:
        """After people have been told: ask a model, and show what it adds in the same messages.

        Returns as :meth:`run` does. A model is asked once for a generation, whatever becomes of the messages.
        """
        if step("ask", lambda: self._ask(incident_id)) != "news":
            return None
        planned = step("plan again", lambda: self._planned(incident_id))
        waits: list[float] = []
        for action in _ACTIONS.decode(planned):
            act = partial(self._respond, incident_id, generation, action, again=REPORT)
            wait = step(f"respond again:{action.channel}", act)
            if wait is not None:
                waits.append(wait)
        return min(waits, default=None)

    def _ask(self, incident_id: int) -> str:
        """Have the verdict enriched, and store what comes of it. Returns "news" when people should see it."""
        incident = self._incident(incident_id)
        verdict = incident.diagnosis
        if self._deeper is None or verdict is None or incident.merged_into is not None:
            return "nobody"
        if verdict.engine != self._investigator.name:
            # Recalled, and told in the first message; or bought in an earlier life of this workflow, and not told yet.
            return "news" if verdict.tokens else "known"
        try:
            outcome = self._deeper.enrich(self._case(incident, None), verdict)
        except Exception as error:  # noqa: BLE001  an incident is whole without a model, whatever goes wrong with one
            log.error("incident %d: no model's report: %s: %s", incident_id, type(error).__name__, error)  # noqa: TRY400
            outcome = Declined(Text(*[f"{type(error).__name__}: {error}"[:500]] * 2))
        if isinstance(outcome, Enriched):
            self._store.save_diagnosis(incident_id, outcome.diagnosis, self._clock.now())
        if not (isinstance(outcome, Declined) and outcome.routine):
            event = "model asked" if isinstance(outcome, Enriched) else "no model's report"
            why = Reason("model", {"en": outcome.reason.en, "ko": outcome.reason.ko})
            self._store.note(incident_id, self._clock.now(), event=event, reason=why)
        return "news" if isinstance(outcome, Enriched) and outcome.news else "no news"

    def _look_into(self, incident_id: int, generation: int) -> str:
        """Investigate, unless this is only another try to tell people what was found."""
        if self._deliveries.begun(self._incident(incident_id).fingerprint, generation):
            return "known"
        found = self.investigate(incident_id)
        self._witness.raised(self._incident(incident_id))
        return found

    def investigate(self, incident_id: int) -> str:
        """Diagnose and store the diagnosis. Returns what became of it."""
        incident = self._incident(incident_id)
        if incident.merged_into is not None:
            return "merged"  # the incident that took it in tells people
        try:
            _, diagnosis = self.diagnose(incident)
            if self._deeper is not None:
                diagnosis = self._deeper.recall(self._case(incident, None), diagnosis) or diagnosis
        except Exception as error:  # noqa: BLE001  an alert goes out even when its diagnosis fails in an unforeseen way
            reason = f"{type(error).__name__}: {error}"
            log.error("incident %d could not be diagnosed: %s", incident_id, reason)  # noqa: TRY400  one line for people
            self._store.note(incident_id, self._clock.now(), event="not diagnosed", reason=reason[:500])
            return "failed"
        self._store.save_diagnosis(incident_id, diagnosis, self._clock.now())
        return diagnosis.status.value

    def diagnose(
        self, incident: Incident, *, changes: ChangeList | None = None, follow: bool = False
    ) -> tuple[Incident, Diagnosis]:
        """What broke, by the stored samples and what the sources, the repository and the history still say.

        ``changes``: a list that stands in for the log of the repository.
        ``follow``: diagnose the incident that this one came from, where another service failed first.
        """
        case = self._case(incident, changes)
        if follow:
            cascade, *_ = episode(case)
            if cascade.root is not None and cascade.root.id != incident.id:
                incident = self._incident(cascade.root.id)
                case = self._case(incident, changes)
        return incident, self._investigator.investigate(case)

    def _case(self, incident: Incident, changes: ChangeList | None) -> Case:
        return Case(
            incident=incident,
            samples=tuple(self._store.samples(incident.id)),
            logs=_Remembered(self._logs),
            history=_StoreHistory(self._store),
            git=self._git,
            changes=changes,
            now=self._clock.now(),
        )

    def _planned(self, incident_id: int) -> str:
        incident = self._incident(incident_id)
        if incident.merged_into is not None:
            return "[]"
        receipts = {channel: self._store.receipt(incident_id, channel) for channel in self._channels}
        heard = {channel: receipt for channel, receipt in receipts.items() if receipt is not None}
        heard = {**self._deliveries.listed(incident_id), **heard}
        return msgspec.json.encode(self._plan(incident, heard)).decode()

    def _respond(self, incident_id: int, generation: int, action: Action, again: str = "") -> float | None:
        """Act once. Returns in how many seconds another try makes sense, ``None`` when this is settled.

        ``again``: ends the key of what is told a second time in one generation.
        """
        incident = self._incident(incident_id)
        key = f"{incident.fingerprint}:{generation}:{action.channel}{again}"
        now = self._clock.now()
        earlier = self._store.begin_effect(key, incident_id, generation, action.channel, now)
        if earlier is not None:
            return None
        pause = None
        if incident.merged_into is not None:
            outcome = Outcome(Result.SKIPPED, f"merged into incident {incident.merged_into}")
        elif action.mode is Mode.SKIP:
            outcome = Outcome(Result.SKIPPED, action.reason)
        elif action.mode is Mode.DIGEST:
            self._digests.hold(action.into, action.channel, incident, action.reason, now)
            outcome = Outcome(Result.SKIPPED, action.reason, {**told(incident), "digest": action.into})
        elif action.mode is Mode.WAIT:
            until = action.until or now
            outcome = Outcome(Result.DEFERRED, action.reason, {"retry_at": until, "held": True})
            pause = max((until - now) / NANOSECONDS, 1.0)
        else:
            outcome, pause = self._tell(incident, action, key)
        self._store.end_effect(key, outcome, self._clock.now())
        self._witness.delivered(incident, action.channel, outcome, pause)
        return pause

    def _tell(self, incident: Incident, action: Action, key: str) -> tuple[Outcome, float | None]:
        """Through the channel. Returns what is to be stored, and after how many seconds to try again."""
        receipt = self._store.receipt(incident.id, action.channel)
        notice = Notice(
            incident=incident,
            language=self._language,
            key=key,
            receipt=receipt,
            mode=action.mode,
            mention=action.mention,
            url=self._link(incident.id),
        )
        earlier_try = self._deliveries.last_receipt(key)
        outcome = self._channels[action.channel](notice)
        now = self._clock.now()
        if outcome.result is Result.SENT:
            sent_at = now if action.mode is Mode.SEND else (receipt or {}).get("sent_at")
            known = {} if sent_at is None else {"sent_at": sent_at}
            outcome = msgspec.structs.replace(outcome, receipt={**outcome.receipt, **known})
        return put_off(outcome, earlier_try, now, self._retry)

    def _incident(self, incident_id: int) -> Incident:
        incident = self._store.incident(incident_id)
        assert incident is not None, f"incident {incident_id} was enqueued in the transaction that stored it"
        return incident


class _Remembered(LogContext):
    """For one investigation, which asks for the same lines several times."""

    def __init__(self, logs: LogContext) -> None:
        self._logs = logs
        self._requests: dict[tuple[str, int, int], Sequence[LogRecord]] = {}
        self._around: dict[tuple[Ref, int, int], Sequence[LogRecord]] = {}

    def around(self, record: LogRecord, before: int, after: int) -> Sequence[LogRecord]:
        asked = (record.ref, before, after)
        if asked not in self._around:
            self._around[asked] = self._logs.around(record, before, after)
        return self._around[asked]

    def by_request(self, request_id: str, since: int, until: int) -> Sequence[LogRecord]:
        asked = (request_id, since, until)
        if asked not in self._requests:
            self._requests[asked] = self._logs.by_request(*asked)
        return self._requests[asked]


class _StoreHistory(History):
    def __init__(self, store: Store) -> None:
        self._store = store
        self._beside: dict[tuple[int, int, int], list[Neighbour]] = {}

    def similar(self, incident: Incident, limit: int) -> Sequence[Incident]:
        return self._store.similar(incident, limit)

    def error_counts(self, service: str, since: int, until: int) -> int:
        return self._store.error_counts(service, since, until)

    def beside(self, incident: Incident, since: int, until: int) -> Sequence[Neighbour]:
        asked = (incident.id, since, until)
        if asked not in self._beside:
            found = self._store.elsewhere(incident.service, since, until, MOST_NEIGHBOURS)
            self._beside[asked] = [n for n in found if n.record.level >= Level.ERROR]
        return self._beside[asked]
