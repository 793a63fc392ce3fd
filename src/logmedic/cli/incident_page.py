"""What ``logmedic incidents show`` says of one incident."""

from __future__ import annotations

from collections.abc import Iterator

from logmedic import reasons
from logmedic.cli import output
from logmedic.investigate import report
from logmedic.model import Text
from logmedic.pipeline.page import Page
from logmedic.respond import words
from logmedic.respond.spoken import outcome, spoken
from logmedic.respond.spoken import result as said

_TIMELINE = Text("Timeline", "이력")
_DELIVERIES = Text("Told", "알림")
_GROUPED = Text("Why these records are one incident", "이 기록들이 하나의 인시던트인 이유")
_MASKED = Text("masked", "가림")
_ALSO = Text("also {fingerprint}", "함께 집계: {fingerprint}")
_MERGED = Text("Merged into incident {id}: see there.", "인시던트 {id}에 병합됨: 그쪽을 보세요.")
_SPLIT = Text("Split off; not seen since.", "분리됨; 이후 발생 없음.")
_HELD = Text("Counted quietly: {why}", "조용히 집계: {why}")


def lines(page: Page, language: str) -> Iterator[str]:
    """The page for people, without anything that a terminal would obey."""
    incident = page.incident
    if incident.diagnosis is not None:
        yield report.to_text(incident.diagnosis, spoken(incident, language), language)
    else:
        yield f"{output.printable(spoken(incident, language).title)}\n({words.UNDIAGNOSED.in_(language)})"
    if incident.merged_into is not None:
        yield _MERGED.in_(language).format(id=incident.merged_into)
    elif incident.count == 0:
        yield _SPLIT.in_(language)
    if incident.held is not None:
        yield _HELD.in_(language).format(why=output.printable(reasons.render(incident.held).in_(language)))
    if page.components:
        yield _GROUPED.in_(language)
        for component in page.components:
            yield f"  {output.printable(component.name)}: {output.printable(component.value)}"
            if component.masked:
                yield f"    {_MASKED.in_(language)}: {output.printable(', '.join(component.masked))}"
        for fingerprint in incident.aliases:
            yield f"  {_ALSO.in_(language).format(fingerprint=fingerprint)}"
    yield _TIMELINE.in_(language)
    for entry in page.timeline:
        name = reasons.EVENTS[entry.event].in_(language) if entry.event in reasons.EVENTS else entry.event
        origin = f" [{entry.origin}]" if entry.origin else ""
        why = output.printable(reasons.render(entry.why).in_(language))
        yield f"  {output.iso(entry.at)}  {name}: {why} ({output.printable(entry.actor)}){origin}"
    if page.effects:
        yield _DELIVERIES.in_(language)
    for generation, channel, result, reason in page.effects:
        why = f" ({output.printable(outcome(reason, language))})" if reason else ""
        yield f"  #{generation} {channel}: {said(result, language)}{why}"
