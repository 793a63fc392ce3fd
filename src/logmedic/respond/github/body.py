"""What an issue says: pure functions from a notice to Markdown. All foreign text is made inert here.

A body has at most 65,536 characters (GitHub's limit); the budgets below add up to less than half of that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from logmedic.doors import COMMIT_ID
from logmedic.model import Diagnosis, Evidence, Incident, Text
from logmedic.respond import words
from logmedic.respond.github import inert, phrases
from logmedic.respond.github.names import bulletin_marker, hidden, sealed
from logmedic.respond.interface import Bulletin, Notice
from logmedic.respond.spoken import spoken
from logmedic.respond.text import sparkline, utc

MOST = 65_536
_PARAGRAPH, _LINE, _LOG = 2000, 300, 6000  # UTF-16 units
_LISTED = 50  # lines of a storm
_ACTIONS, _CLAIMS, _SUSPECTS, _SOURCES = 8, 10, 5, 5
_MOST_LINES = 1_000_000_000  # of a source file; what is larger is no line number
_SAFE_PATH = "/-._~"


def body(notice: Notice, language: str, web: str) -> str:
    """``web``: the repository's address, as in "https://github.com/acme/shop"."""
    incident = spoken(notice.incident, language)
    diagnosis = incident.diagnosis
    parts = [_section(phrases.FACTS, _facts(incident, language), language)]
    if diagnosis is None:
        parts.append(_section(phrases.VERDICT, [words.UNDIAGNOSED.in_(language)], language))
    else:
        parts += _report(diagnosis, language, web)
    if notice.url and re.fullmatch(r"https?://[!-;=?-Z_a-z~%]{1,2000}", notice.url):
        parts.append(f"{phrases.PAGE.in_(language)}: {notice.url}")
    parts.append(f"---\n{phrases.FOOTER.in_(language)}\n\n{hidden(incident.fingerprint)}")
    return sealed("\n\n".join(filter(None, parts)))


def comment(heading: Text, incident: Incident, language: str, marker: str) -> str:
    """A comment with the latest figures. ``heading`` and ``marker`` are ours."""
    said = spoken(incident, language)
    head = heading.in_(language).format(count=said.count)
    why = f"{words.WHY.in_(language)}: {inert.line(said.reason, _LINE)}"
    return (
        f"**{head}**\n\n- {words.COUNT.in_(language)}: {said.count:,}\n- {_seen(said, language)}\n- {why}\n\n{marker}\n"
    )


def storm(bulletin: Bulletin, language: str) -> str:
    """The issue that lists what is too much for one each."""
    parts = [f"**{inert.line(bulletin.title.in_(language), _LINE)}**"]
    for section in bulletin.sections:
        lines = [f"- {inert.line(line.in_(language), _LINE)}" for line in section.lines[:_LISTED]]
        parts.append(_section(section.heading, lines, language))
    parts.append(f"---\n{phrases.STORM_FOOTER.in_(language)}\n\n<!-- {bulletin_marker(bulletin.key)} -->")
    return sealed("\n\n".join(filter(None, parts)))


def _section(heading: Text, lines: list[str], language: str) -> str:
    return f"## {heading.in_(language)}\n\n" + "\n".join(lines) if lines else ""


def _facts(incident: Incident, language: str) -> list[str]:
    service = inert.code(" · ".join(filter(None, [incident.service, incident.error_code])), 128)
    rows: list[tuple[Text, str]] = [
        (phrases.SEVERITY, words.SEVERITY[incident.severity].in_(language)),
        (words.SERVICE, service),
        (words.CULPRIT, inert.code(incident.culprit, _LINE)),
        (words.WHY, inert.line(incident.reason, _LINE)),
        (words.COUNT, f"{incident.count:,}"),
        (words.RATE, sparkline(incident.histogram)),
    ]
    named = [f"- **{name.in_(language)}**: {value}" for name, value in rows if value.strip()]
    return [inert.code(incident.title, _LINE), "", *named, f"- {_seen(incident, language)}"]


def _seen(incident: Incident, language: str) -> str:
    return words.FIRST_LAST.in_(language).format(first=utc(incident.first_seen), last=utc(incident.last_seen))


def _report(diagnosis: Diagnosis, language: str, web: str) -> Iterator[str]:
    sure = words.CONFIDENCE.in_(language).format(
        percent=round(diagnosis.confidence * 100),
        status=words.STATUS[diagnosis.status].in_(language),
        engine=inert.line(diagnosis.engine, 40),
    )
    cause = inert.line(diagnosis.root_cause.in_(language), _PARAGRAPH)
    no_code = [] if diagnosis.code_cause else ["", words.NO_CODE_CAUSE.in_(language)]
    yield _section(phrases.VERDICT, [f"**{words.CAUSE.in_(language)}**: {cause}", *no_code, "", f"*{sure}*"], language)
    impact = inert.line(diagnosis.impact.in_(language), _PARAGRAPH)
    yield _section(words.IMPACT, [impact] if impact.strip() else [], language)
    actions = [inert.line(action.in_(language), _LINE) for action in diagnosis.actions[:_ACTIONS]]
    yield _section(words.ACTIONS, [f"{n}. {action}" for n, action in enumerate(actions, 1)], language)
    suspects = [
        f"- {_commit(suspect.commit, web)} {suspect.score:.2f} {inert.line(suspect.why.in_(language), _LINE)}"
        for suspect in diagnosis.suspects[:_SUSPECTS]
    ]
    yield _section(words.SUSPECTS, suspects, language)
    known = {item.id: item for item in diagnosis.evidence}
    claims = [
        f"- {inert.line(claim.text.in_(language), _LINE)} ({_cited(claim.citations, known)})"
        for claim in diagnosis.claims[:_CLAIMS]
    ]
    yield _section(phrases.EVIDENCE, claims, language)
    links = dict.fromkeys(filter(None, (permalink(item, web) for item in diagnosis.evidence)))
    # An address on a line of its own is shown as the lines of the file that it leads to.
    yield _section(
        phrases.SOURCE, ["\n\n".join(f"<{link}>" for link in [*links][:_SOURCES])] if links else [], language
    )
    log = next((item.text for item in diagnosis.evidence if item.kind == "log"), "")
    fenced = inert.fence(log, _LOG)
    yield _section(words.LOG_LINE, [fenced] if fenced else [], language)


def _cited(citations: tuple[str, ...], known: Mapping[str, Evidence]) -> str:
    return ", ".join(inert.code(cited, 20) for cited in citations[:10] if cited in known) or "–"


def _commit(commit: str, web: str) -> str:
    if not COMMIT_ID.match(commit):
        return "`?`"
    return f"[`{commit[:12]}`]({web}/commit/{commit})"


def permalink(item: Evidence, web: str) -> str | None:
    """The address of the lines that an item quotes, at the commit that it was read at."""
    at = item.locator
    commit, path = at.get("commit"), at.get("path")
    start, end = at.get("start"), at.get("end")
    if not (isinstance(commit, str) and COMMIT_ID.match(commit) and isinstance(path, str) and path.strip("/")):
        return None
    if not (isinstance(start, int) and 0 < start < _MOST_LINES):
        return None
    last = end if isinstance(end, int) and start < end < _MOST_LINES else None
    lines = f"#L{start}" + (f"-L{last}" if last else "")
    where = quote(path.encode("utf-8", "replace"), safe=_SAFE_PATH)
    return f"{web}/blob/{commit}/{where}{lines}" if len(where) <= 1000 else None
