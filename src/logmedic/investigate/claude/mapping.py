"""A model's reply as a :class:`Diagnosis`. Pure; what the reply says is not believed here, only put into shape."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import msgspec

from logmedic.investigate.plain import inert, line
from logmedic.model import (
    CauseKind,
    Claim,
    Diagnosis,
    DiagnosisStatus,
    Evidence,
    Fixable,
    Quotation,
    Severity,
    Suspect,
    Text,
)

if TYPE_CHECKING:
    from logmedic.investigate.claude.reply import Both, Quote, Reply

MOST_SURE = 0.9  # as the offline verdict: nobody has reproduced anything
_NUMBERED = re.compile(r" {0,5}(\d{1,7})[> ] ")  # how ``source.show`` begins a line
Clean = Callable[[str], str]


class Mapped(msgspec.Struct, frozen=True):
    diagnosis: Diagnosis
    dropped: tuple[Text, ...]  # statements whose quotations stand nowhere


def to_diagnosis(reply: Reply, evidence: tuple[Evidence, ...], verdict: Diagnosis, clean: Clean) -> Mapped:
    """``verdict``: the offline one, below whose severity no model can go. ``clean`` takes secrets out of a text."""
    by_id = {item.id: item for item in evidence}
    claims: list[Claim] = []
    dropped: list[Text] = []
    root = _text(reply.root_cause.text, clean)
    for said in (reply.root_cause, *reply.claims):
        fault = next((why for quote in said.quotes if (why := _misquoted(quote, by_id)) is not None), None)
        text = _text(said.text, clean)
        if fault is not None:
            dropped.append(Text(f"{text.en} [{fault.en}]", f"{text.ko} [{fault.ko}]"))
            continue
        quoted = tuple(Quotation(quote.id, quote.text) for quote in said.quotes)
        claims.append(Claim(text, tuple(dict.fromkeys((*said.citations, *(q.evidence for q in quoted)))), quoted))
    diagnosis = Diagnosis(
        severity=Severity.highest(Severity(reply.severity), verdict.severity),
        cause_kind=CauseKind(reply.cause_kind),
        root_cause=root,
        impact=_text(reply.impact, clean),
        actions=tuple(_text(action, clean) for action in reply.actions),
        suspects=tuple(
            Suspect(_commit(s.commit, by_id), round(s.score, 2), _text(s.why, clean)) for s in reply.suspects
        ),
        code_cause=reply.code_cause,
        fixable=Fixable(reply.fixable.yes, _text(reply.fixable.reason, clean)),
        confidence=min(reply.confidence, MOST_SURE),
        claims=tuple(claims),
        evidence=evidence,
        engine="claude",
        status=DiagnosisStatus.INCONCLUSIVE if reply.inconclusive else DiagnosisStatus.VERIFIED,
    )
    return Mapped(diagnosis, tuple(dropped))


def objection(said: Both, clean: Clean) -> Text:
    text = _text(said, clean)
    return Text(f"A second look objects: {text.en}", f"재검토 의견: {text.ko}")


def _text(both: Both, clean: Clean) -> Text:
    return Text(line(clean(both.en), 1_000), line(clean(both.ko), 1_000))


def _commit(name: str, by_id: Mapping[str, Evidence]) -> str:
    """The commit that a piece of evidence is about; what is none stays as it is, and falls in verification."""
    item = by_id.get(name)
    if item is None:
        return name
    key = "author_commit" if item.kind == "blame" else "commit"
    return str(item.locator.get(key, name)) if item.kind in {"commit", "blame"} else name


def _misquoted(quote: Quote, by_id: Mapping[str, Evidence]) -> Text | None:
    """Why a quotation does not hold: it stands not in its evidence, or not at that line."""
    item = by_id.get(quote.id)
    if item is None:
        name = line(quote.id, 60)
        return Text(f"quotes {name}, which is not there", f"인용한 {name} 증거가 없음")
    wanted, short = _flat(quote.text), repr(line(quote.text, 60))
    if not any(wanted in _flat(text) for text in (item.text, inert(item.text), _unnumbered(item.text))):
        return Text(f"{quote.id} does not say {short}", f"{quote.id}에 없는 인용문: {short}")
    if quote.line and not _at_line(quote, item, wanted):
        return Text(
            f"line {quote.line} of {quote.id} does not say {short}",
            f"{quote.id}의 {quote.line}번째 줄에 없는 인용문: {short}",
        )
    return None


def _at_line(quote: Quote, item: Evidence, wanted: str) -> bool:
    """Whether the words begin on that line; a quotation may run on over the next ones."""
    if item.kind == "blame":
        return bool(item.locator.get("start") == quote.line)
    if item.kind != "source":
        return True  # lines of logs and commits bear no numbers
    rows = item.text.split("\n")
    for at, row in enumerate(rows):
        number = _NUMBERED.match(row)
        if number is not None and int(number[1]) == quote.line:
            from_here = _flat(_unnumbered("\n".join(rows[at : at + 20])))
            from_next = _flat(_unnumbered("\n".join(rows[at + 1 : at + 20])))
            return from_here.count(wanted) > from_next.count(wanted)
    return False


def _unnumbered(text: str) -> str:
    return "\n".join(_NUMBERED.sub("", row, count=1) for row in text.split("\n"))


def _flat(text: str) -> str:
    return " ".join(text.split())
