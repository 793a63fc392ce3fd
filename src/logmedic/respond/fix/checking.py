"""Judges a change: the gate by its text, the tests by running them, confined, on the code with and without it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from logmedic.model import Incident, Stack, Text
from logmedic.respond.fix import blame
from logmedic.respond.fix.change import Change, between
from logmedic.respond.fix.config import FixConfig
from logmedic.respond.fix.gate import Policy, judge
from logmedic.respond.fix.needs import Needs
from logmedic.respond.fix.report import Baseline, Finding, Proof
from logmedic.respond.fix.sandbox.interface import Limits, Sandbox, Task
from logmedic.respond.fix.suites import Outcome, Suite, Verdict, found, named
from logmedic.respond.fix.workspace import Tree, Workspace

MOST_OUTPUT = 3_000  # characters of one run that a transcript keeps, from its end

_RED_BASE = Text("the tests fail on the code as it runs", "실행 중인 코드에서 테스트가 실패함")
_UNREADABLE = Text("the tests could not be run on the code as it runs", "실행 중인 코드에서 테스트를 실행할 수 없음")
_NO_TEST = Text("there is no new test", "새 테스트가 없음")
_NO_REASON = Text(
    "the incident names no error that a test could be held against",
    "테스트와 비교할 오류가 인시던트에 없음",
)
_GREEN = Text("the new test passes without the change", "변경 없이도 새 테스트가 통과함")
_BROKEN = Text("without the change the new test cannot even be run", "변경 없이는 새 테스트를 실행조차 할 수 없음")
_OTHER_REASON = Text(
    "without the change the new test fails, but not of the incident's error",
    "변경 없이 새 테스트가 실패하지만 인시던트의 오류 때문이 아님",
)
_SLOW = Text("the tests did not end in time", "테스트가 제시간에 끝나지 않음")
_FLAKY = Text("the new test does not come out the same every time", "새 테스트의 결과가 매번 같지 않음")
_STILL = Text("the new test fails with the change", "변경 후에도 새 테스트가 실패함")
_SUITE = Text("with the change other tests fail", "변경 후 다른 테스트가 실패함")


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What the new tests of one change are run with. ``name``: of the trees that it makes and removes."""

    suite: Suite
    command: tuple[str, ...]  # of the whole suite
    tests: Mapping[str, str]
    why: blame.Reason
    name: str
    needs: Needs

    @property
    def only(self) -> list[str]:
        """The command of the new tests alone."""
        return self.suite.only(self.command, self.tests)


