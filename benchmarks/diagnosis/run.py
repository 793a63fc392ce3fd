"""Scores the offline ranking of suspects on the made-up outages beside this file, next to three rules of thumb."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from material import render
from scenario import BLIND, BROKEN, HALVES, Answer, Scenario, load, moment

LOGMEDIC = Path(sys.executable).with_name("logmedic")


@dataclass
class Score:
    """What a way of blaming got right. ``caused``: scenarios with a culprit, ``none``: without."""

    caused: int = 0
    none: int = 0
    top1: int = 0
    decoys: int = 0
    silent: int = 0
    silent_right: int = 0
    first: int = 0
    told: int = 0
    named: int = 0
    misses: list[str] = field(default_factory=list)

    def add(self, name: str, answer: Answer, suspect: str | None) -> None:
        wanted = answer.commit
        self.told += 1
        self.caused += wanted is not None
        self.none += wanted is None
        self.top1 += answer.blames(suspect)
        self.decoys += suspect is not None and not answer.blames(suspect)
        self.silent += suspect is None
        self.silent_right += suspect is None and wanted is None
        if suspect != wanted and not answer.blames(suspect):
            self.misses.append(f"{name}: {suspect or 'nobody'} instead of {wanted or 'nobody'}")

    def add_first(self, name: str, answer: Answer, first: str | None) -> None:
        self.named += 1
        self.first += first == answer.first_failing_service
        if first != answer.first_failing_service:
            self.misses.append(f"{name}: first failing {first} instead of {answer.first_failing_service}")

    def figures(self) -> dict[str, float]:
        """Shares from 0 to 1. One of nothing is left out: a rule of thumb that is never silent has no precision."""
        shares = {
            "top1": (self.top1, self.caused),
            "decoys": (self.decoys, self.told),
            "none_recall": (self.silent_right, self.none),
            "none_precision": (self.silent_right, self.silent),
            "first_service": (self.first, self.named),
        }
        found = {name: round(part / whole, 3) for name, (part, whole) in shares.items() if whole}
        return {"scenarios": self.told, **found}


def diagnose(scenario: Scenario) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        argv = render(scenario, Path(folder))
        done = subprocess.run([LOGMEDIC, "diagnose", *argv, "--json"], cwd=folder, capture_output=True, check=False)
        if done.returncode:
            raise SystemExit(done.stderr.decode())
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer


# -- the rules of thumb -----------------------------------------------------------------------------------------------


def latest_commit(scenario: Scenario) -> str | None:
    alerted = moment(scenario.alert.fired_at)
    known = [c for c in scenario.changes if moment(c.timestamp) <= alerted]
    return max(known, key=lambda c: moment(c.timestamp)).sha if known else None


def latest_deploy(scenario: Scenario) -> str | None:
    alert = scenario.alert
    sent = [d for d in scenario.deploys if moment(d.timestamp) <= moment(alert.fired_at)]
    own = [d for d in sent if d.service == alert.service] or sent
    return max(own, key=lambda d: moment(d.timestamp)).sha if own else None


def file_match(scenario: Scenario) -> str | None:
    text = json.dumps([e for e in scenario.log if e["level"].upper() in BROKEN])
    alerted = moment(scenario.alert.fired_at)
    known = [c for c in scenario.changes if moment(c.timestamp) <= alerted]
    fits = [c for c in known if any(p.rpartition("/")[2] in text for p in c.files_changed)]
    return max(fits, key=lambda c: moment(c.timestamp)).sha if fits else None


RULES = {"latest commit": latest_commit, "latest deploy": latest_deploy, "file in the error": file_match}


def scored(half: str) -> dict[str, Score]:
    """The score of logmedic and of each rule of thumb in one of :data:`scenario.HALVES`."""
    scores = {who: Score() for who in ("logmedic", *RULES)}
    for name, scenario in load(half).items():
        found = diagnose(scenario)
        suspect = found["suspects"][0]["commit"] if found["suspects"] else None
        scores["logmedic"].add(name, scenario.answer, suspect)
        scores["logmedic"].add_first(name, scenario.answer, found["first_failing_service"])
        for rule, blame in RULES.items():
            scores[rule].add(name, scenario.answer, blame(scenario))
    return scores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=[*HALVES, "both", "all"], default="both", help="which outages; default: both")
    parser.add_argument("--json", action="store_true", help="figures as one JSON object")
    parser.add_argument("--misses", action="store_true", help="name what went wrong in what is not blind")
    options = parser.parse_args()
    halves = {"both": ["development", "held-out"], "all": list(HALVES)}.get(options.half, [options.half])
    scores = {half: scored(half) for half in halves}
    if options.json:
        print(json.dumps({half: {who: s.figures() for who, s in told.items()} for half, told in scores.items()}))
        return
    for half, told in scores.items():
        print(f"{half}:")
        for who, score in told.items():
            print(f"  {who:18}" + "  ".join(f"{key} {value:g}" for key, value in score.figures().items()))
    if options.misses:
        print("\n".join(miss for half in halves if half not in BLIND for miss in scores[half]["logmedic"].misses))


if __name__ == "__main__":
    main()
