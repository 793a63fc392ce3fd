"""Which commits could have produced this fault. Pure: diffs, stack and words in, ranked suspects out.

A commit earns a score by what its diff did, never by being the latest. Independent reasons add up as probabilities do:
``1 - (1 - a)(1 - b)…``. The weights are judgements, tuned on made cases (``test_investigate_suspects.py``):
one strong reason (it wrote the line that failed, it removed the name that is missing, it lowered the limit that was
hit) passes the threshold, one weak reason never does. Unless the fault is a bug, reasons that only tie a change to the
error (``tie``) count beside one that explains how it came about, and never by themselves: silence is better than an
accusation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from logmedic.investigate import contracts, locality, switches
from logmedic.investigate import hunks as h
from logmedic.investigate import reasons as r
from logmedic.investigate.artefacts import by_artefact, by_grant
from logmedic.investigate.diffs import Change, Touch, touches
from logmedic.investigate.installed import by_package
from logmedic.investigate.kind import Code
from logmedic.investigate.limits import by_knob, by_leak
from logmedic.investigate.mechanisms import by_mechanism
from logmedic.investigate.reach import by_callee, by_value
from logmedic.investigate.scene import Place, Reason, Scene, View
from logmedic.investigate.workload import by_workload
from logmedic.model import CauseKind, Suspect, Text

MOST_SUSPECTS = 3
THRESHOLD = {Code.BUG: 0.4, Code.KNOB: 0.5, Code.OUTSIDE: 0.55}
HIGHEST = 0.95
TELLING = 0.2  # below, a reason shows no mechanism
BULK = 1_500  # changed lines above which one name in a diff says little
NOT_KNOWN = 99  # lines to a hunk that does not say where it stands
_DAY = 86_400
_AGES = ((7, 1.0), (30, 0.85), (90, 0.7))  # days between the commit and the first occurrence → factor
_OLDER = 0.55


def rank(scene: Scene) -> list[Suspect]:
    """At most :data:`MOST_SUSPECTS` commits, the likeliest first; none when nothing is above the threshold."""
    return [scored.suspect for scored in ranked(scene)]


class Ranked(msgspec.Struct, frozen=True):
    """A suspect, and the other commits that its reasons speak of."""

    suspect: Suspect
    also: tuple[str, ...] = ()


def ranked(scene: Scene) -> list[Ranked]:
    """Like :func:`rank`, with what else the reasons rest on."""
    if scene.kind.code is Code.NEVER:
        return []
    touched = _touched(scene)
    views = [
        View(change, tuple(h.telling_hunks(change)), tuple(touched.get(change.commit, ()))) for change in scene.changes
    ]
    words = r.telling_words(scene, views)
    shared = r.rare_words(scene, views)
    reasons = {
        view.change.commit: [*_reasons(scene, view, words), *r.by_words(shared.get(view.change.commit, ()))]
        for view in views
    }
    hidden = _switched(scene, views, reasons)
    scored: list[tuple[float, int, Ranked]] = []
    for age, view in enumerate(views):
        own = sorted(reasons[view.change.commit], key=lambda reason: reason.rank, reverse=True)
        score = _score(scene, view.change, own) * (switches.INHERITED if view.change.commit in hidden else 1.0)
        if score >= THRESHOLD[scene.kind.code]:
            suspect = Suspect(view.change.commit, round(min(score, HIGHEST), 2), _why(own[:3]))
            also = tuple(dict.fromkeys(reason.also for reason in own[:3] if reason.also))
            scored.append((round(score, 2), -age, Ranked(suspect, also)))
    scored.sort(key=lambda entry: entry[:2], reverse=True)
    best = scored[0][0] if scored else 0.0
    return [found for score, _, found in scored[:MOST_SUSPECTS] if score >= best * 0.6]


def _switched(scene: Scene, views: Sequence[View], reasons: dict[str, list[Reason]]) -> frozenset[str]:
    """Adds the reasons of flipped switches. Returns the commits whose code could not run before the flip."""
    hidden: set[str] = set()
    found = switches.flips(views)
    scores = (
        {view.change.commit: _score(scene, view.change, reasons[view.change.commit]) for view in views} if found else {}
    )
    for flip in found:
        reason = switches.by_switch(scene, flip, scores)
        reasons[flip.view.change.commit].append(reason)
        if reason.weight >= THRESHOLD[scene.kind.code]:
            hidden.update(flip.readers)
    return frozenset(hidden)


def _score(scene: Scene, change: Change, reasons: Sequence[Reason]) -> float:
    if scene.kind.code is not Code.BUG and all(reason.tie or reason.weight < TELLING for reason in reasons):
        return 0.0  # it speaks of the same things, and brings nothing about
    score = _together(reasons) * _age_factor(scene.first_seen - change.time) * _bulk_factor(change)
    if not any(reason.anywhere for reason in reasons):
        score *= locality.factor(change, scene.hit, scene.services, scene.sent)
    return score * locality.carried(change, scene)


def _why(reasons: Sequence[Reason]) -> Text:
    told = dict.fromkeys(reason.why for reason in reasons)
    return Text("; ".join(why.en for why in told), "; ".join(why.ko for why in told))


def _together(reasons: Sequence[Reason]) -> float:
    missed = 1.0
    for reason in reasons:
        missed *= 1 - reason.weight
    return 1 - missed


def _age_factor(seconds: int) -> float:
    """What ran well for long was rarely what broke it: the fault would have come at once."""
    return next((factor for days, factor in _AGES if seconds <= days * _DAY), _OLDER)


def _bulk_factor(change: Change) -> float:
    """The first commit, and imports of whole trees, touch everything."""
    return 0.3 if change.parents == 0 else 0.7 if change.size > BULK else 1.0


def _reasons(scene: Scene, view: View, words: Sequence[str]) -> Iterator[Reason]:
    """A bug is judged by the code that ran; a limit, a name or an address only by what the error speaks of."""
    if scene.kind.code is Code.BUG:
        yield from r.by_stack(scene, view)
        yield from r.by_function(scene, view)
        yield from _named(scene, view, words)
        return
    workload = list(by_workload(scene, view))
    strong = [*_named(scene, view, words), *by_leak(scene, view), *workload, *by_mechanism(scene, view)]
    if workload:
        strong += locality.by_waiting(scene, view.change)
    yield from strong
    if strong:
        yield from r.by_subject(scene, view)
    if scene.kind.cause in {CauseKind.DATA, CauseKind.CONFIG}:
        yield from r.by_stack(scene, view)
    elif strong and not view.touched:
        yield from r.by_function(scene, view)
    elif strong and view.touched:
        place = view.touched[0][0]
        what = place.span.name or place.path
        yield Reason(0.2, Text(f"it touches {what}, which is on the stack", f"스택에 있는 {what} 변경"), tie=True)


def _named(scene: Scene, view: View, words: Sequence[str]) -> Iterator[Reason]:
    """What the error names, whatever kind of fault it is."""
    yield from r.by_missing(scene, view)
    yield from r.by_unwanted(scene, view)
    yield from by_knob(scene, view)
    yield from by_package(scene, view)
    yield from contracts.by_schema(scene, view)
    yield from contracts.by_route(scene, view)
    yield from contracts.by_answer(scene, view)
    yield from by_artefact(scene, view)
    yield from by_grant(scene, view)
    yield from by_callee(scene, view)
    yield from by_value(scene, view)
    yield from locality.by_shared(scene, view)
    yield from r.by_literals(scene, view, words)


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
