"""Titles, labels and markers: made of our own words and of names so plain that they can mean nothing else."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from logmedic.model import Incident, Severity
from logmedic.respond import words
from logmedic.respond.github.config import GithubConfig
from logmedic.respond.interface import Bulletin

OURS = "logmedic"  # the label that every issue of ours has. Strangers cannot label, so it tells ours from copies
_COLOURS = {
    "logmedic": "5319e7",
    "severity:critical": "d92d20",
    "severity:warning": "f79009",
    "severity:info": "2e90fa",
}
_OTHER_COLOUR = "ededed"
_NAME = re.compile(r"(?!(?:gh|GH|Gh|gH)-?[0-9])[A-Za-z][A-Za-z0-9_-]{0,39}\Z")
_FAMILY = re.compile(r"([A-Z][A-Z0-9]{0,19})(?:_[A-Z0-9_]+)?\Z")
_SEAL = "<!-- logmedic-body-{} -->"
_HEX = re.compile(r"(v[0-9]+):([0-9a-f]{8,64})\Z")


def marker(fingerprint: str) -> str:
    """What is looked for in issues. Ours is a phrase of letters, digits and hyphens: a colon would steer the search."""
    known = _HEX.match(fingerprint)
    digest = known[2] if known else hashlib.sha256(fingerprint.encode()).hexdigest()[:16]
    return f"logmedic-fp-{digest}"


def hidden(fingerprint: str) -> str:
    return f"<!-- {marker(fingerprint)} -->"


def bulletin_marker(key: str) -> str:
    """The same for the issue of a storm. ``key``: of the bulletin."""
    return f"logmedic-storm-{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def sealed(body: str) -> str:
    """A body with the mark by which we know it again: what people change in it is theirs from then on."""
    return f"{body.rstrip()}\n{_SEAL.format(_digest(body))}\n"


def untouched(body: str) -> bool:
    """Whether a body is as we wrote it. GitHub may hand it back with other line ends."""
    text, _, seal = body.replace("\r\n", "\n").strip().rpartition("\n")
    return seal == _SEAL.format(_digest(text))


def _digest(text: str) -> str:
    return hashlib.sha256(text.strip().encode("utf-8", "replace")).hexdigest()[:24]


def note_marker(key: str) -> str:
    """Tells a comment that was made before a crash from one that is still to be made. ``key``: of the effect."""
    return f"<!-- logmedic-note-{hashlib.sha256(key.encode()).hexdigest()[:24]} -->"


def plain(name: str | None) -> str:
    """The name if it is a plain one, else nothing."""
    return name if name and _NAME.match(name) else ""


def title(incident: Incident, language: str) -> str:
    """Says what the list of issues needs; what the log says stands in the body."""
    what = " ".join(filter(None, [plain(incident.service), plain(incident.error_code)]))
    which = words.INCIDENT.in_(language).format(id=incident.id)
    head = f"[logmedic] {words.SEVERITY[incident.severity].in_(language)}"
    return f"{head}: {what} ({which})" if what else f"{head}: {which}"


def bulletin_title(bulletin: Bulletin, language: str) -> str:
    """The same for the issue of a storm; how much it is stands in the body."""
    severity = words.SEVERITY[bulletin.severity].in_(language)
    return f"[logmedic] {severity}: {words.KIND[bulletin.kind].in_(language)}"


def severity_label(severity: Severity) -> str:
    return f"severity:{severity.value}"


def labels(incident: Incident, config: GithubConfig) -> tuple[str, ...]:
    """Those that a new issue gets, without repeats. Sources of names that are not plain give no label."""
    family = _FAMILY.match(incident.error_code or "")
    found = []
    if family is not None:
        found.append(f"error-code:{family[1]}")
    if service := plain(re.sub("[^A-Za-z0-9]+", "-", incident.service).strip("-")[:40].rstrip("-")):
        found.append(f"service:{service}")
    return common_labels(incident.severity, config, found)


def common_labels(severity: Severity, config: GithubConfig, more: Sequence[str] = ()) -> tuple[str, ...]:
    found = [OURS, severity_label(severity), *more]
    by_name: dict[str, str] = {}
    for label in (*found, *config.labels):
        by_name.setdefault(label.lower(), label)
    return tuple(by_name.values())


def colour(label: str) -> str:
    return _COLOURS.get(label, _OTHER_COLOUR)
