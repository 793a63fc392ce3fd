"""START HERE: a fix from the decision to the draft pull request, as durable steps.

Each step reads what is there before it acts: the row of the fix, the branch, the pull request, the comment. So it may
run again from any point, whatever died in between, and there is one branch and one pull request at most.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial

import msgspec

from logmedic.doors import Clock
from logmedic.engine import Step
from logmedic.errors import DeliveryError, ShellError, StoppedError
from logmedic.model import NANOSECONDS, Incident, Reason, Sample, Severity, Text
from logmedic.respond.fix import asking, body, prompts
from logmedic.respond.fix.attempt import Bench, Job, Purse, attempt, lesson
from logmedic.respond.fix.case import Lesson
from logmedic.respond.fix.config import FixConfig
from logmedic.respond.fix.desk import Desk, TakenError
from logmedic.respond.fix.needs import Needs, provide
from logmedic.respond.fix.phrases import COMMIT
from logmedic.respond.fix.report import Report, cleaned, decode
from logmedic.respond.fix.sandbox.interface import Sandbox
from logmedic.store.fixes import Fix, Fixes
from logmedic.store.rows import json
from logmedic.store.store import Store

log = logging.getLogger("logmedic")
_NO_COMMIT = Text("the commit that runs is not known: the repository has none", "실행 중인 커밋을 알 수 없음")
_REHEARSED = Text("proved; nothing was pushed", "증명됨; 푸시하지 않음")
_GONE = Text("the incident is gone", "인시던트가 없음")
STOPPED_SECONDS = 1.0  # until the next process goes on with it
BUSY_SECONDS = 30.0  # until another process that works on the same fix is looked after again
NEVER = 3 * 24 * 3_600 * NANOSECONDS  # after which what could not be offered is given up


def branch(key: str) -> str:
    return f"logmedic/fix-{key}"


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of other parts."""

    running: Callable[[Incident, Sequence[Sample]], str | None]  # the commit that the service runs
    purse: Callable[[Fix], Purse]
    issue: Callable[[int], int | None]  # the number of an incident's issue
    sandbox: Sandbox
    clean: Callable[[str], str]  # takes secrets out of a text


