"""Provisional until the gate and the proof are merged."""

from __future__ import annotations

from logmedic.model import Incident, Stack, Text
from logmedic.respond.fix.config import FixConfig
from logmedic.respond.fix.needs import Needs
from logmedic.respond.fix.report import Baseline, Finding, Proof
from logmedic.respond.fix.sandbox.interface import Finished, Limits, Sandbox, Task
from logmedic.respond.fix.workspace import Tree, Workspace


class Checking:
    def __init__(self, config: FixConfig, workspace: Workspace, sandbox: Sandbox) -> None:
        self._config = config
        self._workspace = workspace
        self._sandbox = sandbox

    def _run(self, tree: Tree, needs: Needs, *more: str) -> Finished:
        return self._sandbox.run(
            Task(argv=[*self._config.test, *more], tree=tree.path, limits=Limits(seconds=self._config.suite_s),
                 env=needs.env, lent=needs.lent, cache=needs.cache, frozen=(".git",))
        )  # fmt: skip

    def baseline(self, tree: Tree, needs: Needs) -> Baseline:
        done = self._run(tree, needs)
        out = (done.out + done.err).decode("utf-8", "replace")[-2000:]
        failure = (
            None if done.code == 0 else Text("the suite is red on the running commit", "실행 중인 커밋에서 테스트 실패")
        )
        return Baseline(failure=failure, command=" ".join(self._config.test), summary=out)

    def gate(self, base: str, fix: str) -> tuple[Finding, ...]:
        return tuple(
            Finding(rule="protected-path", path=path, why=Text("a protected path", "보호된 경로"))
            for path in self._workspace.changed(base, fix)
            if path.startswith(".github/")
        )

    def prove(self, base: str, fix: str, *, name: str, incident: Incident, stack: Stack | None, needs: Needs) -> Proof:
        tests = [path for path in self._workspace.changed(base, fix) if "test" in path]
        if not tests:
            return Proof(failure=Text("there is no new test", "새 테스트가 없음"))
        said = []
        with self._workspace.borrowed(base, name) as tree:
            for test in tests:
                (tree.path / test).parent.mkdir(exist_ok=True, parents=True)
                (tree.path / test).write_bytes(self._workspace.run("show", f"{fix}:{test}"))
            done = self._run(tree, needs, *tests)
            said.append(done.out.decode("utf-8", "replace")[-3000:])
            if done.code == 0:
                return Proof(
                    failure=Text("the new test passes without the change", "변경 없이도 새 테스트가 통과함"),
                    transcript=said[0],
                )
        with self._workspace.borrowed(fix, name) as tree:
            for more in (tests, []):
                done = self._run(tree, needs, *more)
                said.append(done.out.decode("utf-8", "replace")[-3000:])
                if done.code != 0:
                    return Proof(
                        failure=Text("the tests fail with the change", "변경 후 테스트 실패"),
                        transcript="\n".join(said),
                    )
        return Proof(failure=None, tests=tuple(tests), transcript="\n".join(said))
