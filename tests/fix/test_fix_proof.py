"""What counts as a proof: real tests, run by their real runners, on the code with and without a change."""

# ruff: noqa: E501  files in a line each
from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import msgspec
import pytest
from fix_scenes import GOOD_EDIT, GOOD_TEST, SHOP, git, repository

from logmedic.doors import SystemShell
from logmedic.model import ExceptionPart, Frame, Incident, Severity, Stack, State, Substate
from logmedic.respond.fix import blame
from logmedic.respond.fix.checking import Checking
from logmedic.respond.fix.config import FixConfig
from logmedic.respond.fix.needs import Needs
from logmedic.respond.fix.report import Proof
from logmedic.respond.fix.sandbox.bare import Bare
from logmedic.respond.fix.suites import found, named
from logmedic.respond.fix.workspace import Workspace

FIXED = SHOP["shop/cart.py"].replace(*GOOD_EDIT)
# What the proofs run are plain tests: the plugins of this environment would cost each run a second.
NEEDS = Needs(
    cache=None,
    lent={},
    env={
        "PATH": f"{Path(sys.executable).parent}:/usr/local/go/bin:/usr/local/bin:/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    },
)


def stack(kind: str = "ZeroDivisionError", path: str = "/srv/shop/shop/cart.py", message: str = "division by zero",
          language: str = "python") -> Stack:  # fmt: skip
    frame = Frame(path=path, line=6, function="average", in_app=True)
    return Stack(language, (ExceptionPart(type=kind, message=message, frames=(frame,)),))


INCIDENT = Incident(
    id=1, fingerprint="v1:1", title="ZeroDivisionError: division by zero", culprit="shop.cart.average", service="shop",
    severity=Severity.CRITICAL, floor=Severity.CRITICAL, state=State.OPEN, substate=Substate.NEW, first_seen=0, last_seen=0,
    count=1, error_code=None, generation=1, reason="new",
)  # fmt: skip


def proved(folder: Path, before: dict[str, str], after: dict[str, str | None], *, why: Stack | None = None,
           **config: object) -> Proof:  # fmt: skip
    """The proof of a change from some files to others."""
    base = repository(folder / "user", before)
    for path, text in after.items():
        target = folder / "user" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        if text is not None:
            target.write_text(text, encoding="utf-8")
    git(folder / "user", "add", "--all")
    git(folder / "user", "commit", "--quiet", "-m", "fix")
    workspace = Workspace(folder / "fix", folder / "user", SystemShell())
    workspace.prepare()
    checking = Checking(FixConfig(repeats=2, suite_s=300, **config), workspace, Bare(SystemShell()))  # type: ignore[arg-type]
    fix = git(folder / "user", "rev-parse", "HEAD")
    return checking.prove(base, fix, name="p", incident=INCIDENT, stack=why or stack(), needs=NEEDS)


PYTHON = ("python3", "-m", "pytest", "-p", "no:cacheprovider")


def pytest_proof(folder: Path, test: str, cart: str = FIXED, **more: object) -> Proof:
    return proved(folder, SHOP, {"shop/cart.py": cart, "tests/test_fix.py": test}, test=PYTHON, **more)


def test_a_test_that_fails_before_and_passes_after_is_a_proof(tmp_path):
    proof = pytest_proof(tmp_path, GOOD_TEST)
    assert proof.failure is None, proof.transcript
    assert proof.tests == ("tests/test_fix.py",)
    assert proof.transcript.index("without the change: red") < proof.transcript.index("with the change: green")
    assert "with the change, all tests: green" in proof.transcript


@pytest.mark.parametrize(
    ("test", "words"),
    [
        ("def test_x():\n    assert 1 == 1\n", "passes without the change"),
        ("from shop.cart import average\n\n\ndef test_x():\n    assert average([1, 3]) == 2\n", "passes without the change"),
        ("from shop.cart import nothing_of_this_name\n\n\ndef test_x():\n    pass\n", "cannot even be run"),
        ("def test_x(:\n", "cannot even be run"),
        ("x = 1\n", "cannot even be run"),
        ("def test_x(a_fixture_that_is_not_there):\n    pass\n", "cannot even be run"),
        ("def test_x():\n    raise KeyError('another')\n", "not of the incident's error"),
        ("def test_x():\n    assert 1 == 2\n", "not of the incident's error"),
        ("def test_x():\n    1 / 0\n", "not of the incident's error"),  # not by the code that failed
    ],
)  # fmt: skip
def test_other_tests_prove_nothing(tmp_path, test, words):
    proof = pytest_proof(tmp_path, test)
    assert proof.failure is not None
    assert words in proof.failure.en


def test_a_test_that_comes_out_otherwise_the_next_time_proves_nothing(tmp_path):
    flaky = (
        "from pathlib import Path\nfrom shop.cart import average\n\n\ndef test_x():\n    seen = Path('seen')\n"
        "    if seen.exists():\n        return\n    seen.touch()\n    average([])\n"
    )
    proof = pytest_proof(tmp_path, flaky)
    assert proof.failure is not None
    assert "not come out the same" in proof.failure.en


def test_a_change_that_does_not_help_or_breaks_others_is_not_proved(tmp_path):
    proof = pytest_proof(tmp_path / "a", GOOD_TEST, cart=SHOP["shop/cart.py"] + "\n# nothing\n")
    assert proof.failure is not None
    assert "fails with the change" in proof.failure.en
    broken = FIXED.replace("return sum(prices)\n", "return 0\n")
    proof = pytest_proof(tmp_path / "b", GOOD_TEST, cart=broken)
    assert proof.failure is not None
    assert "other tests fail" in proof.failure.en


def test_the_teams_own_tests_are_run_as_the_team_wrote_them(tmp_path):
    weakened = (
        SHOP["tests/test_cart.py"].replace("== 4", "== 0") + "\n\ndef test_empty():\n    assert average([]) == 0\n"
    )
    after = {"shop/cart.py": FIXED.replace("return sum(prices)\n", "return 0\n"), "tests/test_cart.py": weakened}
    proof = proved(tmp_path, SHOP, after, test=PYTHON)
    assert proof.failure is not None
    assert "other tests fail" in proof.failure.en


def test_what_never_ends_proves_nothing(tmp_path):
    test = "import time\n\n\ndef test_x():\n    time.sleep(600)\n"
    base = repository(tmp_path / "user", SHOP)
    workspace = Workspace(tmp_path / "fix", tmp_path / "user", SystemShell())
    workspace.prepare()
    (tmp_path / "user/tests/test_fix.py").write_text(test)
    git(tmp_path / "user", "add", "--all")
    git(tmp_path / "user", "commit", "--quiet", "-m", "fix")
    checking = Checking(FixConfig(repeats=2, suite_s=3, test=PYTHON), workspace, Bare(SystemShell()))
    fix = git(tmp_path / "user", "rev-parse", "HEAD")
    proof = checking.prove(base, fix, name="p", incident=INCIDENT, stack=stack(), needs=NEEDS)
    assert proof.failure is not None
    assert "in time" in proof.failure.en


GO = {
    "go.mod": "module shop\n\ngo 1.20\n",
    "cart/cart.go": "package cart\n\nfunc Average(prices []int) int {\n\tsum := 0\n\tfor _, p := range prices {\n\t\tsum += p\n\t}\n"
                    "\treturn sum / len(prices)\n}\n",
    "cart/cart_test.go": 'package cart\n\nimport "testing"\n\nfunc TestAverage(t *testing.T) {\n\tif Average([]int{1, 3}) != 2 {\n'
                         '\t\tt.Fatal("wrong")\n\t}\n}\n',
}  # fmt: skip
GO_FIX = {
    "cart/cart.go": GO["cart/cart.go"].replace("\treturn sum /", "\tif len(prices) == 0 {\n\t\treturn 0\n\t}\n\treturn sum /"),
    "cart/empty_test.go": 'package cart\n\nimport "testing"\n\nfunc TestEmpty(t *testing.T) {\n\tif Average(nil) != 0 {\n'
                          '\t\tt.Fatal("wrong")\n\t}\n}\n',
}  # fmt: skip
NODE = {
    "package.json": json.dumps({"name": "shop", "version": "1.0.0", "type": "module", "scripts": {"test": "node --test tests/"}}),
    "src/cart.js": "export function first(prices) {\n  return prices[0].amount;\n}\n",
    "tests/cart.test.js": 'import assert from "node:assert";\nimport { test } from "node:test";\nimport { first } from "../src/cart.js";\n\n'
                          'test("first", () => assert.equal(first([{ amount: 2 }]), 2));\n',
}  # fmt: skip
NODE_FIX = {
    "src/cart.js": "export function first(prices) {\n  return prices[0]?.amount ?? 0;\n}\n",
    "tests/empty.test.js": 'import assert from "node:assert";\nimport { test } from "node:test";\nimport { first } from "../src/cart.js";\n\n'
                           'test("nothing", () => assert.equal(first([]), 0));\n',
}  # fmt: skip
RUST = {
    "Cargo.toml": '[package]\nname = "shop"\nversion = "0.1.0"\nedition = "2021"\n',
    "Cargo.lock": 'version = 3\n\n[[package]]\nname = "shop"\nversion = "0.1.0"\n',
    "src/lib.rs": "pub fn average(prices: &[u64]) -> u64 {\n    prices.iter().sum::<u64>() / prices.len() as u64\n}\n",
    "tests/average.rs": "#[test]\nfn average() {\n    assert_eq!(shop::average(&[1, 3]), 2);\n}\n",
}  # fmt: skip
RUST_FIX = {
    "src/lib.rs": "pub fn average(prices: &[u64]) -> u64 {\n    prices.iter().sum::<u64>().checked_div(prices.len() as u64).unwrap_or(0)\n}\n",
    "tests/empty.rs": "#[test]\nfn nothing() {\n    assert_eq!(shop::average(&[]), 0);\n}\n",
}  # fmt: skip


@pytest.mark.parametrize(
    ("program", "before", "after", "why"),
    [
        pytest.param("go", GO, GO_FIX, stack("runtime.Error", "/srv/cart/cart.go", "runtime error: integer divide by zero", "go"),
                     marks=pytest.mark.slow),
        ("node", NODE, NODE_FIX, stack("TypeError", "/srv/src/cart.js", "Cannot read properties of undefined (reading 'amount')", "javascript")),
        pytest.param("cargo", RUST, RUST_FIX, stack("panic", "src/lib.rs", "attempt to divide by zero", "rust"), marks=pytest.mark.slow),
    ],
    ids=["go", "node", "rust"],
)  # fmt: skip
def test_the_runners_of_other_languages_prove_as_well(tmp_path, monkeypatch, program, before, after, why):
    if shutil.which(program) is None:
        pytest.skip(f"no {program}")
    home = {name: value for name in ("HOME", "CARGO_HOME", "RUSTUP_HOME") if (value := os.environ.get(name))}
    folder = str(Path(shutil.which(program) or "").parent)
    needs = Needs(cache=None, lent={}, env={**NEEDS.env, **home, "PATH": f"{folder}:{NEEDS.env['PATH']}", "GOFLAGS": "-mod=mod",
                                            "GOCACHE": str(tmp_path / "gocache")})  # fmt: skip
    monkeypatch.setattr(sys.modules[__name__], "NEEDS", needs)
    good = proved(tmp_path / "good", before, after, why=why)
    assert good.failure is None, good.transcript
    only_test = {path: text for path, text in after.items() if "test" in path}
    still = proved(tmp_path / "still", before, only_test, why=why)
    assert still.failure is not None
    assert "fails with the change" in still.failure.en
    other = stack("SomethingElse", "elsewhere.xyz", "quite another thing", "python")
    wrong = proved(tmp_path / "wrong", before, after, why=other)
    assert wrong.failure is not None
    assert "not of the incident's error" in wrong.failure.en


# -- what is known without running anything ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "package", "name"),
    [
        ({"pyproject.toml", "tests/test_a.py"}, "", "pytest"),
        ({"Cargo.toml"}, "", "cargo"),
        ({"go.mod"}, "", "go"),
        ({"pom.xml"}, "", "maven"),
        ({"build.gradle.kts"}, "", "gradle"),
        ({"package.json"}, '{"devDependencies": {"vitest": "3"}}', "vitest"),
        ({"package.json"}, '{"scripts": {"test": "jest"}}', "jest"),
        ({"package.json"}, "", "node"),
        ({"package.json"}, "{broken", "node"),
    ],
)
def test_the_runner_is_known_by_the_files_of_the_repository(files, package, name):
    assert getattr(found(files, package), "name", None) == name


