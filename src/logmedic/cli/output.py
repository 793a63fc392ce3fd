"""What commands print: JSON for programs on stdout, inert text for people."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from logmedic.model import NANOSECONDS, Incident, State, Text
from logmedic.pipeline.shown import incident_json, iso
from logmedic.respond import words
from logmedic.respond.spoken import title

__all__ = ["ago", "incident_json", "incident_table", "iso", "print_json", "printable"]

PIPED_WIDTH = 120  # columns of a table that goes into a file or a pipe


def print_json(value: Any) -> None:
    """One JSON document on stdout, indented when a person is looking."""
    encoded = msgspec.json.encode(value)
    if sys.stdout.isatty():
        encoded = msgspec.json.format(encoded, indent=2)
    sys.stdout.buffer.write(encoded + b"\n")
    sys.stdout.flush()


def ago(time: int, now: int, language: str = "en") -> str:
    """ "3 min ago" for a table; both in ns."""
    seconds = max(0, (now - time) // NANOSECONDS)
    size, text = next((size, text) for size, text in _AGO if seconds >= size or size == 1)
    return text.in_(language).format(seconds // size)


_AGO = (
    (86400, Text("{} d ago", "{}일 전")),
    (3600, Text("{} h ago", "{}시간 전")),
    (60, Text("{} min ago", "{}분 전")),
    (1, Text("{} s ago", "{}초 전")),
)


def printable(text: str) -> str:
    """Text from a log, made harmless for a terminal: control, escape and direction characters become ``\\xNN``."""
    return "".join(
        c if c.isprintable() and c not in _INVISIBLE else c.encode("unicode_escape").decode("ascii") for c in text
    )


_INVISIBLE = frozenset("\u200b\u200c\u200d\u2060\ufeff")


_COLUMNS: tuple[tuple[Text, Literal["left", "right"]], ...] = (
    (Text("id", "번호"), "right"),
    (Text("severity", "심각도"), "left"),
    (Text("count", "횟수"), "right"),
    (Text("last seen", "마지막 발생"), "right"),
    (Text("state", "상태"), "left"),
    (Text("service", "서비스"), "left"),
    (Text("incident", "인시던트"), "left"),
)


def incident_table(incidents: Iterable[Incident], now: int, language: str) -> None:
    """A table on stdout, for people. ``now``: ns. In English the values are those that options and JSON use."""
    from rich.console import Console  # noqa: PLC0415  0.06 s that --json must not pay
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text as Cell  # noqa: PLC0415

    colours = {"critical": "bold red", "warning": "yellow", "info": "cyan"}
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name, justify in _COLUMNS:
        table.add_column(name.in_(language), justify=justify, no_wrap=name is not _COLUMNS[-1][0])
    for incident in incidents:
        severity = Text(incident.severity.value, words.SEVERITY[incident.severity].ko)
        table.add_row(
            str(incident.id),
            Cell(severity.in_(language), style=colours[incident.severity.value]),
            f"{incident.count:,}",
            ago(incident.last_seen, now, language),
            _state(incident).in_(language),
            Cell(printable(incident.service)),
            Cell(printable(title(incident, language)))
            + (Cell(f"\n{printable(incident.culprit)}", style="dim") if incident.culprit else Cell()),
        )
    Console(width=None if sys.stdout.isatty() else PIPED_WIDTH).print(table)


def _state(incident: Incident) -> Text:
    """What people decided, else what the incident did last."""
    if incident.state is State.OPEN:
        return Text(incident.substate.value, words.SUBSTATE[incident.substate].ko)
    return Text(incident.state.value, words.STATE[incident.state].ko)
