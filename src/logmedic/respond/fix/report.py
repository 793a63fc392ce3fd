"""What was done in a fix and what came of it, as it is stored, shown and told. Types only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec

from logmedic.model import Incident, Stack, Text
from logmedic.respond.fix.needs import Needs
from logmedic.respond.fix.workspace import Tree


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something in a change that the gate does not let through."""

    rule: str
    path: str
    line: int = 0  # 1-based, in the new file; 0: the file as a whole
    why: Text


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """The whole suite on the code as it runs. ``failure``: why it is nothing to measure a fix by."""

    failure: Text | None
    command: str = ""
    summary: str = ""


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """``failure``: why it proves nothing. ``transcript``: the commands, and what they said at their ends."""

    failure: Text | None
    tests: tuple[str, ...] = ()
    transcript: str = ""


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the agent, with what the gate and the tests said of it."""

    number: int
    outcome: Text
    proved: bool = False
    commit: str = ""
    files: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    proof: Proof | None = None
    said: str = ""  # the agent's last words; nobody has checked them
    turns: int = 0
    requests: int = 0
    denied: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    seconds: float = 0.0


class Report(msgspec.Struct, frozen=True, kw_only=True):
    model: str = ""
    prompt: str = ""
    sandbox: str = ""
    agent: str = ""  # the CLI's version
    baseline: Baseline | None = None
    attempts: tuple[Attempt, ...] = ()
    cost_usd: float | None = 0.0  # None: a price was not known

    @property
    def last(self) -> Attempt | None:
        return self.attempts[-1] if self.attempts else None


# Made here, before there are threads; see ``store.store``.
_REPORT = msgspec.json.Decoder(Report)


def cleaned(report: Report, clean: Callable[[str], str]) -> Report:
    """The same without secrets: tests, agents and files may say some."""

    def both(text: Text) -> Text:
        return Text(clean(text.en), clean(text.ko))

    def attempt(made: Attempt) -> Attempt:
        proof = made.proof
        if proof is not None:
            failure = proof.failure and both(proof.failure)
            proof = msgspec.structs.replace(proof, failure=failure, transcript=clean(proof.transcript))
        findings = tuple(msgspec.structs.replace(each, why=both(each.why)) for each in made.findings)
        return msgspec.structs.replace(
            made, outcome=both(made.outcome), said=clean(made.said), findings=findings, proof=proof
        )

    base = report.baseline
    if base is not None:
        base = msgspec.structs.replace(base, failure=base.failure and both(base.failure), summary=clean(base.summary))
    return msgspec.structs.replace(report, baseline=base, attempts=tuple(map(attempt, report.attempts)))


def decode(text: str) -> Report:
    return _REPORT.decode(text)


class Checks(Protocol):
    """Who judges a change: the gate by its text, the tests by running it."""

    def baseline(self, tree: Tree, needs: Needs) -> Baseline:
        """Run the whole suite on a tree of the base. Raises :class:`logmedic.errors.ShellError`."""
        ...

    def gate(self, base: str, fix: str) -> tuple[Finding, ...]:
        """What is not let through; both are commits of our repository."""
        ...

    def prove(self, base: str, fix: str, *, name: str, incident: Incident, stack: Stack | None, needs: Needs) -> Proof:
        """Run the new tests on both, then the whole suite. ``name``: of the trees that it makes and removes."""
        ...
