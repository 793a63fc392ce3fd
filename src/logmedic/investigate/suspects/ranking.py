"""Which commits could have produced this fault. Pure: diffs, stack and words in, ranked suspects out.

A commit earns a score by what it did, never by being the latest: the weighted sum of its signals
(:mod:`.signals`). "Nobody's commit" earns one, too, from the signs that an outage came from
outside (:mod:`.outside`), and a commit is accused only where it outweighs that. So the model is a
multinomial logit with an outside option (McFadden 1974), each of its terms a number that can be told.

The weights were drawn from judgement (what an engineer would give them) towards what the made outages under
``benchmarks/diagnosis`` say, by ``benchmarks/diagnosis/fit.py``, which also tells how well they carry over to outages
that they were not drawn from. A sign that judgement is sure of is never turned over by a fit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from logmedic.investigate.changes import hunks as h
from logmedic.investigate.changes.diffs import Change, Touch, touches
from logmedic.investigate.faults.kind import Code
from logmedic.investigate.suspects import locality
from logmedic.investigate.suspects.outside import signs
from logmedic.investigate.suspects.scene import Place, Reason, Scene, View
from logmedic.investigate.suspects.signals import Signals, episode_texts, signals
from logmedic.model import Suspect, Text

MOST_SUSPECTS = 3
HIGHEST = 0.95
NEAR_BEST = 0.6  # of the best suspect's odds, from where another one is named beside it
NOT_KNOWN = 99  # lines to a hunk that does not say where it stands
MOST_TOLD = 3  # reasons

WEIGHTS: Mapping[str, float] = {
    "stack": 1.55,
    "missing": 1.98,
    "named": 2.45,
    "literals": 0.56,
    "shape": 1.95,
    "levers": 0.5,
    "turn": 1.0,
    "more-turns": 0.7,
    "adds": 0.3,
    "more-adds": 0.3,
    "strains": 0.44,
    "major-release": 0.37,
    "size": 1.18,
    "takes-away": 0.46,
    "shared": 0.64,
    "eases": -0.68,
    "minor-release": -0.52,
    "patch-release": -0.84,
    "cosmetic": -1.07,
    "age": -1.21,
    "hidden": -1.01,
    "elsewhere": -5.0,
    "waiting": -2.01,
    "idle": -1.82,
    "first-commit": -2.04,
}
NOBODY: Mapping[str, float] = {
    "always": 0.7,
    "kind": 0.87,
    "provider": 0.95,
    "platform": 0.97,
    "expiry": 0.71,
    "revoked": 0.75,
    "load": 0.56,
    "client": 0.45,
    "data": 0.82,
    "note": 1.2,
    "foreign": 1.24,
    "one-caller": 1.3,
    "new-caller": 1.18,
    "traffic": 0.99,
    "alien": 0.41,
    "lone": 0.5,
}


class Ranked(msgspec.Struct, frozen=True):
    """A suspect, and the other commits that its reasons speak of."""

    suspect: Suspect
    also: tuple[str, ...] = ()


class Weighed(msgspec.Struct, frozen=True):
    """What is weighed: the signals of each commit, newest first, and the signs that it was nobody's."""

    commits: Mapping[str, Signals]
    outside: Mapping[str, float]


def rank(scene: Scene) -> list[Suspect]:
    """At most :data:`MOST_SUSPECTS` commits, the likeliest first; none where nobody's commit is likelier."""
    return [found.suspect for found in ranked(scene)]


def ranked(scene: Scene) -> list[Ranked]:
    """Like :func:`rank`, with what else the reasons rest on."""
    if scene.kind.code is Code.NEVER or not scene.changes:
        return []
    weighed = weigh(scene)
    nobody = total(NOBODY, weighed.outside)
    scores = {commit: total(WEIGHTS, found.values) - nobody for commit, found in weighed.commits.items()}
    told = {commit: score for commit, score in scores.items() if score > 0 and weighed.commits[commit].reasons}
    best = sorted(told, key=lambda commit: -told[commit])  # of equals the newest: the mapping is in that order
    named = [commit for commit in best if math.exp(told[commit] - told[best[0]]) >= NEAR_BEST]
    return [_suspect(commit, told[commit], weighed.commits[commit].reasons) for commit in named[:MOST_SUSPECTS]]


def weigh(scene: Scene) -> Weighed:
    """What is known of each change of the window and of the world outside, as numbers."""
    touched = _touched(scene)
    views = [
        View(change, tuple(h.telling_hunks(change)), tuple(touched.get(change.commit, ()))) for change in scene.changes
    ]
    texts = episode_texts(scene)
    owners = {name for view in views for name in locality.belongs_to(view.change, scene.services, scene.sent)}
    outside = signs(scene, texts, owners)
    return Weighed(signals(scene, views, texts), {"always": 0.7, **outside})


def total(weights: Mapping[str, float], values: Mapping[str, float]) -> float:
    return sum(weight * values.get(name, 0.0) for name, weight in weights.items())


def _suspect(commit: str, score: float, reasons: Sequence[Reason]) -> Ranked:
    """``score``: logarithm of the odds that it was this commit rather than nobody's."""
    told = reasons[:MOST_TOLD]
    chance = round(min(1 / (1 + math.exp(-score)), HIGHEST), 2)
    also = tuple(dict.fromkeys(reason.also for reason in told if reason.also))
    return Ranked(Suspect(commit, chance, _why(told)), also)


def _why(reasons: Sequence[Reason]) -> Text:
    told = dict.fromkeys(reason.why for reason in reasons)
    return Text("; ".join(why.en for why in told), "; ".join(why.ko for why in told))


def _touched(scene: Scene) -> dict[str, list[tuple[Place, Touch]]]:
    found: dict[str, list[tuple[Place, Touch]]] = {}
    for place in scene.places:
        span = (place.span.start, place.span.end)
        for touch in touches(scene.changes, place.path, span, place.span.line):
            if h.means_something(touch.hunk):
                found.setdefault(touch.commit, []).append((place, touch))
    if scene.listed:
        for place in scene.places:
            for touch in _by_text(scene.changes, place):
                found.setdefault(touch.commit, []).append((place, touch))
    return found


def _by_text(changes: Sequence[Change], place: Place) -> Iterator[Touch]:
    """Hunks of a place's file that wrote its very line, or that do not say where they stand."""
    for change in changes:
        for file in change.files:
            for hunk in file.hunks if file.path == place.path else ():
                wrote = bool(place.code) and place.code in {line.strip() for line in hunk.added}
                if h.means_something(hunk) and (wrote or not hunk.start):
                    yield Touch(change.commit, hunk, 0 if wrote else NOT_KNOWN)
