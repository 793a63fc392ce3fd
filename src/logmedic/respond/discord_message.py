"""What a Discord message says: a pure function from a notice to the JSON of Execute/Edit Webhook.

Source of the limits: Discord developer documentation, "Message Resource → Embed Limits" and "Webhook Resource →
Execute Webhook". Lengths are kept in UTF-16 units, which is never less than what Discord counts.
"""

from __future__ import annotations

import re
from typing import Any

from logmedic.model import NANOSECONDS, Diagnosis, Incident, Severity, State, Substate, Suspect
from logmedic.respond import words
from logmedic.respond.interface import Bulletin, Kind, Notice, Section
from logmedic.respond.spoken import spoken
from logmedic.respond.text import cut, fence, markdown, markdown_line, sparkline, units, utc

TITLE, DESCRIPTION, FIELDS, FIELD_NAME, FIELD_VALUE, FOOTER, TOTAL = 256, 4096, 25, 256, 1024, 2048, 6000
THREAD_NAME, URL = 100, 2048

#: Our own budget for each part, in UTF-16 units. With ten field names of at most 32 it stays below TOTAL, so that
#: a message fits by construction (a test adds it up).
BUDGET = {
    "title": 256, "description": 1400, "service": 128, "culprit": 256, "count": 32, "seen": 128, "rate": 64, "why": 128,
    "impact": 500, "actions": 900, "suspects": 700, "log": 800, "footer": 200,
}  # fmt: skip

_COLOUR = {Severity.CRITICAL: 0xD92D20, Severity.WARNING: 0xF79009, Severity.INFO: 0x2E90FA}
_RESOLVED = 0x12B76A
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}\Z")
_MOST_ACTIONS, _MOST_SUSPECTS = 6, 3
_SECTION, _ONLY_SECTION, _LINE, _MOST_SECTIONS = 1000, 3600, 160, 5  # of bulletins, in UTF-16 units

HERE = "@here"
NO_MENTIONS: dict[str, Any] = {"parse": []}


def mention_of(setting: str) -> tuple[str, dict[str, Any]]:
    """Content and ``allowed_mentions`` for a configured mention: "@here", "role:<id>" or "none".

    Both are made of constants and digits, so nothing a log says can reach them.

    Raises:
        ValueError: it is none of these.
    """
    if setting == "none":
        return "", NO_MENTIONS
    if setting == HERE:
        return HERE, {"parse": ["everyone"]}
    role = re.fullmatch(r"role:([0-9]{15,20})", setting)
    if role is None:
        raise ValueError(setting)
    return f"<@&{role[1]}>", {"parse": [], "roles": [role[1]]}


def marker(incident: Incident) -> str:
    """Stands in every message of the incident, so that a duplicate can be recognised as one."""
    return cut(f"logmedic · #{incident.id} · {incident.fingerprint} · {incident.generation}", BUDGET["footer"])


def thread_name(incident: Incident, language: str) -> str:
    """Name of the forum post. Only our own words, and names so plain that they can mean nothing else."""
    parts = [words.SEVERITY[incident.severity].in_(language), words.INCIDENT.in_(language).format(id=incident.id)]
    parts += [name for name in (incident.service, incident.error_code or "") if _PLAIN_NAME.match(name)]
    return cut(" · ".join(parts), THREAD_NAME)


def embed(notice: Notice, language: str) -> dict[str, Any]:
    """The incident as one embed. All foreign text is neutralised here."""
    incident, diagnosis = spoken(notice.incident, language), notice.incident.diagnosis
    made: dict[str, Any] = {
        "title": _title(incident, language),
        "description": _description(diagnosis, language),
        "color": _RESOLVED if incident.state is State.RESOLVED else _COLOUR[incident.severity],
        "timestamp": utc(incident.last_seen),
        "fields": [*_facts(incident, language), *(_report(diagnosis, language) if diagnosis else [])],
        "footer": {"text": marker(incident)},
    }
    if notice.url and notice.url.startswith(("https://", "http://")) and units(notice.url) <= URL:
        made["url"] = notice.url
    return made


def _title(incident: Incident, language: str) -> str:
    state = words.STATE[incident.state] if incident.state is not State.OPEN else words.SUBSTATE[incident.substate]
    head = f"{words.SEVERITY[incident.severity].in_(language)} ({state.in_(language)}): "
    return head + markdown_line(incident.title or "?", BUDGET["title"] - units(head))


def _description(diagnosis: Diagnosis | None, language: str) -> str:
    if diagnosis is None:
        return words.UNDIAGNOSED.in_(language)
    sure = words.CONFIDENCE.in_(language).format(
        percent=round(diagnosis.confidence * 100),
        status=words.STATUS[diagnosis.status].in_(language),
        engine=markdown_line(diagnosis.engine, 40),
    )
    tail = f"\n*{sure}*"
    if not diagnosis.code_cause:
        tail += f"\n{words.NO_CODE_CAUSE.in_(language)}"
    head = f"**{words.CAUSE.in_(language)}**\n"
    return head + markdown(diagnosis.root_cause.in_(language), BUDGET["description"] - units(head + tail)) + tail


