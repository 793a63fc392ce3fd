"""What commands print: JSON for programs on stdout, inert text for people."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Iterable
from typing import Any

import msgspec

from logmedic.investigate import report
from logmedic.model import NANOSECONDS, Incident


def print_json(value: Any) -> None:
    """One JSON document on stdout, indented when a person is looking."""
    encoded = msgspec.json.encode(value)
    if sys.stdout.isatty():
        encoded = msgspec.json.format(encoded, indent=2)
    sys.stdout.buffer.write(encoded + b"\n")
    sys.stdout.flush()


def iso(time: int) -> str:
    """RFC 3339, UTC, microseconds. ``time``: ns since the epoch."""
    moment = datetime.datetime.fromtimestamp(time // NANOSECONDS, datetime.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + f".{time % NANOSECONDS // 1000:06d}Z"


def incident_json(incident: Incident, language: str) -> dict[str, Any]:
    """The shape of an incident in ``scan --json``, ``demo --json``, ``replay --json`` and ``incidents --json``."""
    return {
        "id": incident.id,
        "fingerprint": incident.fingerprint,
        "title": incident.title,
        "culprit": incident.culprit,
        "service": incident.service,
        "error_code": incident.error_code,
        "severity": incident.severity.value,
        "state": incident.state.value,
        "substate": incident.substate.value,
        "reason": incident.reason,
        "count": incident.count,
        "first_seen": iso(incident.first_seen),
        "last_seen": iso(incident.last_seen),
        "rules": list(incident.rules),
        "diagnosis": None if incident.diagnosis is None else report.to_json(incident.diagnosis, language),
    }


def ago(time: int, now: int) -> str:
    """ "3 min ago" for a table; both in ns."""
    seconds = max(0, (now - time) // NANOSECONDS)
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"


def printable(text: str) -> str:
    """Text from a log, made harmless for a terminal: control, escape and direction characters become ``\\xNN``."""
    return "".join(
        c if c.isprintable() and c not in _INVISIBLE else c.encode("unicode_escape").decode("ascii") for c in text
    )


_INVISIBLE = frozenset("\u200b\u200c\u200d\u2060\ufeff")


def incident_table(incidents: Iterable[Incident], now: int) -> None:
    """A table on stdout, for people. ``now``: ns."""
    from rich.console import Console  # noqa: PLC0415  0.06 s that --json must not pay
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    colours = {"critical": "bold red", "warning": "yellow", "info": "cyan"}
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name, justify in (("id", "right"), ("severity", "left"), ("count", "right"), ("last seen", "right"),
                          ("state", "left"), ("service", "left"), ("incident", "left")):  # fmt: skip
        table.add_column(name, justify=justify, no_wrap=name != "incident")  # type: ignore[arg-type]
    for incident in incidents:
        table.add_row(
            str(incident.id),
            Text(incident.severity.value, style=colours[incident.severity.value]),
            f"{incident.count:,}",
            ago(incident.last_seen, now),
            incident.state.value if incident.state.value != "open" else incident.substate.value,
            Text(printable(incident.service)),
            Text(printable(incident.title))
            + (Text(f"\n{printable(incident.culprit)}", style="dim") if incident.culprit else Text()),
        )
    Console(soft_wrap=False).print(table)
