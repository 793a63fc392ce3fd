"""How the tests of a project are run, and what their output says. A further runner goes into :data:`SUITES`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import PurePosixPath

from logmedic.model import Text
from logmedic.respond.fix.suites import runners
from logmedic.respond.fix.suites.interface import Outcome, Suite, Verdict

__all__ = ["SUITES", "Outcome", "Suite", "Verdict", "found", "named"]

SUITES: tuple[Suite, ...] = (
    runners.PYTEST,
    runners.CARGO,
    runners.GO,
    runners.MAVEN,
    runners.GRADLE,
    runners.VITEST,
    runners.JEST,
    runners.NODE,
)


def named(command: Sequence[str]) -> Suite:
    """The runner that a configured command starts; one that is not known is judged by its exit code."""
    words = {PurePosixPath(word).name for word in command}
    return next((suite for suite in SUITES if not words.isdisjoint(suite.programs)), runners.OTHER)


def found(files: Collection[str], package_json: str = "") -> Suite | Text:
    """The one runner that the files of a repository speak of, or why there is not one. ``files``: their paths.

    ``package_json``: the text of the file at the top, if there is one.
    """
    top = {path for path in files if "/" not in path}
    kinds = [suite for suite in SUITES if suite.belongs(top, files, package_json)]
    if len(kinds) == 1:
        return kinds[0]
    if not kinds:
        return Text(
            "no way to run the tests was found; set `fix.test`", "테스트 실행 방법을 찾지 못함. `fix.test`를 설정하세요"
        )
    names = ", ".join(suite.name for suite in kinds)
    return Text(
        f"several ways to run tests were found ({names}); set `fix.test`",
        f"테스트 실행 방법이 여럿임({names}). `fix.test`를 설정하세요",
    )
