"""How the levers and turns of a change fit the symptoms that show. Pure.

A fit counts the more the fewer changes of the window have it (inverse document frequency, Spärck Jones 1972): what
all of them do tells nothing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import msgspec

from logmedic.investigate.faults.symptoms import ANY, Seen
from logmedic.investigate.suspects.levers import Pulled, pulled
from logmedic.investigate.suspects.scene import Reason, View
from logmedic.investigate.suspects.turns import Turned, turned
from logmedic.model import Text

LEAST_RARE = 0.4  # of the weight of what every change of the window does
MOST_TIED = 3  # levers of one change that count
EVERY = "*"  # in what a turn leads to: any symptom
FOREIGN = 0.3  # what a turn counts that is made to a resource which the error has nothing to do with


class Ties(msgspec.Struct, frozen=True):
    """``values``: see :data:`.ranking.WEIGHTS`; ``reasons``: of the best of each kind."""

    values: Mapping[str, float]
    reasons: tuple[Reason, ...]


_Tie = tuple[float, Pulled | Turned, Seen | None]


Foreign = Callable[[View, str], bool]
"""Whether a line of a change is about a resource that the error has nothing to do with."""


def ties(views: Sequence[View], symptoms: Sequence[Seen], foreign: Foreign) -> dict[str, Ties]:
    """Commit → how it is tied to what shows."""
    levers, turns = _by_levers(views, symptoms), _by_turns(views, symptoms, foreign)
    found = {}
    for view in views:
        moved, made = levers[view.change.commit], turns[view.change.commit]
        takes = [weight for weight, turn, _ in made if isinstance(turn, Turned) and not turn.adds]
        adds = [weight for weight, turn, _ in made if isinstance(turn, Turned) and turn.adds]
        values = {
            "levers": sum(weight for weight, _, _ in moved[:MOST_TIED]),
            "turn": _nth(takes, 0),
            "more-turns": _nth(takes, 1),
            "adds": _nth(adds, 0),
            "more-adds": _nth(adds, 1),
        }
        told = tuple(_told(*best[0]) for best in (made, moved) if best and best[0][0] > 0)
        found[view.change.commit] = Ties(values, told)
    return found


def _nth(weights: Sequence[float], at: int) -> float:
    return weights[at] if at < len(weights) else 0.0


def _by_levers(views: Sequence[View], symptoms: Sequence[Seen]) -> dict[str, list[_Tie]]:
    """Commit → its levers, the weightiest first."""
    wanted = {name for shown in symptoms for name in shown.symptom.levers} | ANY.keys()
    moved = {view.change.commit: list(pulled(view.hunks, wanted)) for view in views}
    often = Counter(entry.lever for entries in moved.values() for entry in entries)
    found: dict[str, list[_Tie]] = {}
    for commit, entries in moved.items():
        tied: list[_Tie] = []
        for entry in entries:
            usual, shown = _strongest(symptoms, [seen.symptom.levers.get(entry.lever, 0.0) for seen in symptoms])
            weight = max(usual, ANY.get(entry.lever, 0.0)) * _rare(often[entry.lever], len(views))
            tied.append((weight, entry, shown if usual else None))
        found[commit] = sorted(tied, key=lambda tie: -tie[0])
    return found


def _by_turns(views: Sequence[View], symptoms: Sequence[Seen], foreign: Foreign) -> dict[str, list[_Tie]]:
    """Commit → its turns, the weightiest first."""
    made = [(view, turned(view.hunks)) for view in views]
    often = Counter(entry.id for _, entries in made for entry in entries)
    found: dict[str, list[_Tie]] = {}
    for view, entries in made:
        tied: list[_Tie] = []
        for entry in entries:
            least = entry.leads_to.get(EVERY, 0.0)
            usual, shown = _strongest(symptoms, [entry.leads_to.get(seen.symptom.id, least) for seen in symptoms])
            if usual:
                usual *= FOREIGN if foreign(view, entry.line) else 1.0
                tied.append((usual * _rare(often[entry.id], len(views)), entry, shown))
        found[view.change.commit] = sorted(tied, key=lambda tie: -tie[0])
    return found


def _strongest(symptoms: Sequence[Seen], usual: Sequence[float]) -> tuple[float, Seen | None]:
    """The symptom that fits best, and how well."""
    fits = [(seen.strength * share, seen) for seen, share in zip(symptoms, usual, strict=True)]
    return max(fits, key=lambda fit: fit[0], default=(0.0, None))


def _rare(count: int, changes: int) -> float:
    return LEAST_RARE + (1 - LEAST_RARE) * math.log((changes + 1) / count) / math.log(changes + 1)


def _told(weight: float, entry: Pulled | Turned, shown: Seen | None) -> Reason:
    line = " ".join(entry.line.split())[:80]
    english, korean = f"{entry.said.en} ({entry.path}): {line}", f"{entry.said.ko} ({entry.path}): {line}"
    if shown is not None:
        words = " ".join(shown.words.split())[:40]
        english, korean = f"{english}, which can lead to “{words}”", f"{korean}, “{words}” 오류를 일으킬 수 있는 변경"
    return Reason(weight / 2, Text(english, korean))
