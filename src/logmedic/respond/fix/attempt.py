"""One attempt: a fresh tree, the agent, then the gate and the proof on what it left there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from logmedic.errors import ShellError
from logmedic.model import Incident, Stack, Text
from logmedic.respond.fix import prompts
from logmedic.respond.fix.agent import Agent, Brief
from logmedic.respond.fix.case import Lesson, case
from logmedic.respond.fix.config import FixConfig
from logmedic.respond.fix.gateway import Gateway, Meter
from logmedic.respond.fix.needs import Needs
from logmedic.respond.fix.report import Attempt, Checks, Finding
from logmedic.respond.fix.transcript import Run
from logmedic.respond.fix.workspace import Author, Workspace
from logmedic.respond.text import one_line

_NOTHING = Text("the agent changed nothing", "에이전트가 아무것도 바꾸지 않음")
_BLOCKED = Text("the gate does not let the change through", "변경이 검사를 통과하지 못함")
_PROVED = Text("proved by a test", "테스트로 증명됨")
# What the CLI is told to leave alone, so that it does not waste its turns; the gate decides.
DENIED = (
    ".git", ".git/**", ".github/**", ".gitlab-ci.yml", ".gitmodules", ".gitattributes", ".claude/**", ".mcp.json",
    "CLAUDE.md", "AGENTS.md", "**/CODEOWNERS", "**/Dockerfile*", "**/*.lock", "**/package-lock.json", "**/go.sum",
)  # fmt: skip


class Purse(Meter, Protocol):
    """The money of one fix."""

    @property
    def cost_usd(self) -> float | None:
        """``None`` once a price was not known."""
        ...


class Bench(msgspec.Struct, frozen=True):
    """What attempts are made with."""

    config: FixConfig
    workspace: Workspace
    agent: Agent
    gateway: Callable[[Meter], Gateway]
    checks: Checks


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What one fix is about."""

    key: str
    incident: Incident
    stack: Stack | None
    base: str
    message: str  # of the commit
    at: int  # s since the epoch, of the commit


def attempt(bench: Bench, job: Job, needs: Needs, *, number: int, lessons: Sequence[Lesson], purse: Purse) -> Attempt:
    """Raises :class:`ShellError`: git or the sandbox could not do their part."""
    name = f"{job.key}-{number}"
    with bench.workspace.borrowed(job.base, name) as tree:
        run = bench.agent.work(tree.path, _brief(bench.config, job, lessons), bench.gateway(purse))
        made = Attempt(number=number, outcome=_NOTHING, said=run.said, turns=run.turns, requests=run.requests,
                       denied=run.denied, refused=run.refused, seconds=run.seconds)  # fmt: skip
        try:
            fix = bench.workspace.snapshot(tree, message=job.message, author=author(bench.config), at=job.at)
        except ShellError as error:
            said = one_line(str(error), 200)
            return msgspec.structs.replace(made, outcome=Text(f"what the agent left cannot be committed: {said}",
                                                              f"에이전트의 결과를 커밋할 수 없음: {said}"))  # fmt: skip
    files = bench.workspace.changed(job.base, fix)
    if not files:
        return msgspec.structs.replace(made, outcome=run.failure or _NOTHING)
    made = msgspec.structs.replace(made, commit=fix, files=files)
    findings = bench.checks.gate(job.base, fix)
    if findings:
        return msgspec.structs.replace(made, outcome=_after(run, _BLOCKED), findings=findings)
    proof = bench.checks.prove(job.base, fix, name=f"{name}-p", incident=job.incident, stack=job.stack, needs=needs)
    made = msgspec.structs.replace(made, proof=proof)
    if proof.failure is not None:
        return msgspec.structs.replace(made, outcome=_after(run, proof.failure))
    return msgspec.structs.replace(made, outcome=_PROVED, proved=True)


def _after(run: Run, why: Text) -> Text:
    if run.failure is None:
        return why
    return Text(f"{why.en} ({run.failure.en})", f"{why.ko} ({run.failure.ko})")


def author(config: FixConfig) -> Author:
    name, _, address = config.author.partition(" <")
    return Author(name, address.rstrip(">"))


def _brief(config: FixConfig, job: Job, lessons: Sequence[Lesson]) -> Brief:
    return Brief(
        rules=prompts.load(),
        case=case(job.incident, job.stack, lessons),
        denied=(*DENIED, *config.protected),
        model=config.model,
        turns=config.turns,
        seconds=config.agent_s,
        most_tokens=config.max_tokens,
    )


def lesson(made: Attempt) -> Lesson:
    """What the next attempt is told of this one."""
    said = [_told(finding) for finding in made.findings]
    if made.proof is not None and made.proof.failure is not None:
        said += [line for line in made.proof.transcript.splitlines() if line.strip()][-12:]
    return Lesson(what=f"Attempt {made.number} was refused: {made.outcome.en}.", said=said)


def _told(finding: Finding) -> str:
    place = f"{finding.path}:{finding.line}" if finding.line else finding.path
    return f"{place}: {finding.why.en} ({finding.rule})"