class Checking:
    """:class:`logmedic.respond.fix.report.Checks` over a workspace and a sandbox."""

    def __init__(self, config: FixConfig, workspace: Workspace, sandbox: Sandbox) -> None:
        self._config = config
        self._workspace = workspace
        self._sandbox = sandbox
        self._policy = Policy(protected=config.protected)

    def gate(self, base: str, fix: str) -> tuple[Finding, ...]:
        return judge(self._change(base, fix), self._policy)

    def baseline(self, tree: Tree, needs: Needs) -> Baseline:
        suite = self._suite(tree.commit)
        if isinstance(suite, Text):
            return Baseline(failure=suite)
        command = self._command(suite)
        came = self._run(suite, command, tree.path, needs)
        failure = {
            Outcome.GREEN: None, Outcome.RED: _RED_BASE, Outcome.BROKEN: _UNREADABLE, Outcome.CUT: _SLOW,
        }[came.outcome]  # fmt: skip
        return Baseline(failure=failure, command=" ".join(command), summary=_end(came.output))

    def prove(self, base: str, fix: str, *, name: str, incident: Incident, stack: Stack | None, needs: Needs) -> Proof:
        change = self._change(base, fix)
        tests = {f.path: f.new for f in change.files if f.is_test and f.language and f.new is not None and f.added}
        if not tests:
            return Proof(failure=_NO_TEST)
        why = blame.reason(incident, stack)
        if not why.known:
            return Proof(failure=_NO_REASON)
        suite = self._suite(base)
        if isinstance(suite, Text):
            return Proof(failure=suite)
        trial = Trial(suite=suite, command=self._command(suite), tests=tests, why=why, name=name, needs=needs)
        said: list[str] = []
        failure = self._fails_before(trial, base, said) or self._passes_after(trial, change, fix, said)
        return Proof(failure=failure, tests=tuple(sorted(tests)), transcript="\n\n".join(said))

    def _fails_before(self, trial: Trial, base: str, said: list[str]) -> Text | None:
        """Why they prove nothing on the code as it runs. ``None``: there they fail every time, for the reason."""
        with self._workspace.borrowed(base, trial.name) as tree:
            for path, text in trial.tests.items():
                _put(tree.path, path, text)
            came = list(self._repeated(trial, tree.path))
        said.append(_told("without the change", trial.only, came[-1]))
        if len({one.outcome for one in came}) > 1:
            return _FLAKY
        failures = {Outcome.GREEN: _GREEN, Outcome.BROKEN: _BROKEN, Outcome.CUT: _SLOW}
        if came[0].outcome in failures:
            return failures[came[0].outcome]
        return None if all(trial.why.explains(one.output) for one in came) else _OTHER_REASON

    def _passes_after(self, trial: Trial, change: Change, fix: str, said: list[str]) -> Text | None:
        """Why the change is not proved. ``None``: the new tests pass every time, and so does everything else."""
        with self._workspace.borrowed(fix, trial.name) as tree:
            came = list(self._repeated(trial, tree.path))
        said.append(_told("with the change", trial.only, came[-1]))
        outcomes = {one.outcome for one in came}
        if len(outcomes) > 1:
            return _FLAKY
        if outcomes != {Outcome.GREEN}:
            return _SLOW if outcomes == {Outcome.CUT} else _STILL
        with self._workspace.borrowed(fix, trial.name) as tree:
            for file in change.files:
                if file.is_test and file.old is not None:
                    _put(tree.path, file.path, file.old)  # as the team wrote it
            rest = self._run(trial.suite, trial.command, tree.path, trial.needs)
        said.append(_told("with the change, all tests", trial.command, rest))
        if rest.outcome is Outcome.CUT:
            return _SLOW
        return None if rest.outcome is Outcome.GREEN else _SUITE

    def _repeated(self, trial: Trial, tree: Path) -> Iterator[Verdict]:
        """Until one comes out otherwise than the first."""
        first: Outcome | None = None
        for _ in range(self._config.repeats):
            came = self._run(trial.suite, trial.only, tree, trial.needs)
            yield came
            if first is not None and came.outcome is not first:
                return
            first = came.outcome
            if first is Outcome.CUT:
                return

    def _run(self, suite: Suite, command: Sequence[str], tree: Path, needs: Needs) -> Verdict:
        task = Task(
            argv=command,
            tree=tree,
            limits=Limits(seconds=self._config.suite_s),
            env=needs.env,
            lent=needs.lent,
            cache=needs.cache,
            frozen=(".git",),
        )
        return suite.verdict(self._sandbox.run(task))

    def _change(self, base: str, fix: str) -> Change:
        return between(self._workspace.run, base, fix)

    def _suite(self, base: str) -> Suite | Text:
        if self._config.test:
            return named(self._config.test)
        listed = self._workspace.run("ls-tree", "-r", "-z", "--name-only", base, "--").split(b"\0")
        files = {name.decode("utf-8", "replace") for name in listed if name}
        package = ""
        if "package.json" in files:
            package = self._workspace.run("cat-file", "blob", f"{base}:package.json").decode("utf-8", "replace")
        return found(files, package)

    def _command(self, suite: Suite) -> tuple[str, ...]:
        return self._config.test or suite.whole


def _put(tree: Path, path: str, text: str) -> None:
    """A file of the repository, whatever stands there; never through a link."""
    target = tree / path
    target.parent.mkdir(parents=True, exist_ok=True)
    assert target.parent.resolve().is_relative_to(tree.resolve()), path
    target.unlink(missing_ok=True)
    target.write_text(text, encoding="utf-8", newline="")


def _told(where: str, command: Sequence[str], came: Verdict) -> str:
    return f"$ {' '.join(command)}   # {where}: {came.outcome.value}\n{_end(came.output)}"


def _end(output: str) -> str:
    text = output.strip()
    return text if len(text) <= MOST_OUTPUT else "…" + text[-MOST_OUTPUT:]
