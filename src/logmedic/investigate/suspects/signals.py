"""What speaks for and against each change, as numbers of a few kinds and the reasons behind them. Pure.

Four kinds of reasons come from the lines of the change and the words of the error alone (the code on the stack; what
the error misses; what it names; shapes of code that bring about this kind of fault). The fifth is general: the
symptoms of the whole episode against the levers that the change moves, a lever counting the more the fewer changes of
the window move it (inverse document frequency, Spärck Jones 1972).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial

import msgspec

from logmedic.investigate.changes.effort import cosmetic, grade, inert, strain
from logmedic.investigate.faults.kind import Code
from logmedic.investigate.faults.symptoms import seen
from logmedic.investigate.suspects import contracts, locality, switches
from logmedic.investigate.suspects import reasons as r
from logmedic.investigate.suspects.artefacts import by_artefact, by_grant
from logmedic.investigate.suspects.installed import by_package
from logmedic.investigate.suspects.limits import by_knob, by_leak, foreign
from logmedic.investigate.suspects.mechanisms import by_mechanism
from logmedic.investigate.suspects.outside import once, text_of
from logmedic.investigate.suspects.reach import by_callee, by_value
from logmedic.investigate.suspects.scene import Reason, Scene, View
from logmedic.investigate.suspects.ties import ties
from logmedic.investigate.suspects.workload import by_workload
from logmedic.model import CauseKind, Level, LogRecord

MOST_EVIDENCE = 2.5  # of one kind of reasons, in the negative logarithm of the doubt that they leave
MOST_LINES = 60  # changed lines above which a bigger change is not likelier
WEEK = 7 * 86_400
OLDEST = 2.0  # weeks from which a change counts as equally old
VICTIM, WARNING = 0.7, 0.9  # what the errors of services that failed later, and warnings, count beside the first's
APART = 0.3  # what an error counts that the same service made in other code than the one in question
OWN = frozenset({"pool-exhausted", "out-of-memory", "too-many-files", "missing-module", "missing-setting"})
"""Kinds of faults of what a service has for itself."""
COMPARED = ("size", "levers")
ADDRESSED = 0.5  # weight of a literal from which it is the address that could not be reached
FLIPPED = 0.3  # weight of a flip from which the code behind it could not run before


class Signals(msgspec.Struct, frozen=True):
    """``values``: name → number, of :data:`.ranking.WEIGHTS`; ``reasons``: what is told."""

    values: Mapping[str, float]
    reasons: tuple[Reason, ...] = ()


def episode_texts(scene: Scene) -> list[tuple[str, float]]:
    """What failed in the words of all services, and how near each is to where it began."""
    found = [(scene.subject, 1.0)]
    for record in once(scene.told):
        if record.level >= Level.WARN:
            weight = APART if _apart(record, scene) else 1.0 if record.service in scene.hit[:1] else VICTIM
            found.append((text_of(record), weight * (1.0 if record.level >= Level.ERROR else WARNING)))
    return found


def _apart(record: LogRecord, scene: Scene) -> bool:
    """Whether an error is one of several that a service has at a time: its stack does not pass through ours."""
    if record.service != scene.service or not record.stack_text:
        return False
    return bool(scene.ran) and not any(place.path in record.stack_text for place in scene.ran if place.depth == 0)


def signals(scene: Scene, views: Sequence[View], texts: Sequence[tuple[str, float]]) -> dict[str, Signals]:
    """Commit → its signals."""
    grouped = {view.change.commit: dict(_by_lines(scene, view, r.telling_words(scene, views))) for view in views}
    hidden = _switched(scene, views, grouped)
    tied = ties(views, seen(texts), partial(_foreign, scene))
    found: dict[str, Signals] = {}
    for view in views:
        commit = view.change.commit
        groups = grouped[commit]
        values = {name: _evidence(reasons) for name, reasons in groups.items()}
        values |= _plain(scene, view) | {"hidden": float(commit in hidden)}
        values |= tied[commit].values
        told = [reason for reasons in groups.values() for reason in reasons]
        told.sort(key=lambda reason: reason.rank, reverse=True)
        found[commit] = Signals(values, tuple(told) or tied[commit].reasons[:1])
    return _compared(found)


def _compared(found: Mapping[str, Signals]) -> dict[str, Signals]:
    """What only tells which change stands out among the others counts from what is usual in this window."""
    usual = {}
    for name in COMPARED:
        shown = [one.values[name] for one in found.values() if one.values[name] > 0]
        usual[name] = sum(shown) / max(len(shown), 1)
    return {
        commit: Signals({**one.values, **{name: one.values[name] - usual[name] for name in COMPARED}}, one.reasons)
        for commit, one in found.items()
    }


def _by_lines(scene: Scene, view: View, words: Sequence[str]) -> Iterator[tuple[str, list[Reason]]]:
    """A bug is judged by the code that ran, whatever else by what the change does to what the error speaks of."""
    bug = scene.kind.code is Code.BUG
    ran = bug or scene.kind.cause in {CauseKind.DATA, CauseKind.CONFIG}
    yield "stack", [*r.by_stack(scene, view), *r.by_function(scene, view)] if ran else []
    yield "missing", [*r.by_missing(scene, view), *r.by_unwanted(scene, view)]
    quoted = [*r.by_literals(scene, view, words)]
    yield (
        "named",
        [
            *(reason for reason in quoted if reason.weight >= ADDRESSED),
            *by_knob(scene, view), *by_package(scene, view), *contracts.by_schema(scene, view),
            *contracts.by_route(scene, view), *contracts.by_answer(scene, view), *by_artefact(scene, view),
            *by_grant(scene, view), *by_callee(scene, view), *by_value(scene, view),
        ],
    )  # fmt: skip
    yield "literals", [reason for reason in quoted if reason.weight < ADDRESSED]
    stuck = [] if bug and scene.kind.id != "unknown" else [*by_leak(scene, view), *by_workload(scene, view)]
    yield "shape", [*stuck, *(by_mechanism(scene, view) if not bug else ())]


def _evidence(reasons: Sequence[Reason]) -> float:
    """Independent reasons add up as probabilities do, told as the negative logarithm of the doubt that is left."""
    doubt = math.prod(1 - reason.weight for reason in reasons)
    return min(-math.log(max(doubt, 1e-3)), MOST_EVIDENCE)


def _switched(scene: Scene, views: Sequence[View], grouped: Mapping[str, dict[str, list[Reason]]]) -> frozenset[str]:
    """Adds the reasons of flipped switches. Returns the commits whose code could not run before the flip."""
    hidden: set[str] = set()
    flips = switches.flips(views)
    scores = {
        commit: 1 - math.prod(1 - reason.weight for reasons in groups.values() for reason in reasons)
        for commit, groups in (grouped.items() if flips else ())
    }
    for flip in flips:
        reason = switches.by_switch(scene, flip, scores)
        grouped[flip.view.change.commit]["named"].append(reason)
        if reason.weight >= FLIPPED:
            hidden.update(flip.readers)
    return frozenset(hidden)


def _foreign(scene: Scene, view: View, line: str) -> bool:
    """Whether a line sets a resource that a service has for itself and that its code which failed does not use."""
    own = locality.belongs_to(view.change, scene.services, scene.sent)
    ours = scene.service in own if own else len(scene.services) <= 1
    return ours and bool(scene.ran) and foreign(line, scene)


def _here(own: Collection[str], scene: Scene) -> bool:
    """Whether a change may run where something failed."""
    return not own or not scene.hit or not {*scene.hit, *scene.called}.isdisjoint(own)


def _plain(scene: Scene, view: View) -> dict[str, float]:
    """What a change is like, whatever failed."""
    change = view.change
    live = [(file, hunk) for file, hunk in view.hunks if not cosmetic(file, hunk)]
    size = sum(len(hunk.removed) + len(hunk.added) for file, hunk in live if not inert(file))
    eased, strained = strain(view.hunks)
    bump, only = grade(view.hunks)
    own = locality.belongs_to(change, scene.services, scene.sent)
    return {
        "age": min(max(scene.first_seen - change.time, 0) / WEEK, OLDEST),
        "size": math.log1p(min(size, MOST_LINES)),
        "takes-away": float(sum(len(k.removed) for _, k in live) > sum(len(k.added) for _, k in live)),
        "idle": float(not view.hunks),
        "cosmetic": float(bool(view.hunks) and not live),
        "patch-release": float(only and bump == "patch"),
        "minor-release": float(only and bump == "minor"),
        "major-release": float(bump == "major"),
        "eases": float(eased and not strained),
        "strains": float(strained),
        "shared": float(not own and len(scene.alike) > 1),
        "elsewhere": float(scene.kind.id in OWN and not _here(own, scene)),
        "first-commit": float(change.parents == 0),
        "waiting": float(locality.carried(change, scene) < 1),
    }
