"""START HERE: a model's report on a case, from the evidence to the verified diagnosis, or the reason why there is none.

The ladder: the full model, then the fallback, then the cheap one, each only if the budget and the time that is left
allow it; and when none answers, the offline verdict, which has gone out already, stands.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol, TypeVar

import msgspec

from logmedic.doors import Clock
from logmedic.errors import LogmedicError, StoreError
from logmedic.investigate.claude import doubt, mapping, material, prompts, reuse
from logmedic.investigate.claude.breaker import Breaker
from logmedic.investigate.claude.config import DiagnoseConfig
from logmedic.investigate.claude.material import Material
from logmedic.investigate.claude.models import Ladder, ModelName
from logmedic.investigate.claude.outcome import Declined, Enriched, choose, joined
from logmedic.investigate.claude.purse import Books, Purse
from logmedic.investigate.evidence import Dossier, Redactor, gather
from logmedic.investigate.interface import Case, Investigator
from logmedic.investigate.judge import sums_up
from logmedic.investigate.verify import verify
from logmedic.model import Diagnosis, Severity, Text
from logmedic.store.ledger import Report

if TYPE_CHECKING:
    from pydantic import BaseModel

    from logmedic.investigate.claude.reply import Reply

    T = TypeVar("T", bound=BaseModel)

log = logging.getLogger("logmedic")
_ASKED_BEFORE = Text(
    "asked before, without an answer that could be upheld; code and rate are as then",
    "이전 답변이 검증을 통과하지 못했고, 코드와 발생 빈도가 그때와 같아 다시 묻지 않음",
)
_SUMS_UP = Text(
    "it counts errors that have incidents of their own, which are asked about",
    "오류마다 별도의 인시던트가 있고 거기에서 묻기 때문에 따로 묻지 않음",
)
_SERVES = Text("the earlier report serves, code and rate are as then", "코드와 발생 빈도가 같아 이전 보고서를 사용함")


class Memory(Books, Protocol):
    """What :class:`logmedic.store.ledger.Ledger` offers."""

    def report(self, fingerprint: str) -> Report | None: ...

    def save_report(self, fingerprint: str, report: Report) -> None: ...


class ClaudeInvestigator:
    """Enriches an offline verdict. Serves several threads; each investigation has its own connection."""

    name = "claude"

    def __init__(
        self,
        *,
        config: DiagnoseConfig,
        ladder: Ladder,
        keys: Mapping[str, str],
        ledger: Memory,
        clock: Clock,
        redactor: Redactor,
        offline: Investigator,
        breaker: Breaker | None = None,
    ) -> None:
        """``keys``: API keys by provider; only Anthropic's is ours to hold."""
        self._config = config
        self._ladder = ladder
        self._keys = keys
        self._ledger = ledger
        self._clock = clock
        self._redactor = redactor
        self._offline = offline
        self._breaker = breaker or Breaker()

    def investigate(self, case: Case) -> Diagnosis:
        """The model's report, or the offline verdict when there is none."""
        verdict = self._offline.investigate(case)
        outcome = self.enrich(case, verdict)
        if isinstance(outcome, Enriched):
            return outcome.diagnosis
        log.warning("no model's report: %s", outcome.reason.en)
        return verdict

    def recall(self, case: Case, verdict: Diagnosis) -> Diagnosis | None:
        """A report made earlier that still serves, so that the first message carries it. Asks nobody."""
        try:
            report = self._ledger.report(case.incident.fingerprint)
        except StoreError:
            return None
        if report is None or report.diagnosis.engine != self.name:
            return None
        dossier = gather(case, self._redactor)
        return None if self._stale(report, case, dossier) else reuse.again(report.diagnosis, verdict)

    def enrich(self, case: Case, verdict: Diagnosis) -> Enriched | Declined:
        """Ask a model, unless there is a reason not to. Never raises for what a log, a model or a network does."""
        least = self._config.min_severity
        if verdict.severity.rank < least.rank:
            below = f"{verdict.severity} < diagnose.min_severity = {least}"
            return Declined(Text(f"not severe enough: {below}", f"심각도가 기준보다 낮음: {below}"), routine=True)
        if sums_up(case.samples[0]):
            return Declined(_SUMS_UP, routine=True)
        dossier = gather(case, self._redactor)
        try:
            report = self._ledger.report(case.incident.fingerprint)
            if report is not None and not self._stale(report, case, dossier):
                return self._known(report, verdict)
            return self._ask(case, verdict, dossier)
        except StoreError as error:
            return Declined(Text(str(error), str(error)))

    def _stale(self, report: Report, case: Case, dossier: Dossier) -> str | None:
        days = self._config.reuse_days
        return reuse.stale(report, basis=reuse.basis(dossier), incident=case.incident, now=case.now, days=days)

    def _known(self, report: Report, verdict: Diagnosis) -> Enriched | Declined:
        if report.diagnosis.engine != self.name:
            return Declined(_ASKED_BEFORE, routine=True)
        earlier = reuse.again(report.diagnosis, verdict)
        told = Text(f"{earlier.model}: {_SERVES.en}", f"{earlier.model}: {_SERVES.ko}")
        return Enriched(earlier, told, news=True)

    def _ask(self, case: Case, verdict: Diagnosis, dossier: Dossier) -> Enriched | Declined:
        incident = case.incident
        shown = material.render(dossier, verdict, incident, self._config.evidence_chars)
        purse = Purse(self._ledger, self._clock, self._config.budget, self._config.prices,
                      fingerprint=incident.fingerprint, generation=incident.generation)  # fmt: skip
        until = self._clock.monotonic() + self._config.deadline_s

        def left() -> float:
            return until - self._clock.monotonic()

        why: list[Text] = []
        for model in self._ladder.rungs:
            reply, another = self._reply(model, shown, purse, left, why)
            if reply is not None:
                break
            if not another:
                return Declined(joined(why))
        else:
            return Declined(joined(why))
        diagnosis = self._verified(reply, case, verdict, dossier, shown)
        if self._config.second_look and diagnosis.severity is Severity.CRITICAL:
            diagnosis = self._second_look(diagnosis, case, shown, purse, left)
        spent = msgspec.structs.replace(
            diagnosis, model=str(model), tokens=purse.tokens.input + purse.tokens.output, cost_usd=purse.cost_usd
        )
        outcome = choose(verdict, spent, str(model))
        kept = Report(at=case.now, basis=reuse.basis(dossier), rate=reuse.rate(incident), diagnosis=outcome.diagnosis)
        self._ledger.save_report(incident.fingerprint, kept)
        if not why:
            return outcome
        told, before = outcome.reason, joined(why)
        both = Text(f"{told.en} (after: {before.en})", f"{told.ko} (그 전에: {before.ko})")
        return msgspec.structs.replace(outcome, reason=both)

    def _reply(
        self, model: ModelName, shown: Material, purse: Purse, left: Callable[[], float], why: list[Text]
    ) -> tuple[Reply | None, bool]:
        """The answer of one rung, else ``None`` and whether the next one makes sense; ``why`` gets the reason."""
        from logmedic.investigate.claude import calling  # noqa: PLC0415  pydantic-ai takes 2 s of CPU to import
        from logmedic.investigate.claude.metering import Limits  # noqa: PLC0415
        from logmedic.investigate.claude.reply import Reply  # noqa: PLC0415

        pause = self._breaker.pause(str(model), self._clock.monotonic())
        if pause:
            why.append(
                Text(
                    f"{model} has failed several times in a row and is left alone for {pause:.0f} s more",
                    f"{model}이(가) 연달아 실패하여 {pause:.0f}초 동안 요청하지 않음",
                )
            )
            return None, True
        question = calling.Question(
            purpose="diagnose", instructions=prompts.load(prompts.DIAGNOSE), material=shown.text
        )
        try:
            reply = calling.ask(
                question, Reply, model, key=self._keys.get(model.provider), purse=purse,
                limits=Limits(self._config, left),
            )  # fmt: skip
        except StoreError:
            raise
        except LogmedicError as error:
            if not isinstance(error, calling.UnansweredError):
                why.append(Text(str(error), str(error)))
                return None, True
            why.append(error.said)
            if error.down:
                self._breaker.failed(str(model), self._clock.monotonic())
            return None, error.another
        self._breaker.worked(str(model))
        return reply, False

    def _verified(self, reply: Reply, case: Case, verdict: Diagnosis, dossier: Dossier, shown: Material) -> Diagnosis:
        seen = tuple(item for item in dossier.evidence if item.id in shown.shown)
        mapped = mapping.to_diagnosis(reply, seen, verdict, self._redactor.text)
        return verify(mapped.diagnosis, case, instead=verdict, dropped=mapped.dropped)

    def _second_look(
        self, diagnosis: Diagnosis, case: Case, shown: Material, purse: Purse, left: Callable[[], float]
    ) -> Diagnosis:
        """The diagnosis after the cheap model has argued against it; unchanged when that cannot be had."""
        from logmedic.investigate.claude import calling  # noqa: PLC0415  loaded by now
        from logmedic.investigate.claude.metering import Limits  # noqa: PLC0415
        from logmedic.investigate.claude.reply import Doubt  # noqa: PLC0415

        model = self._ladder.cheap or self._ladder.full
        question = calling.Question(purpose="doubt", instructions=prompts.load(prompts.DOUBT),
                                    material=doubt.question(shown, diagnosis))  # fmt: skip
        try:
            objection = calling.ask(
                question, Doubt, model, key=self._keys.get(model.provider), purse=purse,
                limits=Limits(self._config, left),
            )  # fmt: skip
        except StoreError:
            raise
        except LogmedicError:
            return diagnosis
        return doubt.weigh(diagnosis, objection, case, self._redactor.text)
