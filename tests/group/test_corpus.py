"""The labelled corpus: one bug, one incident, across runtimes, releases, machines and loggers; and never two in one."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from logmedic.group.fingerprint import Grouper

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "grouping"
sys.path.insert(0, str(BENCHMARK))

from corpus import Entry, load, record  # noqa: E402  the benchmark is no package of ours
from score import misses, score  # noqa: E402


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    return load()


@pytest.fixture(scope="module")
def fingerprints(entries: list[Entry]) -> list[str]:
    group = Grouper()
    return [group(record(entry)).fingerprint for entry in entries]


def test_the_corpus_has_sixty_bugs_with_ten_variants_each_and_names_no_machine(entries: list[Entry]) -> None:
    variants = {bug: {e.line for e in entries if e.bug == bug} for bug in {e.bug for e in entries}}
    assert len(variants) >= 60
    assert min(map(len, variants.values())) >= 10
    assert {e.language for e in entries} >= {"python", "rust", "java", "node", "go", "dotnet", "plain"}
    assert not [e.bug for e in entries if "/root/" in e.line or "/tmp/corpus-" in e.line]


def test_records_of_one_bug_are_one_group_and_no_other_bug_is_in_it(
    entries: list[Entry], fingerprints: list[str]
) -> None:
    bugs = [entry.bug for entry in entries]
    whole = score(bugs, fingerprints)
    assert (whole.ga >= 0.97, whole.hidden <= 0.01) == (True, True), "\n".join(
        [str(whole), *misses(bugs, fingerprints)]
    )


def test_a_record_has_the_same_fingerprint_in_any_order(entries: list[Entry], fingerprints: list[str]) -> None:
    order = random.Random(3).sample(range(len(entries)), len(entries))
    group = Grouper()
    again = {i: group(record(entries[i])).fingerprint for i in order}
    assert [again[i] for i in range(len(entries))] == fingerprints


def test_another_process_with_another_hash_seed_finds_the_same_fingerprints(fingerprints: list[str]) -> None:
    command = [sys.executable, str(BENCHMARK / "fingerprints.py")]
    done = subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": "5"}, stdout=subprocess.PIPE, check=True)
    assert done.stdout.decode().split() == fingerprints


def test_the_score_of_labels_as_groups_is_perfect() -> None:
    perfect = score(["a", "a", "b"], [1, 1, 2])
    assert (perfect.ga, perfect.fga, perfect.hidden, perfect.stray, perfect.split) == (1.0, 1.0, 0.0, 0.0, 0.0)


def test_a_bug_in_the_group_of_a_commoner_one_is_hidden() -> None:
    merged = score(["a", "a", "b", "c"], [1, 1, 1, 2])
    assert (merged.ga, merged.hidden, merged.stray) == (0.25, pytest.approx(1 / 3), 0.25)
    assert misses(["a", "b"], [1, 1]) == ["mixed: a, b in one group"]


def test_a_bug_over_two_groups_is_split_but_not_hidden() -> None:
    spread = score(["a", "a", "b"], [1, 2, 3])
    assert (spread.ga, spread.hidden, spread.split) == (pytest.approx(1 / 3), 0.0, 0.5)
    assert misses(["a", "a"], [1, 2]) == ["split: a over 2 groups (2 records)"]
