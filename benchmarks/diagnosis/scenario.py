"""What a made-up outage consists of, where the two halves lie, and what is wrong with one that is not well formed."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

HALVES = {"development": "scenarios", "held-out": "held_out", "varied": "varied", "validation": "validation"}
BLIND = {"held-out", "validation"}
"""Those that nobody reads who works on the ranking."""
NAMED = ("at", "service", "level", "message", "times", "every_s")
BROKEN = {"ERROR", "CRITICAL", "FATAL"}
_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_PATH = re.compile(r"^(?:--- a/|\+\+\+ b/|--- (?!/dev/null)|\+\+\+ (?!/dev/null))(\S+)$", re.MULTILINE)

Cause = Literal[
    "code", "config", "contract", "deletion", "dependency", "flag", "leak", "library", "limit", "permission", "schema",
    "certificate", "client", "credential", "data", "network", "platform", "traffic", "upstream",
]  # fmt: skip
NO_CHANGE = {"certificate", "client", "credential", "data", "network", "platform", "traffic", "upstream"}


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sha: str
    author: str
    timestamp: str
    message: str
    files_changed: list[str]
    diff: str


class Deploy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    service: str
    sha: str
    timestamp: str


class Alert(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    service: str
    fired_at: str
    summary: str


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    commit: str | None
    """``None``: no change did it."""
    decoys: list[str]
    first_failing_service: str
    also: list[str] = []
    """Changes that a good engineer may name as well as :attr:`commit`."""

    def blames(self, suspect: str | None) -> bool:
        return suspect is not None and suspect in {self.commit, *self.also}


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    held_out: bool
    story: str
    cause: Cause | None = None
    """What kind of cause; those in :data:`NO_CHANGE` are nobody's commit."""
    format: Literal["tracing", "logback", "ecs", "pino", "zap", "structlog", "python"] = "tracing"
    """How the services write their log, see :data:`material.WRITERS`."""
    files: dict[str, str] = {}
    """The tree before the first change. Given, the scenario is a git repository, else a list of changes."""
    files_at: str = ""
    """When that tree was committed."""
    onset: str = ""
    """The first error of this outage, if unrelated ones come before."""
    log: list[dict[str, Any]]
    changes: list[Change]
    deploys: list[Deploy] = []
    alert: Alert
    answer: Answer

    @property
    def kind(self) -> str:
        return "repository" if self.files else "changes"


_DECODER = msgspec.json.Decoder(Scenario)


def load(half: str) -> dict[str, Scenario]:
    """The scenarios of one of :data:`HALVES` by name.

    Raises:
        ValueError: a file is no scenario; the message names it.
    """
    found = {}
    for path in sorted((Path(__file__).parent / HALVES[half]).glob("*.json")):
        try:
            found[path.stem] = _DECODER.decode(path.read_bytes())
        except msgspec.MsgspecError as error:
            raise ValueError(f"{path.name}: {error}") from error
    return found


def faults(scenario: Scenario, half: str) -> list[str]:
    """What would make the scenario misleading or unfair, in a few words each; none when it is well formed."""
    return [*_labels(scenario, half), *_times(scenario), *(f for c in scenario.changes for f in _diff(c))]


def _labels(scenario: Scenario, half: str) -> Iterator[str]:
    answer, shas = scenario.answer, [change.sha for change in scenario.changes]
    if scenario.held_out != (half in BLIND):
        yield f"held_out contradicts the folder of the {half} half"
    if len(set(shas)) != len(shas):
        yield "two changes with one sha"
    if answer.commit is not None and answer.commit not in shas:
        yield f"the answer {answer.commit} is no change"
    if scenario.cause and (scenario.cause in NO_CHANGE) != (answer.commit is None):
        yield f"cause {scenario.cause}, but answer {answer.commit}"
    if not answer.decoys:
        yield "no decoy"
    yield from (f"decoy {sha} is no innocent change" for sha in answer.decoys if sha not in shas or answer.blames(sha))
    yield from (f"{sha} may be named too, but is no change" for sha in answer.also if sha not in shas)
    yield from (f"deploy of an unknown {d.sha}" for d in scenario.deploys if d.sha not in shas)
    told = json.dumps(scenario.log, ensure_ascii=False)
    named = (answer.first_failing_service, scenario.alert.service)
    yield from (f"the log does not mention {service}" for service in named if service not in told)


def _times(scenario: Scenario) -> Iterator[str]:
    errors = {moment(e["at"]) for e in scenario.log if e["level"].upper() in BROKEN}
    if not errors:
        yield "no error in the log"
        return
    onset = moment(scenario.onset) if scenario.onset else min(errors)
    if onset not in errors:
        yield "no error at the onset"
    if moment(scenario.alert.fired_at) < onset:
        yield "the alert fires before the first error"
    written = {change.sha: moment(change.timestamp) for change in scenario.changes}
    if scenario.answer.commit in written and written[scenario.answer.commit] > onset:
        yield "the culprit is younger than the first error"
    sent = [moment(d.timestamp) for d in scenario.deploys if d.sha == scenario.answer.commit]
    if sent and min(sent) > onset:
        yield "the culprit is deployed after the first error"
    yield from (
        f"{d.sha} is deployed before it is written"
        for d in scenario.deploys
        if d.sha in written and moment(d.timestamp) < written[d.sha]
    )


def moment(text: str) -> datetime.datetime:
    """A time of a scenario. Raises :class:`ValueError` for one without a zone."""
    at = datetime.datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text}: no zone")
    return at


def _diff(change: Change) -> Iterator[str]:
    if set(_PATH.findall(change.diff)) != set(change.files_changed):
        yield f"{change.sha}: the diff is not of files_changed"
    old = new = 0  # lines that the hunk still owes
    for line in change.diff.splitlines():
        if match := _HUNK.match(line):
            if old or new:
                yield f"{change.sha}: a hunk is shorter than its header says"
            old, new = (int(count or 1) for count in match.groups())
        elif old or new:
            old -= line[:1] in {" ", "-"}
            new -= line[:1] in {" ", "+"}
        elif line[:1] in {" ", "+", "-"} and not line.startswith(("--- ", "+++ ")):
            yield f"{change.sha}: a hunk is longer than its header says"
            return
    if old or new:
        yield f"{change.sha}: a hunk is shorter than its header says"