class Fixer:
    """Raises :class:`logmedic.errors.StoreError`; what goes wrong otherwise becomes the reason of the fix."""

    def __init__(
        self,
        *,
        config: FixConfig,
        store: Store,
        bench: Bench,
        desk: Callable[[], Desk],
        around: Surroundings,
        clock: Clock,
        language: str,
    ) -> None:
        """``desk``: made when something is to be offered; a rehearsal needs none."""
        self._config = config
        self._store = store
        self._fixes = Fixes(store.database)
        self._bench = bench
        self._make_desk = desk
        self._around = around
        self._clock = clock
        self._language = language

    def run(self, incident_id: int, generation: int, step: Step) -> float | None:
        """Unasked, as the engine's handler: returns in how many seconds to come back, ``None`` when all is done."""
        key = step("begin", lambda: self._begin_unasked(incident_id, generation))
        return None if not key else self.carry_on(key, step)

    def _begin_unasked(self, incident_id: int, generation: int) -> str:
        incident = self._store.incident(incident_id)
        if incident is None:
            return ""
        begun = self._fixes.standing(incident.fingerprint, self._clock.now()).under_way
        if begun is not None and not begun.dry:
            return begun.key
        if incident.generation != generation:
            return ""
        begin = self.begin(incident, asked=False, dry=False, actor="logmedic")
        if isinstance(begin, Fix):
            return begin.key
        if incident.severity is Severity.CRITICAL:
            self._note(incident_id, "no fix", begin)
        return ""

    def left(self) -> list[tuple[int, str, int]]:
        """(incident id, fingerprint, generation) of fixes that are begun and not ended; rehearsals left out."""
        return [(fix.incident_id, fix.fingerprint, fix.generation) for fix in self._fixes.under_way()]

    def give_up(self, incident_id: int, why: Text) -> None:
        """End what cannot be gone on with."""
        for fix in self._fixes.under_way():
            if fix.incident_id == incident_id:
                if fix.state in ("running", "proved"):
                    self._fail(fix, why)
                self._end(fix.key)

    def begin(self, incident: Incident, *, asked: bool, dry: bool, actor: str) -> Fix | Text:
        """Begin a fix, or go on with the one that is under way; the reason when there is to be none."""
        return asking.begin(
            self._fixes, incident, self._config, asked=asked, dry=dry, actor=actor, now=self._clock.now()
        )

    def carry_on(self, key: str, step: Step) -> float | None:
        """From wherever it stands to its end. Returns as :meth:`run` does."""
        with self._bench.workspace.held(key) as ours:
            if not ours:
                return BUSY_SECONDS
            try:
                return self._carry_on(key, step)
            except StoppedError:
                return STOPPED_SECONDS

    def _carry_on(self, key: str, step: Step) -> float | None:
        ready = step("tree", lambda: self._settle_base(key)) == "running"
        for number in range(1, self._config.attempts + 1) if ready else ():
            if step(f"attempt {number}", partial(self._attempt, key, number)) != "again":
                break
        step("attempted", lambda: self._close_attempts(key))
        for name, act in (("push", self._push), ("offer", self._offer), ("tell", self._tell)):
            wait = step(name, partial(self._delivered, act, key))
            if wait is not None:
                return wait
        step("done", lambda: self._end(key))
        return None

    def _end(self, key: str) -> None:
        if self.get(key).ended_at is None:
            self._fixes.change(key, ended_at=self._clock.now())

    def get(self, key: str) -> Fix:
        fix = self._fixes.get(key)
        assert fix is not None, f"fix {key} was stored when it began"
        return fix

    # -- trying ----------------------------------------------------------------------------------------------------

    def _settle_base(self, key: str) -> str:
        """The commit that runs, with the suite green on it; else the fix has failed."""
        fix = self.get(key)
        if fix.state != "running" or fix.base:
            return fix.state
        incident = self._store.incident(fix.incident_id)
        if incident is None:
            return self._fail(fix, _GONE)
        base = self._around.running(incident, self._store.samples(incident.id))
        if base is None:
            return self._fail(fix, _NO_COMMIT)
        config = self._config
        try:
            self._bench.workspace.prepare()
            with self._bench.workspace.borrowed(base, f"{key}-0") as tree:
                needs = provide(config, tree, self._bench.workspace.folder, self._around.sandbox)
                baseline = self._bench.checks.baseline(tree, needs)
        except StoppedError:
            raise
        except ShellError as error:
            return self._fail(fix, Text(str(error), str(error)))
        report = Report(
            model=config.model, prompt=prompts.VERSION, sandbox=self._around.sandbox.name, baseline=baseline
        )
        report = cleaned(report, self._around.clean)
        self._fixes.change(key, base=base, report=json(report))
        if baseline.failure is not None:
            return self._fail(fix, baseline.failure)
        return fix.state

    def _attempt(self, key: str, number: int) -> str:
        """Returns "again" when another attempt makes sense."""
        fix = self.get(key)
        if fix.state != "running":
            return fix.state
        report = decode(fix.report)
        if any(made.number == number for made in report.attempts):
            return "again"
        incident = self._store.incident(fix.incident_id)
        if incident is None:
            return self._fail(fix, _GONE)
        purse = self._around.purse(fix)
        samples = self._store.samples(incident.id, limit=1)
        job = Job(
            key=key,
            incident=incident,
            stack=(samples[0].grouping.stack or samples[0].record.stack) if samples else None,
            base=fix.base,
            message=COMMIT.format(id=incident.id),
            at=fix.began_at // NANOSECONDS,
        )
        try:
            needs = self._needs(fix)
            made = attempt(self._bench, job, needs, number=number, lessons=self._lessons(fix, report), purse=purse)
        except StoppedError:
            raise
        except ShellError as error:
            return self._fail(fix, Text(str(error), str(error)))
        report = msgspec.structs.replace(
            report, attempts=(*report.attempts, made), cost_usd=_sum(report.cost_usd, purse.cost_usd)
        )
        report = cleaned(report, self._around.clean)
        state = {"state": "proved", "commit": made.commit} if made.proved else {}
        self._fixes.change(key, report=json(report), **state)
        return "proved" if made.proved else "again"

    def _needs(self, fix: Fix) -> Needs:
        workspace = self._bench.workspace
        workspace.prepare()
        with workspace.borrowed(fix.base, f"{fix.key}-0") as tree:
            return provide(self._config, tree, workspace.folder, self._around.sandbox)

    def _lessons(self, fix: Fix, report: Report) -> list[Lesson]:
        """What was wrong with this fix's attempts, and what became of earlier fixes."""
        earlier = self._fixes.standing(fix.fingerprint, self._clock.now()).earlier[:3]
        return [*filter(None, map(history, earlier)), *map(lesson, report.attempts)]

    def _close_attempts(self, key: str) -> str:
        """A fix that is still running has no attempt left; one that is proved in a rehearsal ends here."""
        fix = self.get(key)
        if fix.state == "running":
            last = decode(fix.report).last
            return self._fail(fix, last.outcome if last is not None else Text("no attempt was made", "시도하지 않음"))
        if fix.state == "proved" and fix.dry:
            self._fixes.change(key, state="rehearsed", reason=_REHEARSED)
        return fix.state

    def _fail(self, fix: Fix, why: Text) -> str:
        why = Text(self._around.clean(why.en), self._around.clean(why.ko))
        self._fixes.change(fix.key, state="failed", reason=why)
        self._note(fix.incident_id, "no fix", why)
        return "failed"

    # -- offering --------------------------------------------------------------------------------------------------

    def _delivered(self, act: Callable[[Fix], None], key: str) -> float | None:
        """Act, and come back later when GitHub or the remote does not take it now."""
        fix = self.get(key)
        if fix.dry:
            return None
        try:
            act(fix)
        except TakenError as error:
            self._fail(fix, Text(str(error), str(error)))
        except DeliveryError as error:
            if error.retry_after is None or self._clock.now() - fix.began_at > NEVER:
                log.error("%s", error)  # noqa: TRY400  one line for people
                if fix.state == "proved":
                    self._fail(fix, Text(str(error), str(error)))
                return None
            log.warning("%s; trying again in %.0f s", error, error.retry_after)
            return error.retry_after
        return None

    def _push(self, fix: Fix) -> None:
        if fix.state == "proved":
            self._make_desk().push(branch(fix.key), fix.commit)

    def _offer(self, fix: Fix) -> None:
        if fix.state != "proved":
            return
        incident = self._store.incident(fix.incident_id)
        if incident is None:
            return
        desk, report = self._make_desk(), decode(fix.report)
        issue = self._around.issue(incident.id)
        text = body.pull_body(incident, report, fix.base, issue, language=self._language, web=desk.web)
        made = report.last
        assert made is not None, "a proved fix has an attempt"
        pull = desk.offer(branch(fix.key), title=body.title(incident, self._language), body=text, paths=made.files)
        self._fixes.change(fix.key, state="offered", pull=pull.number, url=pull.url, fate="open")
        self._store.note(incident.id, self._clock.now(), event="fix offered",
                         reason=Reason("fix-offered", {"pull": pull.number, "url": pull.url}))  # fmt: skip

    def _tell(self, fix: Fix) -> None:
        """The issue hears of the pull request, or why there is none."""
        issue = self._around.issue(fix.incident_id)
        if issue is None or fix.state not in ("offered", "failed"):
            return
        if fix.state == "offered":
            text = body.offered(fix.key, fix.url, self._language)
        else:
            text = body.not_offered(fix.key, fix.reason, decode(fix.report), self._language)
        self._make_desk().say(issue, text, body.marker(fix.key))

    def _note(self, incident_id: int, event: str, why: Text) -> None:
        self._store.note(
            incident_id, self._clock.now(), event=event, reason=Reason("fix", {"en": why.en, "ko": why.ko})
        )


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other


def history(fix: Fix) -> Lesson | None:
    """What an earlier fix teaches the next one, if anything."""
    files = [f"it changed {path}" for made in decode(fix.report).attempts[-1:] for path in made.files[:10]]
    if fix.fate == "closed":
        return Lesson(
            what="An earlier fix was offered, and people closed its pull request without merging it.", said=files
        )
    if fix.fate == "merged" and fix.after:
        return Lesson(what=f"An earlier fix was merged, and the error came back ({fix.after:.1f} an hour).", said=files)
    if fix.state == "failed" and not fix.dry and fix.base:
        return Lesson(what=f"An earlier fix was given up: {fix.reason.en}.", said=files)
    return None
