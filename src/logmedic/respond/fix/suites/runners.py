"""The runners, each by its command, its files and the words of its output."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import PurePosixPath

import msgspec

from logmedic.respond.fix.suites.interface import Suite, Tests


class _Package(msgspec.Struct):
    """Of package.json, what says how tests are run."""

    scripts: dict[str, str] = {}
    devDependencies: dict[str, str] = {}  # noqa: N815  its name there
    dependencies: dict[str, str] = {}


_PACKAGE = msgspec.json.Decoder(_Package)


def _package(text: str) -> _Package:
    try:
        return _PACKAGE.decode(text or "{}")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _Package()


def _uses(text: str, name: str) -> bool:
    package = _package(text)
    return name in package.devDependencies or name in package.dependencies or name in package.scripts.get("test", "")


def _files(command: Sequence[str], tests: Tests) -> list[str]:
    return [*command, *sorted(tests)]


def _python(top: Collection[str], files: Collection[str], _package: str) -> bool:
    named = {"pyproject.toml", "setup.py", "setup.cfg", "pytest.ini", "tox.ini", "requirements.txt", "conftest.py"}
    return not named.isdisjoint(top) and any(
        re.search(r"(?:^|/)(?:test_[^/]*|[^/]*_test)\.py\Z", path) for path in files
    )


PYTEST = Suite(
    name="pytest",
    programs=frozenset({"pytest", "py.test"}),
    whole=("python3", "-m", "pytest", "-p", "no:cacheprovider"),
    belongs=_python,
    only=_files,
    green=re.compile(r"\b[1-9]\d* passed\b|^[.]+\s*\[100%\]", re.MULTILINE),
    red=re.compile(r"\b[1-9]\d* failed\b|^FAILED ", re.MULTILINE),
    broken=re.compile(
        r"^ERROR |errors? during collection|no tests ran|\b[1-9]\d* errors?\b(?! in )|^E\s+fixture '"
        r"|ImportError while|INTERNALERROR",
        re.MULTILINE,
    ),
)


def _cargo(command: Sequence[str], tests: Tests) -> list[str]:
    stems = sorted(PurePosixPath(path).stem for path in tests)
    return [*command, *(word for stem in stems for word in ("--test", stem))]


CARGO = Suite(
    name="cargo",
    programs=frozenset({"cargo"}),
    whole=("cargo", "test", "--offline", "--no-fail-fast"),
    belongs=lambda top, _files, _package: "Cargo.toml" in top,
    only=_cargo,
    green=re.compile(r"test result: ok\. [1-9]\d* passed"),
    red=re.compile(r"test result: FAILED"),
    broken=re.compile(r"could not compile|^error(?:\[E\d+\])?:(?! (?:test failed|\d+ targets? failed))", re.MULTILINE),
)
_GO_TEST = re.compile(r"^func (Test\w+)\(", re.MULTILINE)


def _go(command: Sequence[str], tests: Tests) -> list[str]:
    names = sorted({name for text in tests.values() for name in _GO_TEST.findall(text)})
    folders = sorted({f"./{PurePosixPath(path).parent}" for path in tests})
    kept = [word for word in command if word != "./..."]
    return [*kept, "-run", f"^({'|'.join(names) or 'NoTest'})$", *folders]


GO = Suite(
    name="go",
    programs=frozenset({"go"}),
    whole=("go", "test", "-count=1", "-v", "./..."),
    belongs=lambda top, _files, _package: "go.mod" in top,
    only=_go,
    green=re.compile(r"^--- PASS: ", re.MULTILINE),
    red=re.compile(r"^\s*--- FAIL: |^panic: ", re.MULTILINE),
    broken=re.compile(r"\[(?:build|setup) failed\]|no tests to run|cannot find (?:main )?module|^go: ", re.MULTILINE),
)


def _maven(command: Sequence[str], tests: Tests) -> list[str]:
    return [*command, f"-Dtest={','.join(sorted(PurePosixPath(path).stem for path in tests))}", "-DfailIfNoTests=true"]


MAVEN = Suite(
    name="maven",
    programs=frozenset({"mvn", "mvnw"}),
    whole=("mvn", "--offline", "--batch-mode", "--no-transfer-progress", "test"),
    belongs=lambda top, _files, _package: "pom.xml" in top,
    only=_maven,
    green=re.compile(r"Tests run: [1-9]\d*, Failures: 0, Errors: 0"),
    red=re.compile(r"Tests run: \d+, Failures: (?:[1-9]\d*, Errors: \d+|0, Errors: [1-9]\d*)"),
    broken=re.compile(
        r"COMPILATION ERROR|No tests (?:were executed|matching)|Could not resolve dependencies"
        r"|Non-resolvable"
    ),
)


def _gradle(command: Sequence[str], tests: Tests) -> list[str]:
    names = sorted(PurePosixPath(path).stem for path in tests)
    return [*command, *(word for name in names for word in ("--tests", f"*{name}"))]


GRADLE = Suite(
    name="gradle",
    programs=frozenset({"gradle", "gradlew"}),
    whole=("gradle", "--offline", "--no-daemon", "--console=plain", "--info", "test"),
    belongs=lambda top, _files, _package: not {"build.gradle", "build.gradle.kts"}.isdisjoint(top),
    only=_gradle,
    green=re.compile(r"^\S.* > .* PASSED$", re.MULTILINE),
    red=re.compile(r"^\S.* > .* FAILED$", re.MULTILINE),
    broken=re.compile(
        r"Compilation failed|No tests found for given includes|Could not resolve all"
        r"|> Task :\S*compile\S* FAILED"
    ),
)
_NOT_FOUND = r"Cannot find (?:module|package)|ERR_MODULE_NOT_FOUND|SyntaxError:|ERR_UNKNOWN_FILE_EXTENSION|error TS\d+"
VITEST = Suite(
    name="vitest",
    programs=frozenset({"vitest"}),
    whole=("npx", "--no-install", "vitest", "run"),
    belongs=lambda top, _files, package: "package.json" in top and _uses(package, "vitest"),
    only=_files,
    green=re.compile(r"Tests\s+[1-9]\d* passed"),
    red=re.compile(r"Tests\s+[1-9]\d* failed"),
    broken=re.compile(rf"{_NOT_FOUND}|No test files found|Failed to load|Error: Failed Suites"),
)
JEST = Suite(
    name="jest",
    programs=frozenset({"jest"}),
    whole=("npx", "--no-install", "jest", "--ci"),
    belongs=lambda top, _files, package: "package.json" in top and _uses(package, "jest"),
    only=_files,
    green=re.compile(r"^Tests:\s+[1-9]\d* passed", re.MULTILINE),
    red=re.compile(r"^Tests:\s+[1-9]\d* failed", re.MULTILINE),
    broken=re.compile(rf"{_NOT_FOUND}|Test suite failed to run|No tests found"),
)


def _node(top: Collection[str], files: Collection[str], package: str) -> bool:
    return "package.json" in top and not _uses(package, "vitest") and not _uses(package, "jest")


def _node_only(command: Sequence[str], tests: Tests) -> list[str]:
    """Also where the whole is run by npm's script, which need not take files."""
    return (
        ["node", "--test", *sorted(tests)]
        if "npm" in {PurePosixPath(w).name for w in command}
        else [*command, *sorted(tests)]
    )


NODE = Suite(
    name="node",
    programs=frozenset({"node", "npm"}),
    whole=("npm", "test", "--silent"),
    belongs=_node,
    only=_node_only,
    green=re.compile(r"^(?:# |ℹ )pass [1-9]\d*", re.MULTILINE),
    red=re.compile(r"^(?:# |ℹ )fail [1-9]\d*", re.MULTILINE),
    broken=re.compile(rf"{_NOT_FOUND}|missing script|^(?:# |ℹ )tests 0$", re.MULTILINE),
)
OTHER = Suite(
    name="the configured command",
    programs=frozenset(),
    whole=(),
    belongs=lambda _top, _files, _package: False,
    only=_files,
    green=re.compile(r"(?s).*"),
    red=re.compile(r"(?s).*"),
    broken=re.compile(r"(?!)"),
)
