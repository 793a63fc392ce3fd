"""Incidents as human text on a terminal or in a cron mail."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Literal, TextIO

import msgspec

from logmedic.errors import DeliveryError
from logmedic.model import Diagnosis, Incident, Outcome, Result, Severity, State, Substate
from logmedic.respond import words
from logmedic.respond.interface import Notice, told
from logmedic.respond.spoken import spoken
from logmedic.respond.text import one_line, sparkline, utc

_WIDTH = 300  # UTF-16 units of foreign text per line
_COLOUR = {Severity.CRITICAL: "bold red", Severity.WARNING: "bold yellow", Severity.INFO: "bold blue"}


class ConsoleConfig(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="console"
):
    """``kind = "console"``: incidents as text on standard error."""

    name: str = "console"
    """The channel's name, unique among channels."""
    min_severity: Severity | None = None
    """Least severity shown. Default: info."""
    language: Literal["en", "ko"] | None = None
    """Language of the text. Default: the product's language."""


class Line(msgspec.Struct, frozen=True):
    """One printed line: a heading in the severity's colour, or a label and its text. Already inert."""

    text: str
    label: str = ""
    heading: bool = False

    def __str__(self) -> str:
        return self.text if self.heading else f"  {self.label}: {self.text}" if self.label else f"  {self.text}"


class ConsoleResponder:
    """Writes to ``stream``; colours (rich) only when that is a terminal."""

    kind = "console"

    def __init__(self, config: ConsoleConfig, *, stream: TextIO | None = None) -> None:
        self.name = config.name
        self._config = config
        self._stream = sys.stderr if stream is None else stream

    def deliver(self, notice: Notice) -> Outcome:
        lines = list(render(notice, self._config.language or notice.language))
        try:
            if self._stream.isatty():
                self._print_coloured(lines, notice.incident.severity)
            else:
                self._stream.write(self._encodable("".join(f"{line}\n" for line in lines)))
            self._stream.flush()
        except (OSError, ValueError) as error:  # a closed stream raises ValueError
            raise DeliveryError(f"{self.name}: cannot write: {_reason(error)}") from None
        return Outcome(Result.SENT, "written", told(notice.incident))

    def _print_coloured(self, lines: list[Line], severity: Severity) -> None:
        from rich.console import Console  # noqa: PLC0415  costs 20 ms that only a terminal is worth
        from rich.text import Text  # noqa: PLC0415

        console = Console(file=self._stream, highlight=False, markup=False, emoji=False, soft_wrap=True)
        for line in lines:
            # Text objects, not markup: brackets in a log are only brackets.
            text = Text(self._encodable(str(line)))
            if line.heading:
                text.stylize(_COLOUR[severity])
            elif line.label:
                text.stylize("dim", 0, len(line.label) + 3)
            console.print(text)

    def _encodable(self, text: str) -> str:
        encoding = self._stream.encoding or "utf-8"
        return text.encode(encoding, "backslashreplace").decode(encoding)


def render(notice: Notice, language: str) -> Iterator[Line]:
    """The lines of a notice, inert: a control, direction or invisible character of a log is shown escaped."""
    incident = spoken(notice.incident, language)
    facts = [words.SEVERITY[incident.severity].in_(language).upper(), words.SUBSTATE[incident.substate].in_(language)]
    if incident.state is not State.OPEN:
        facts.append(words.STATE[incident.state].in_(language))
    facts += [_shown(fact) for fact in (incident.service, incident.error_code or "") if fact]
    yield Line(" · ".join(facts), heading=True)
    yield Line(_shown(incident.title))
    if incident.substate is not Substate.NEW:
        yield Line(_shown(incident.reason), words.WHY.in_(language))
    if incident.culprit:
        yield Line(_shown(incident.culprit), words.CULPRIT.in_(language))
    yield Line(_counts(incident, language), words.COUNT.in_(language))
    if incident.diagnosis is not None:
        yield from _diagnosis(incident.diagnosis, language)
    name = words.INCIDENT.in_(language).format(id=incident.id)
    yield Line(" · ".join([name, _shown(incident.fingerprint), *([notice.url] if notice.url else [])]))


def _counts(incident: Incident, language: str) -> str:
    span = words.FIRST_LAST.in_(language).format(first=utc(incident.first_seen), last=utc(incident.last_seen))
    return " ".join(filter(None, [f"{incident.count:,}", f"({span})", sparkline(incident.histogram)]))


def _diagnosis(diagnosis: Diagnosis, language: str) -> Iterator[Line]:
    sure = words.CONFIDENCE.in_(language).format(
        percent=round(diagnosis.confidence * 100),
        status=words.STATUS[diagnosis.status].in_(language),
        engine=_shown(diagnosis.engine),
    )
    yield Line(f"{_shown(diagnosis.root_cause.in_(language))} [{sure}]", words.CAUSE.in_(language))
    if diagnosis.impact.in_(language).strip():
        yield Line(_shown(diagnosis.impact.in_(language)), words.IMPACT.in_(language))
    for number, action in enumerate(diagnosis.actions, 1):
        yield Line(f"{number}. {_shown(action.in_(language))}", words.ACTIONS.in_(language))
    for suspect in diagnosis.suspects[:3]:
        text = f"{_shown(suspect.commit[:12])} ({suspect.score:.2f}) {_shown(suspect.why.in_(language))}"
        yield Line(text, words.SUSPECTS.in_(language))


def _shown(text: str) -> str:
    return one_line(text, _WIDTH)


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)