def _field(name: str, value: str, *, inline: bool = False) -> list[dict[str, Any]]:
    """Nothing when the value is blank: Discord refuses a blank field."""
    return [{"name": name, "value": value, "inline": inline}] if value.strip() else []


def _facts(incident: Incident, language: str) -> list[dict[str, Any]]:
    service = " · ".join(filter(None, [incident.service, incident.error_code]))
    seen = words.FIRST_LAST.in_(language).format(
        first=_relative(incident.first_seen), last=_relative(incident.last_seen)
    )
    new = incident.substate is Substate.NEW
    return [
        *_field(words.SERVICE.in_(language), markdown_line(service, BUDGET["service"]), inline=True),
        *_field(words.COUNT.in_(language), f"{incident.count:,}", inline=True),
        *_field(words.RATE.in_(language), sparkline(incident.histogram), inline=True),
        *_field(words.WHY.in_(language), "" if new else markdown_line(incident.reason, BUDGET["why"])),
        *_field(words.SEEN.in_(language), seen),
        *_field(words.CULPRIT.in_(language), markdown_line(incident.culprit, BUDGET["culprit"])),
    ]


def _report(diagnosis: Diagnosis, language: str) -> list[dict[str, Any]]:
    actions = [action.in_(language) for action in diagnosis.actions[:_MOST_ACTIONS]]
    each = BUDGET["actions"] // _MOST_ACTIONS - len("9. \n")
    log = next((item.text for item in diagnosis.evidence if item.kind == "log"), "")
    return [
        *_field(words.IMPACT.in_(language), markdown(diagnosis.impact.in_(language), BUDGET["impact"])),
        *_field(
            words.ACTIONS.in_(language),
            "\n".join(f"{n}. {markdown_line(action, each)}" for n, action in enumerate(actions, 1)),
        ),
        *_field(
            words.SUSPECTS.in_(language), "\n".join(_suspect(s, language) for s in diagnosis.suspects[:_MOST_SUSPECTS])
        ),
        *_field(words.LOG_LINE.in_(language), fence(log, BUDGET["log"])),
    ]


def _suspect(suspect: Suspect, language: str) -> str:
    commit = suspect.commit[:12] if re.fullmatch(r"[0-9a-f]{7,64}", suspect.commit) else "?"
    head = f"`{commit}` {suspect.score:.2f} "
    return head + markdown_line(suspect.why.in_(language), BUDGET["suspects"] // _MOST_SUSPECTS - units(head) - 1)


def _relative(ns: int) -> str:
    """Discord's own notation for a time, shown in each reader's time zone."""
    return f"<t:{min(max(ns // NANOSECONDS, 0), 253_402_300_799)}:f>"


def bulletin_embed(bulletin: Bulletin, language: str) -> dict[str, Any]:
    """A digest or the like as one embed. Its title is ours; all of its lines are taken for foreign text.

    Five sections of at most 1,000 units, or one of 3,600, stay below TOTAL with the title and the footer.
    """
    made: dict[str, Any] = {
        "title": markdown_line(bulletin.title.in_(language), BUDGET["title"]),
        "color": _RESOLVED if bulletin.over else _COLOUR[bulletin.severity],
        "footer": {"text": cut(f"logmedic · {bulletin.key}", BUDGET["footer"])},
    }
    sections = bulletin.sections[:_MOST_SECTIONS]
    if len(sections) == 1 and bulletin.kind is not Kind.DIGEST:
        made["description"] = _lines(sections[0], language, _ONLY_SECTION)
    elif sections:
        fields = (_field(s.heading.in_(language), _lines(s, language, _SECTION)) for s in sections)
        made["fields"] = [field for found in fields for field in found]
    return made


def bulletin_thread(bulletin: Bulletin, language: str) -> str:
    """Name of the forum post in which all bulletins of a kind stand."""
    return cut(f"logmedic · {words.KIND[bulletin.kind].in_(language)}", THREAD_NAME)


def _lines(section: Section, language: str, limit: int) -> str:
    """As many whole lines as fit; how many there are beyond them."""
    shown: list[str] = []
    left = limit - len("\n… +999,999")
    for number, line in enumerate(section.lines):
        text = markdown_line(line.in_(language), _LINE) or "?"  # Discord refuses what is blank
        left -= units(text) + 1
        if left < 0:
            shown.append(f"… +{len(section.lines) - number:,}")
            break
        shown.append(text)
    return "\n".join(shown)
