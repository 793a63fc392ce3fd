"""Everything that there is to show of one incident, for the command line and the dashboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from logmedic import reasons
from logmedic.model import Component, Grouping, Incident, Sample
from logmedic.pipeline.shown import incident_json, iso

if TYPE_CHECKING:
    from logmedic.store.store import Store, TimelineEntry

Explain = Callable[..., Grouping]
"""``group.fingerprint.Grouper``"""


class Page(msgspec.Struct, frozen=True):
    incident: Incident
    timeline: list[TimelineEntry]
    effects: list[tuple[int, str, str, str]]
    components: tuple[Component, ...]  # why its records are one incident
    sample: Sample | None  # its latest stored occurrence


def read(store: Store, incident: Incident, explain: Explain) -> Page:
    """Everything that is shown. ``explain`` names what is masked in the latest sample."""
    samples = store.samples(incident.id, limit=1)
    return Page(
        incident,
        store.timeline(incident.id),
        store.effects(incident.id),
        _explained(samples[0], explain) if samples else (),
        samples[0] if samples else None,
    )


def _explained(sample: Sample, explain: Explain) -> tuple[Component, ...]:
    """Its components with what was masked, as far as its stored form still tells."""
    rules = tuple(match.rule for match in sample.matches)
    again = {c.name: c for c in explain(sample.record, rules, explain=True).components}
    return tuple(
        again[c.name] if c.name in again and again[c.name].value == c.value else c for c in sample.grouping.components
    )


def as_json(page: Page, language: str) -> dict[str, Any]:
    """For ``incidents show --json`` and the API."""
    body = incident_json(page.incident, language)
    body["timeline"] = [
        {
            "at": iso(e.at),
            "event": e.event,
            "reason": reasons.render(e.why).in_(language),
            "reason_code": e.why.code,
            "actor": e.actor,
            "origin": e.origin,
        }
        for e in page.timeline
    ]
    body["effects"] = [{"generation": g, "channel": c, "result": r, "reason": why} for g, c, r, why in page.effects]
    body["grouped_by"] = [{"name": c.name, "value": c.value, "masked": list(c.masked)} for c in page.components]
    return body
