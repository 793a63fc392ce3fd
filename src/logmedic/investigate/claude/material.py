"""The evidence as a model gets it: fenced, bounded, the most telling first, lines that are alike told once.

Everything in a :class:`Dossier` is redacted already. A line of evidence can begin with nothing but our own ``| ``, so
no text in it can end its block or look like a marker, whatever it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from logmedic.investigate.evidence import Dossier
from logmedic.investigate.plain import inert, line
from logmedic.model import Diagnosis, Evidence, Incident

ALIKE_SHOWN = 2  # log lines of one template that are quoted; the others are counted
_VARYING = re.compile(r"<[a-z-]{2,20}:\d{1,6}>|0x[0-9a-fA-F]+|[0-9a-f]{8,}|\d+")
_ORDER = {"source": 1, "figure": 2, "commit": 3, "blame": 4, "history": 5, "log": 6}


class Material(msgspec.Struct, frozen=True):
    text: str
    shown: frozenset[str]  # ids of the evidence that the model has seen


def render(dossier: Dossier, verdict: Diagnosis, incident: Incident, limit: int) -> Material:
    """At most about ``limit`` characters of evidence; the record itself is always there."""
    blocks: list[str] = []
    shown: list[str] = []
    left_out = alike = used = 0
    templates: dict[str, int] = {}
    for item in _by_worth(dossier):
        if item.kind == "log" and item.id != dossier.record_id:
            template = _VARYING.sub("#", item.text.partition(" ")[2] or item.text)
            templates[template] = templates.get(template, 0) + 1
            if templates[template] > ALIKE_SHOWN:
                alike += 1
                continue
        block = _block(item)
        if used + len(block) > limit and blocks:
            left_out += 1
            continue
        used += len(block)
        blocks.append(block)
        shown.append(item.id)
    parts = [_about(incident), *blocks]
    if alike:
        parts.append(f"{alike} more log lines read like those above but for numbers and ids; they are left out.")
    if left_out:
        parts.append(f"{left_out} further items of evidence did not fit.")
    if dossier.gaps:
        parts.append("Not known: " + "; ".join(line(gap, 200) for gap in dossier.gaps))
    parts.append(_verdict(verdict, dossier))
    return Material("\n\n".join(parts), frozenset(shown))


def fenced(name: str, text: str) -> str:
    """Foreign text that cannot leave its block."""
    body = "\n".join(f"| {row}" for row in inert(text).split("\n"))
    return f"--- {name} begins\n{body}\n--- {name} ends"


def _by_worth(dossier: Dossier) -> Sequence[Evidence]:
    def worth(numbered: tuple[int, Evidence]) -> tuple[int, int]:
        at, item = numbered
        if item.id == dossier.record_id:
            return 0, 0
        return _ORDER.get(item.kind, 9), at

    return [item for _, item in sorted(enumerate(dossier.evidence), key=worth)]


def _block(item: Evidence) -> str:
    place = " ".join(f"{key}={line(str(item.locator[key]), 120)}" for key in _told(item))
    name = f"{item.id} ({item.kind})"
    text = f"{place}\n{item.text}" if place else item.text
    return fenced(name, text)


def _told(item: Evidence) -> Iterator[str]:
    """What of a locator a reader needs; positions in log files are ours alone."""
    if item.kind in {"source", "blame", "commit"}:
        yield from (key for key in ("commit", "author_commit", "path", "start", "end", "line") if key in item.locator)


def _about(incident: Incident) -> str:
    rows = (
        f"title: {line(incident.title)}",
        f"service: {line(incident.service, 80)}",
        f"rules that fired: {line(', '.join(incident.rules), 200)}",
        f"news: {line(incident.reason, 200)}",
        f"least severity, set by rules: {incident.floor.value}",
    )
    return fenced("incident", "\n".join(rows))


def _verdict(verdict: Diagnosis, dossier: Dossier) -> str:
    ids = dossier.commit_ids
    rows = [
        f"severity: {verdict.severity.value}; kind: {verdict.cause_kind.value}; code cause: {verdict.code_cause}",
        f"cause: {verdict.root_cause.en}",
        *(f"suspect {ids.get(s.commit, s.commit[:12])} {s.score:.2f}: {s.why.en}" for s in verdict.suspects),
    ]
    return fenced("verdict of the rules", "\n".join(rows))
