"""What becomes of tests: a fix adds some, and changes nothing about those that are there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from logmedic.model import Text
from logmedic.respond.fix.change import Change, FileChange
from logmedic.respond.fix.gate.lines import fresh, gone
from logmedic.respond.fix.gate.policy import Policy
from logmedic.respond.fix.report import Finding

_IMPORT = re.compile(
    r"^(?:from\s+\S+\s+import\b|import\b|use\b|const\s+.*=\s*require\(|package\b|[)}\]]|\"[^\"]*\",?$|[\w, ]+,?$)"
)
_SKIP = re.compile(
    r"(?i)\bskip(?:if|test)?\b|xfail|\bxit\b|\bxdescribe\b|\bxtest\b|\.only\b|\.todo\b|\.skip\b|#\[ignore"
    r"|should_panic|@(?:Disabled|Ignore)\b|t\.Skip|\bfit\(|\bfdescribe\("
    r"|expectedFailure|unittest\.skip|importorskip|assumeTrue|assumeThat|@EnabledIf|@DisabledIf"
    r"|pytest\.mark\.(?:flaky|slow)"
)
_REPLACES = re.compile(
    r"(?i)\bmock\b|\bpatch(?:\.object|\.dict)?\b|monkeypatch|MagicMock|jest\.(?:mock|fn|spyOn)|vi\.(?:mock|fn|spyOn)"
    r"|sinon|Mockito|@Mock\b|@Spy\b|mockall|gomock|proxyquire|\bstub\b"
)
_EMPTY = re.compile(
    r"(?i)\bassert\s+(?:True|1|not\s+False)\b|assertTrue\(\s*true|assert_eq!\(\s*(\w+)\s*,\s*\1\s*\)|assert!\(\s*true"
    r"|expect\(\s*true\s*\)|assertEquals\(\s*(\w+)\s*,\s*\2\s*\)"
    r"|assert\s+(\w+)\s*==\s*\3\s*$|\bor\s+True\b|\|\|\s*true\b"
)

_PRETENDS = (
    ("test-skipped", _SKIP, Text("a test is skipped, or expected to fail", "테스트를 건너뛰거나 실패를 기대함")),
    ("test-replaces", _REPLACES, Text("a test replaces parts of the code", "테스트가 코드의 일부를 대체함")),
    ("test-empty", _EMPTY, Text("a test that cannot fail", "실패할 수 없는 테스트")),
)


def check(change: Change, _policy: Policy) -> Iterator[Finding]:
    tests = [file for file in change.files if file.is_test]
    if change.files and not any(file.status == "A" or file.added for file in tests):
        yield Finding(rule="no-test", path="", why=Text("no regression test is added", "회귀 테스트가 추가되지 않음"))
    if change.files and len(tests) == len(change.files):
        yield Finding(rule="no-fix", path="", why=Text("only tests are changed", "테스트만 변경됨"))
    for file in tests:
        yield from _of(file)
    for file in change.files:
        if not file.is_test and file.language == "rust":
            yield from _inside(file)


def _of(file: FileChange) -> Iterator[Finding]:
    if file.status == "D":
        yield Finding(rule="test-removed", path=file.path, why=Text("a test file is removed", "테스트 파일이 삭제됨"))
        return
    if not file.language:
        why = Text("data of tests is changed", "테스트 데이터가 변경됨")
        if file.status != "A":
            yield Finding(rule="test-changed", path=file.path, why=why)
    for line in gone(file):
        if not _IMPORT.match(line.text.strip()):
            why = Text("a line of a test that was there is changed or removed", "기존 테스트의 줄이 변경되거나 삭제됨")
            yield Finding(rule="test-changed", path=file.path, line=line.number, why=why)
    yield from _pretends(file, 1)


def _pretends(file: FileChange, first: int) -> Iterator[Finding]:
    """In added lines from this one on."""
    for line in fresh(file):
        for rule, pattern, why in _PRETENDS:
            if line.number >= first and pattern.search(line.text):
                yield Finding(rule=rule, path=file.path, line=line.number, why=why)


def _inside(file: FileChange) -> Iterator[Finding]:
    """Tests within the source file: what is removed there is removed from a test."""
    if file.old is None or "#[cfg(test)]" not in file.old:
        return
    begin = file.old[: file.old.index("#[cfg(test)]")].count("\n") + 1
    for line in gone(file):
        if line.number >= begin:
            why = Text("a line of a test that was there is changed or removed", "기존 테스트의 줄이 변경되거나 삭제됨")
            yield Finding(rule="test-changed", path=file.path, line=0, why=why)
    if file.new is not None and "#[cfg(test)]" in file.new:
        yield from _pretends(file, file.new[: file.new.index("#[cfg(test)]")].count("\n") + 1)
