"""Draws the weights of the ranking from judgement towards what the outages for tuning say, and cross-validates them.

``python benchmarks/diagnosis/fit.py`` prints, for development and varied outages, how the ranking does on each third
when its weights are drawn from the two others, and the weights that come of all of them, for ``suspects.py``.
Blind outages are not read. The fit is a multinomial logit with "nobody's commit" as one of the choices; the penalty
pulls each weight to what judgement gave it, and its sign stays.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import math
import os
import random
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from material import render
from run import Score
from scenario import Answer, load

from logmedic.cli.main import app
from logmedic.investigate import judge
from logmedic.investigate.suspects.ranking import NOBODY, WEIGHTS, total, weigh
from logmedic.investigate.suspects.scene import Scene

# What an engineer would give each signal before any case is seen, in logarithms of odds.
JUDGED = {
    "stack": 1.5, "missing": 1.5, "named": 1.5, "literals": 0.5, "shape": 1.0,
    "levers": 0.5, "turn": 1.0, "more-turns": 0.7, "adds": 0.3, "more-adds": 0.3,
    "strains": 0.5, "major-release": 0.3, "size": 0.4, "takes-away": 0.3, "shared": 0.4, "eases": -0.5,
    "minor-release": -0.2, "patch-release": -0.7, "cosmetic": -1.0, "age": -0.7, "hidden": -1.0, "waiting": -2.0,
    "elsewhere": -5.0,
    "idle": -2.0, "first-commit": -2.0,
    "always": 0.7, "kind": 0.7, "provider": 0.7, "platform": 0.7, "expiry": 0.7, "revoked": 0.7,
    "load": 0.5, "client": 0.5, "data": 0.5, "note": 1.0, "foreign": 1.0, "one-caller": 1.0, "new-caller": 1.0,
    "traffic": 1.0, "alien": 0.5, "lone": 0.5,
}  # fmt: skip
HELD = frozenset({"levers", "turn", "more-turns", "adds", "more-adds", "elsewhere", "always", "lone"})
"""Not drawn: how much it takes to accuse anybody at all, what cannot be elsewhere, and what comes from tables that were
written with a look at the very outages that the fit knows, which would flatter them."""
PENALTY, STEP, ROUNDS, PARTS, SHUFFLES = 3.0, 0.15, 200, 3, 3
Weights = tuple[dict[str, float], dict[str, float]]


@dataclass
class Case:
    name: str
    half: str
    answer: Answer
    commits: Mapping[str, Mapping[str, float]]
    outside: Mapping[str, float]

    @property
    def right(self) -> set[str]:
        return {commit for commit in self.commits if self.answer.blames(commit)}


def cases(half: str) -> Iterator[Case]:
    """What is weighed in each outage, as ``logmedic diagnose`` comes to it."""
    for name, scenario in load(half).items():
        scenes: list[Scene] = []

        def keep(scene: Scene, scenes: list[Scene] = scenes) -> list[object]:
            scenes.append(scene)
            return []

        with (
            tempfile.TemporaryDirectory() as folder,
            mock.patch.object(judge, "ranked", keep),
            contextlib.chdir(folder),
            contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO())),
        ):
            app(["diagnose", *render(scenario, Path(folder)), "--json"], standalone_mode=False)
        if not scenes:  # nothing could be looked at
            yield Case(name, half, scenario.answer, {}, {"always": 1.0})
            continue
        weighed = weigh(scenes[-1])
        values = {commit: found.values for commit, found in weighed.commits.items()}
        yield Case(name, half, scenario.answer, values, weighed.outside)


def drawn(found: Sequence[Case], penalty: float = PENALTY) -> Weights:
    """Weights of the signals and of the signs, by steps of AdaGrad (Duchi 2011) against their common likelihood."""
    weights, nobody = ({name: JUDGED[name] for name in table} for table in (WEIGHTS, NOBODY))
    seen: dict[str, float] = {}
    for _ in range(ROUNDS):
        slope = {name: -penalty * (value - JUDGED[name]) for name, value in (weights | nobody).items()}
        for case in found:
            for name, value in _slopes(case, weights, nobody):
                slope[name] += value
        for table in (weights, nobody):
            for name in table.keys() - HELD:
                seen[name] = seen.get(name, 0.0) + slope[name] ** 2
                moved = table[name] + STEP * slope[name] / math.sqrt(seen[name] + 1e-9)
                table[name] = max(moved, 0.0) if JUDGED[name] > 0 else min(moved, 0.0)
    return weights, nobody


def _slopes(case: Case, weights: Mapping[str, float], nobody: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    if case.answer.commit is not None and not case.right:
        return  # the culprit is not among what was looked at
    scores = {commit: total(weights, values) for commit, values in case.commits.items()} | {
        "": total(nobody, case.outside)
    }
    highest = max(scores.values())
    odds = {commit: math.exp(score - highest) for commit, score in scores.items()}
    whole, right = sum(odds.values()), case.right or {""}
    wanted = sum(odds[commit] for commit in right)
    for commit, odd in odds.items():
        pull = (odd / wanted if commit in right else 0.0) - odd / whole
        for name, value in (case.commits[commit] if commit else case.outside).items():
            yield name, pull * value


def accused(case: Case, drawn_from: Weights) -> str | None:
    weights, nobody = drawn_from
    scores = {commit: total(weights, values) for commit, values in case.commits.items()}
    best = max(scores, key=lambda commit: scores[commit], default=None)  # of equals the newest
    return best if best is not None and scores[best] > total(nobody, case.outside) else None


def crossed(found: Sequence[Case], penalty: float) -> dict[str, Score]:
    """The scores by half where no outage had a part in the weights that it is judged with."""
    scores: dict[str, Score] = {}
    for shuffle in range(SHUFFLES):
        order = random.Random(shuffle).sample(range(len(found)), len(found))
        for part in range(PARTS):
            away = set(order[part::PARTS])
            weights = drawn([case for at, case in enumerate(found) if at not in away], penalty)
            for at in away:
                case = found[at]
                scores.setdefault(case.half, Score()).add(case.name, case.answer, accused(case, weights))
    return scores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--penalty", type=float, default=PENALTY, help="how strongly weights are pulled to judgement")
    parser.add_argument("--misses", action="store_true", help="name what is missed in cross-validation")
    options = parser.parse_args()
    os.environ.setdefault("LC_ALL", "C.UTF-8")
    found = [case for half in ("development", "varied") for case in cases(half)]
    scores = crossed(found, options.penalty)
    for half, score in scores.items():
        print(f"{half:12}", "  ".join(f"{name} {value:g}" for name, value in score.figures().items()))
        if options.misses:
            print("\n".join(sorted(set(score.misses))))
    for table in drawn(found, options.penalty):
        print({name: round(value, 2) for name, value in table.items()})


if __name__ == "__main__":
    sys.exit(main())
