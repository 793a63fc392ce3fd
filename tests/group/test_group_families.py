"""Statements of well-known software, retold: half of them were tuned on, half were not looked at."""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

import pytest
from families import messages

from logmedic.group.template import Templates

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks" / "grouping"))

from score import score


@pytest.mark.parametrize(("held", "ga", "fga"), [(False, 0.98, 0.97), (True, 0.92, 0.85)])
@pytest.mark.parametrize("seed", [1, 7])
def test_a_statement_has_one_template_and_no_other_has_it(held: bool, ga: float, fga: float, seed: int) -> None:
    templates = Templates()
    systems: dict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for message in messages(seed):
        if message.held is held:
            statements, found = systems[message.system]
            statements.append(message.statement)
            found.append(templates(message.text))
    scores = {system: score(*pair) for system, pair in systems.items()}
    assert len(scores) >= 10
    assert sum(s.ga for s in scores.values()) / len(scores) >= ga, scores
    assert sum(s.fga for s in scores.values()) / len(scores) >= fga, scores
    assert max(s.hidden for s in scores.values()) == 0


def test_the_order_of_messages_never_matters() -> None:
    texts = [message.text for message in messages()]
    first, second = Templates(), Templates()
    forwards = [first(text) for text in texts]
    backwards = [second(text) for text in reversed(texts)]
    assert forwards == backwards[::-1]
