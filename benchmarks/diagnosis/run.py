"""Scores the offline ranking of suspects on the scenarios beside this file, next to three rules of thumb."""

from __future__ import annotations

import argparse
import datetime
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SCENARIOS = Path(__file__).parent / "scenarios"
LOGMEDIC = Path(sys.executable).with_name("logmedic")


@dataclass
class Score:
    """What a way of blaming got right. ``caused``: scenarios with a culprit, ``none``: without."""

    caused: int = 0
    none: int = 0
    top1: int = 0
    decoys: int = 0
    blamed: int = 0
    silent: int = 0
    silent_right: int = 0
    first: int = 0
    told: int = 0
    misses: list[str] = field(default_factory=list)

    def add(self, name: str, answer: dict[str, Any], suspect: str | None, first: str | None = None) -> None:
        wanted = answer["commit"]
        self.caused += wanted is not None
        self.none += wanted is None
        self.top1 += wanted is not None and suspect == wanted
        self.blamed += suspect is not None
        self.decoys += suspect is not None and suspect != wanted
        self.silent += suspect is None
        self.silent_right += suspect is None and wanted is None
        self.told += 1
        self.first += first == answer["first_failing_service"]
        if suspect != wanted:
            self.misses.append(f"{name}: {suspect or 'nobody'} instead of {wanted or 'nobody'}")
        if first is not None and first != answer["first_failing_service"]:
            self.misses.append(f"{name}: first failing {first} instead of {answer['first_failing_service']}")

    def figures(self) -> dict[str, float]:
        return {
            "scenarios": self.told,
            "top1": _share(self.top1, self.caused),
            "decoys": _share(self.decoys, self.told),
            "none_recall": _share(self.silent_right, self.none),
            "none_precision": _share(self.silent_right, self.silent),
            "first_service": _share(self.first, self.told),
        }


def _share(part: int, whole: int) -> float:
    return round(part / whole, 3) if whole else 1.0


def render(scenario: dict[str, Any], folder: Path) -> list[str]:
    """The scenario as files; the arguments of ``diagnose`` for them."""
    lines = sorted(_lines(scenario["log"]))
    (folder / "app.log").write_text("".join(f"{line}\n" for _, line in lines), "utf-8")
    argv = [str(folder / "app.log")]
    for name in ("changes", "deploys", "alert"):
        if scenario.get(name):
            path = folder / f"{name}.json"
            path.write_text(json.dumps(scenario[name]), "utf-8")
            argv += [f"--{name}", str(path)]
    return argv


def _lines(entries: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for entry in entries:
        begun = datetime.datetime.fromisoformat(entry["at"])
        named = ("at", "service", "level", "message", "times", "every_s")
        more = {key: value for key, value in entry.items() if key not in named}
        for n in range(entry.get("times", 1)):
            at = (begun + datetime.timedelta(seconds=n * entry.get("every_s", 1))).isoformat()
            texts = {k: v.replace("{n}", str(n)) if isinstance(v, str) else v for k, v in more.items()}
            message = entry["message"].replace("{n}", str(n))
            fields = {"message": message, "service": entry["service"], **texts}
            record = {"timestamp": at, "level": entry["level"], "fields": fields, "target": entry["service"]}
            yield at, json.dumps(record, ensure_ascii=False)


def diagnose(scenario: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        argv = render(scenario, Path(folder))
        done = subprocess.run([LOGMEDIC, "diagnose", *argv, "--json"], cwd=folder, capture_output=True, check=False)
        if done.returncode:
            raise SystemExit(done.stderr.decode())
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer


# -- the rules of thumb -----------------------------------------------------------------------------------------------


def latest_commit(scenario: dict[str, Any]) -> str | None:
    known = [c for c in scenario["changes"] if c["timestamp"] <= scenario["alert"]["fired_at"]]
    return max(known, key=lambda c: c["timestamp"])["sha"] if known else None


def latest_deploy(scenario: dict[str, Any]) -> str | None:
    alert = scenario["alert"]
    sent = [d for d in scenario.get("deploys", []) if d["timestamp"] <= alert["fired_at"]]
    own = [d for d in sent if d["service"] == alert["service"]] or sent
    return max(own, key=lambda d: d["timestamp"])["sha"] if own else None


def file_match(scenario: dict[str, Any]) -> str | None:
    text = json.dumps([e for e in scenario["log"] if e["level"] in {"ERROR", "FATAL"}])
    known = [c for c in scenario["changes"] if c["timestamp"] <= scenario["alert"]["fired_at"]]
    fits = [c for c in known if any(p.rpartition("/")[2] in text for p in c["files_changed"])]
    return max(fits, key=lambda c: c["timestamp"])["sha"] if fits else None


RULES = {"latest commit": latest_commit, "latest deploy": latest_deploy, "file in the error": file_match}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="figures as one JSON object")
    parser.add_argument("--misses", action="store_true", help="name what went wrong in the half that is not held out")
    options = parser.parse_args()
    scores: dict[str, Score] = {}
    for path in sorted(SCENARIOS.glob("*.json")):
        scenario = json.loads(path.read_text("utf-8"))
        half = "held out" if scenario["held_out"] else "tuned on"
        found = diagnose(scenario)
        suspects = found["suspects"]
        suspect = suspects[0]["commit"] if suspects else None
        scores.setdefault(f"logmedic, {half}", Score()).add(
            path.stem, scenario["answer"], suspect, found["first_failing_service"]
        )
        for name, rule in RULES.items():
            scores.setdefault(f"{name}, {half}", Score()).add(path.stem, scenario["answer"], rule(scenario))
    if options.json:
        print(json.dumps({name: score.figures() for name, score in sorted(scores.items())}))
        return
    for name, score in sorted(scores.items()):
        print(f"{name:28}" + "  ".join(f"{key} {value:g}" for key, value in score.figures().items()))
    if options.misses:
        print("\n".join(scores["logmedic, tuned on"].misses))


if __name__ == "__main__":
    main()
