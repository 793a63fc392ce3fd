r"""What a message through apprise says: pure functions from a notice to a title and a body.

Some 150 services stand behind apprise, and what each makes of markup is not known from the format that it declares
(Mattermost takes "text" and renders Markdown). So foreign text is made inert in one way that holds for all of them:
whatever could act in any of their languages is swapped for a look-alike. Backslashes would be shown by half of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

import msgspec

from logmedic.model import Diagnosis, Incident, State, Substate, Suspect
from logmedic.respond import words
from logmedic.respond.interface import Bulletin, Notice
from logmedic.respond.spoken import spoken
from logmedic.respond.text import cut, fence, one_line, sparkline, units, utc

TITLE = 200  # UTF-16 units; every service that has titles takes so many, or says how many it takes
BODY = 3600  # of ours, where a service would take more: what follows is in `logmedic incidents show`
SHORTEST = 60  # below that not even the figures fit; what such a service then makes of it is up to it
_FIGURES = 26  # what the first line needs, at least
_JOINT = 4  # between title and body, where a service has no titles and apprise joins the two
_IMPACT, _CAUSE, _ACTION, _SUSPECT, _FACT, _LOG, _LINE = 400, 900, 160, 200, 200, 700, 200
_MOST_ACTIONS, _MOST_SUSPECTS = 6, 3

#: Markup of Markdown in all its dialects, HTML, mentions (`@x`, `<@U1>`, `<!channel>`, `[CQ:at,…]`), channels, numbers
#: of issues, and entities that spell one of them.
LOOK_ALIKE = {
    "@": "＠", "<": "‹", ">": "›", "&": "＆", "#": "＃", "[": "［", "]": "］", "`": "ˋ", "*": "∗", "~": "∼", "|": "｜",
    "\\": "＼",
}  # fmt: skip
_TABLE = str.maketrans(LOOK_ALIKE)
_IN_FENCE = str.maketrans({c: LOOK_ALIKE[c] for c in "@<>&"})
_SCHEME = re.compile(r"(?<![A-Za-z0-9])(mailto|tel|tg|javascript):", re.IGNORECASE)
_EDGE_UNDERSCORE = re.compile(r"(?<![^\W_])_+|_+(?![^\W_])")  # between letters it is emphasis to nobody
_KOOK = re.compile(r"\((?=(?:met|rol|chn|emj|spl|ins)\))", re.IGNORECASE)
# What clients link without a scheme: names with dots whose last label is a usual top level domain, or any letters
# before a slash (the endings of files, as py, rs, sh and md, are domains too).
_DOTTED = re.compile(r"(?<![\w-])[\w-]+(?:\.\w[\w-]*)+/?")
_TOP = frozenset((
    "com", "net", "org", "info", "biz", "io", "co", "dev", "app", "xyz", "top", "online", "site", "shop", "link",
    "click", "gg", "me", "tv", "ai", "ru", "cn", "kr", "jp", "de", "fr", "uk", "eu", "us", "example", "test",
))  # fmt: skip
_WWW = re.compile(r"(?<=www)\.", re.IGNORECASE)
_BEFORE_SLASH = re.compile(r"\.[a-z]{2,24}/\Z", re.IGNORECASE)


class Room(msgspec.Struct, frozen=True):
    """What a service takes. ``title``: 0 when it has none, and what is meant for one becomes the first line."""

    body: int  # UTF-16 units
    title: int
    markdown: bool = False  # CommonMark, which apprise turns into the service's dialect; else plain text


class Message(msgspec.Struct, frozen=True):
    title: str
    body: str


def inert(text: str, limit: int) -> str:
    """Foreign text on one line of at most ``limit`` UTF-16 units in which nothing mentions, links or renders.

    Every swap keeps the length, so what fits before still fits after it.
    """
    plain = _EDGE_UNDERSCORE.sub(lambda m: "＿" * len(m[0]), one_line(text, limit).translate(_TABLE))
    return _KOOK.sub("（", _unlinked(plain))


def fenced(text: str, limit: int) -> str:
    """Foreign text in a code fence; mentions and links are taken out there as well: not all services know fences."""
    head = text.strip()[: 2 * limit + 2].translate(_IN_FENCE).replace("](", "］(")
    return fence(_unlinked(head), limit)


def _unlinked(text: str) -> str:
    without_scheme = _SCHEME.sub(r"\1：", text.replace("://", "：//"))
    return _WWW.sub("．", _DOTTED.sub(_unhosted, without_scheme))


def _unhosted(found: re.Match[str]) -> str:
    """All dots of what may be a host, for ``evil.com.cn`` less its last dot is still one; code keeps its own."""
    name = found[0]
    host = name.rpartition(".")[2].lower() in _TOP or _BEFORE_SLASH.search(name)
    return name.replace(".", "．") if host else name


def message(notice: Notice, language: str, room: Room, mention: str = "") -> Message:
    """An incident. ``mention`` is put in front as it stands: it comes from the configuration, never from a log."""
    incident = spoken(notice.incident, language)
    state = words.STATE[incident.state] if incident.state is not State.OPEN else words.SUBSTATE[incident.substate]
    head = f"{words.SEVERITY[incident.severity].in_(language)} ({state.in_(language)}): "
    size = _title_size(room)
    title = cut(head + inert(incident.title or "?", max(size - units(head), 1)), size)
    link = notice.url if notice.url and notice.url.startswith(("https://", "http://")) else ""
    tail = [cut(f"logmedic · {incident.id} · {incident.fingerprint} · {incident.generation}", _FACT)]
    if link and not set(link) & set("<> \n"):
        tail.insert(0, f"<{link}>" if room.markdown else link)
    return Message(title, _body(mention, _parts(incident, language, room), tail, title, room))


def bulletin_message(bulletin: Bulletin, language: str, room: Room, mention: str = "") -> Message:
    """A digest or the like. Its title is ours; all of its lines are taken for foreign text."""
    title = inert(bulletin.title.in_(language), _title_size(room))
    tail = [cut(f"logmedic · {bulletin.key}", _FACT)]
    return Message(title, _body(mention, _lines(bulletin, language, room), tail, title, room))


def _title_size(room: Room) -> int:
    return min(TITLE, room.title) if room.title else min(TITLE, max(room.body // 2, SHORTEST // 2))


Part = Callable[[int], str]  # given the units that are left, what to say with them; "": nothing


def _body(mention: str, parts: Iterator[Part], tail: list[str], title: str, room: Room) -> str:
    """As many parts as fit, the most important first; the tail is kept before all but the first of them."""
    left = min(room.body, BODY) - (0 if room.title else units(title) + _JOINT)
    said: list[str] = []
    kept: list[str] = []

    def say(line: str, where: list[str], spare: int = 0) -> None:
        nonlocal left
        if line and units(line) + 1 <= left - spare:
            where.append(line)
            left -= units(line) + 1

    say(mention, said, _FIGURES)
    say(next(parts)(left - 1), said)
    for line in tail:
        say(line, kept)
    for part in parts:
        say(part(left - 1), said)
    return "\n".join([*said, *kept])


def _parts(incident: Incident, language: str, room: Room) -> Iterator[Part]:
    diagnosis = incident.diagnosis
    where = " · ".join(filter(None, (incident.service, incident.error_code)))
    counted = " ".join(filter(None, (f"{incident.count:,}", sparkline(incident.histogram))))
    said = partial(_said, room=room)
    yield said(words.COUNT.in_(language), counted, _FACT)
    yield said(words.SERVICE.in_(language), where, _FACT)
    yield said(words.CULPRIT.in_(language), incident.culprit, _FACT)
    if incident.substate is not Substate.NEW:
        yield said(words.WHY.in_(language), incident.reason, _FACT)
    if diagnosis is not None:
        yield said(words.CAUSE.in_(language), diagnosis.root_cause.in_(language), _CAUSE)
        yield lambda left: _if_fits(_sure(diagnosis, language), left)
        for number, action in enumerate(diagnosis.actions[:_MOST_ACTIONS], 1):
            label = f"{words.ACTIONS.in_(language)} {number}"
            yield said(label, action.in_(language), _ACTION)
        for suspect in diagnosis.suspects[:_MOST_SUSPECTS]:
            yield said(words.SUSPECTS.in_(language), _suspect(suspect, language), _SUSPECT)
        yield said(words.IMPACT.in_(language), diagnosis.impact.in_(language), _IMPACT)
    else:
        yield lambda left: _if_fits(words.UNDIAGNOSED.in_(language), left)
    first_last = words.FIRST_LAST.in_(language)
    yield said(
        words.SEEN.in_(language), first_last.format(first=utc(incident.first_seen), last=utc(incident.last_seen)), _FACT
    )
    log = next((e.text for e in diagnosis.evidence if e.kind == "log"), "") if diagnosis is not None else ""
    if room.markdown:
        yield lambda left: fenced(log, min(_LOG, left)) if left > SHORTEST else ""
    else:
        yield said(words.LOG_LINE.in_(language), log, _LOG)


def _lines(bulletin: Bulletin, language: str, room: Room) -> Iterator[Part]:
    yield lambda left: _if_fits(words.KIND[bulletin.kind].in_(language), left)
    for section in bulletin.sections:
        heading = section.heading.in_(language)
        for number, line in enumerate(section.lines):
            yield _said(heading if number == 0 else "", line.in_(language), _LINE, room)


def _said(label: str, text: str, most: int, room: Room) -> Part:
    return lambda left: _labelled(label, text, min(most, left), room)


def _labelled(label: str, text: str, limit: int, room: Room) -> str:
    """``Where: payments.db``; nothing for a blank text, or where there is no room to say something."""
    head = "" if not label else f"**{label}:** " if room.markdown else f"{label}: "
    left = limit - units(head)
    return head + inert(text, left) if left > 8 and text.strip() else ""


def _if_fits(text: str, left: int) -> str:
    return text if units(text) <= left else ""


def _sure(diagnosis: Diagnosis, language: str) -> str:
    sure = words.CONFIDENCE.in_(language).format(
        percent=round(diagnosis.confidence * 100),
        status=words.STATUS[diagnosis.status].in_(language),
        engine=inert(diagnosis.engine, 40),
    )
    return sure if diagnosis.code_cause else f"{sure} {words.NO_CODE_CAUSE.in_(language)}"


def _suspect(suspect: Suspect, language: str) -> str:
    commit = suspect.commit[:12] if re.fullmatch(r"[0-9a-f]{7,64}", suspect.commit) else "?"
    return f"{commit} ({suspect.score:.2f}) {suspect.why.in_(language)}"
