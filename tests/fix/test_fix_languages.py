"""Fixes of services that are not written in Python, from the incident to the draft pull request."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from fix_scenes import edit, git, write

TS = {
    "package.json": json.dumps({"name": "shop", "private": True, "type": "module", "devDependencies": {"vitest": "3"}}),
    "src/cart.ts": """export interface Item {
  amount: number;
}

/** What the first item of a cart costs. */
export function first(cart: Item[]): number {
  return cart[0]!.amount;
}
""",
    "tests/cart.test.ts": """import { expect, test } from "vitest";
import { first } from "../src/cart";

test("the first item", () => {
  expect(first([{ amount: 2 }])).toBe(2);
});
""",
}
TS_TEST = """import { expect, test } from "vitest";
import { first } from "../src/cart";

test("the first item of an empty cart costs nothing", () => {
  expect(first([])).toBe(0);
});
"""
TS_FIX = [
    *edit("src/cart.ts", "  return cart[0]!.amount;", "  return cart[0]?.amount ?? 0;"),
    write("tests/empty.test.ts", TS_TEST),
]
TS_ERROR = (
    "TypeError: Cannot read properties of undefined (reading 'amount')\n"
    "    at first (/srv/shop/src/cart.ts:7:19)\n"
    "    at checkout (/srv/shop/src/checkout.ts:12:10)"
)
RUST = {
    "Cargo.toml": '[package]\nname = "shop"\nversion = "0.1.0"\nedition = "2021"\n',
    "Cargo.lock": 'version = 3\n\n[[package]]\nname = "shop"\nversion = "0.1.0"\n',
    ".gitignore": "target\n",
    "src/lib.rs": """/// The average price of what is in a cart.
pub fn average(prices: &[u64]) -> u64 {
    prices.iter().sum::<u64>() / prices.len() as u64
}
""",
    "tests/average.rs": "#[test]\nfn average() {\n    assert_eq!(shop::average(&[1, 3]), 2);\n}\n",
}
RUST_FIX = [
    *edit("src/lib.rs", "    prices.iter().sum::<u64>() / prices.len() as u64",
          "    let count = prices.len() as u64;\n    prices.iter().sum::<u64>().checked_div(count).unwrap_or(0)"),
    write("tests/empty.rs", "#[test]\nfn an_empty_cart() {\n    assert_eq!(shop::average(&[]), 0);\n}\n"),
]  # fmt: skip
RUST_ERROR = """thread 'tokio-runtime-worker' panicked at src/lib.rs:3:5:
attempt to divide by zero
stack backtrace:
   0: rust_begin_unwind
             at /rustc/9fc6b43126469e3858e2fe86cafb4f0fd5068869/library/std/src/panicking.rs:665:5
   1: core::panicking::panic_fmt
             at /rustc/9fc6b43126469e3858e2fe86cafb4f0fd5068869/library/core/src/panicking.rs:74:14
   2: shop::average
             at ./src/lib.rs:3:5
"""


def offered(project, github, path: str, test: str) -> None:
    """The fix of this incident is a draft pull request with exactly these files."""
    done = project.json("fix", "1")
    assert (done["state"], done["attempts"][0]["files"]) == ("offered", [path, test])
    (pull,) = github.repository.pulls
    assert pull.draft
    assert test in pull.body
    changed = git(project.folder / "far.git", "diff", "--name-only", "main", done["branch"])
    assert changed.split() == [path, test]


@pytest.fixture(scope="session")
def vitest() -> Path:
    folder = Path(__file__).resolve().parents[2] / ".venv/vitest/node_modules"
    if not (folder / "vitest").is_dir():
        assert not os.environ.get("LOGMEDIC_CI"), "no vitest"
        pytest.skip("no vitest in .venv/vitest, where `.ci/run` puts it")
    return folder


def test_a_fix_in_typescript_is_proved_with_the_modules_that_are_lent(offering, github, vitest):
    project = offering(TS_FIX, files=TS, exception=TS_ERROR, tests=f"lend = [{json.dumps(str(vitest))}]")
    offered(project, github, "src/cart.ts", "tests/empty.test.ts")


@pytest.mark.slow
def test_a_fix_in_rust_is_proved_with_the_toolchain_that_is_lent(offering, github):
    cargo = shutil.which("cargo")
    if cargo is None:
        pytest.skip("no cargo")
    home = Path(os.environ.get("RUSTUP_HOME", Path.home() / ".rustup"))
    lent = [str(path) for path in (Path(cargo).parent, home) if path.is_dir()]
    tests = f"lend = {json.dumps(lent)}\nenv = {{ RUSTUP_HOME = {json.dumps(str(home))} }}"
    project = offering(RUST_FIX, files=RUST, exception=RUST_ERROR, tests=tests)
    offered(project, github, "src/lib.rs", "tests/empty.rs")