def test_where_there_are_none_or_several_somebody_has_to_say():
    assert "set `fix.test`" in found({"README.md"}).en  # type: ignore[union-attr]
    several = found({"go.mod", "Cargo.toml"})
    assert "cargo, go" in several.en  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (("python3", "-m", "pytest"), "pytest"), (("/opt/venv/bin/pytest",), "pytest"), (("cargo", "test"), "cargo"),
        (("./mvnw", "test"), "maven"), (("npx", "vitest", "run"), "vitest"), (("make", "check"), "the configured command"),
    ],
)  # fmt: skip
def test_a_configured_command_tells_its_runner(command, name):
    assert named(command).name == name


@pytest.mark.parametrize(
    ("known", "output", "explains"),
    [
        (stack(), "shop/cart.py:6: ZeroDivisionError", True),
        (stack(), "shop/cart.py:6: MyZeroDivisionErrors", False),
        (stack(), "other.py:6: ZeroDivisionError", False),
        (stack("java.lang.ArithmeticException", "Cart.java"), "ArithmeticException at Cart.java:9", True),
        (
            stack("AssertionError", message="the order 4711 is not open"),
            "cart.py AssertionError: the order 12 is not open",
            True,
        ),
        (
            stack("AssertionError", message="the order 4711 is not open"),
            "cart.py AssertionError: something else",
            False,
        ),
        (stack("RuntimeError", message=""), "cart.py RuntimeError", False),
    ],
)
def test_a_failure_is_held_against_type_place_and_message(known, output, explains):
    assert blame.reason(INCIDENT, known).explains(output) is explains


def test_without_a_stack_the_title_names_the_type():
    reason = blame.reason(INCIDENT, None)
    assert reason.kinds == ("ZeroDivisionError",)
    assert not blame.reason(msgspec.structs.replace(INCIDENT, title="slow"), None).known
