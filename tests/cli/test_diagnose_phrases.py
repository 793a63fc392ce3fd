"""A phrase that decided the verdict stands in the evidence, whatever its case."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PANIC = """thread 'main' panicked at src/main.rs:4:37:
called `{what}` on a `None` value
stack backtrace:
   0: rust_begin_unwind
   1: shop::price
             at ./src/main.rs:4:37
"""


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_panic_on_an_empty_option_keeps_the_claim_that_names_it(tmp_path: Path, language: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "logmedic.cli.main", "diagnose", "-", "--json", "--language", language],
        input=PANIC.format(what="Option::unwrap()").encode(), capture_output=True, cwd=tmp_path, check=True,
    )  # fmt: skip
    diagnosis = json.loads(done.stdout)
    assert diagnosis["dropped"] == []
    assert diagnosis["status"] == "verified"
