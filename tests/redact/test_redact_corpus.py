"""How much of what was planted is found, and how much that is ordinary."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from redact_corpus import CONTEXTS, NAMED, ordinary, planted

import logmedic.redact
from logmedic.redact import RedactConfig, Redactor

REDACT = Redactor()
TESTS = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("seed", [20261123, 5])
def test_of_thousands_of_planted_secrets_99_percent_go_with_head_and_tail(seed: int) -> None:
    corpus = list(planted(seed))
    assert len(corpus) >= 2_000
    assert len({one.context for one in corpus}) == len(CONTEXTS) + len(NAMED) >= 10
    missed = [one for one in corpus if one.left_in(REDACT.line(one.line.encode()).raw.decode())]
    assert len(missed) <= len(corpus) // 100, Counter((one.kind, one.context) for one in missed)


def test_lines_of_json_stay_json_with_their_keys() -> None:
    for one in planted():
        if one.context in {"json", "nested json"}:
            before, after = json.loads(one.line), json.loads(REDACT.line(one.line.encode()).raw)
            assert before.keys() == after.keys()


def test_of_ordinary_lines_one_in_a_thousand_is_changed_at_most() -> None:
    lines = list(ordinary(20_000))
    changed = [line for line in lines if REDACT.line(line.encode()).found]
    assert len(changed) <= len(lines) // 1_000, changed


def test_of_the_logs_in_this_repository_one_line_in_a_thousand_is_changed_at_most() -> None:
    """But for the addresses of e-mail in them, which are meant."""
    redact = Redactor(RedactConfig(keep=("email",)))
    with gzip.open(TESTS / "data" / "grouping" / "corpus.jsonl.gz", "rb") as file:
        lines = [line for entry in file for line in msgspec.json.decode(entry)["line"].encode().split(b"\n")]
    for folder in ("dialects", "stacks", "templates", "loki"):
        for path in sorted((TESTS / "data" / folder).iterdir()):
            lines += path.read_bytes().split(b"\n") if path.suffix != ".gz" else []
    changed = [line for line in lines if redact.line(line).found]
    assert len(lines) > 20_000
    assert len(changed) <= len(lines) // 1_000, changed


def test_no_secret_of_the_corpus_stands_in_a_file_of_this_repository() -> None:
    """A hosting platform would refuse the push: the samples are templates, and what fills them is drawn."""
    redact = Redactor(RedactConfig(personal=False))
    package = Path(logmedic.redact.__file__).parent
    sources = [*package.glob("**/*.py"), *TESTS.glob("redact/redact_*.py")]
    telling = {"aws-key", "github-token", "slack-token", "stripe-key", "openai-key", "npm-token", "slack-webhook"}
    for path in sources:
        for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
            assert not telling & redact.line(line).found.keys(), f"{path}:{number}"
