"""What the agent is told about an incident: typed fields, templates, frames and read evidence; no line of a log.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from logmedic.model import Evidence, Frame, Incident, Stack
from logmedic.respond.text import cut, one_line, visible

_EVIDENCE = ("source", "blame", "commit", "figure")  # not "log": those are words of whoever wrote the line
_MOST_EVIDENCE, _MOST_CHARACTERS, _MOST_FRAMES = 16, 3_000, 24
_FENCE = "~~~~~~"


class Lesson(msgspec.Struct, frozen=True, kw_only=True):
    """What came of something that was tried before."""

    what: str
    said: Sequence[str]


def case(incident: Incident, stack: Stack | None, lessons: Sequence[Lesson]) -> str:
    """The message. ``stack``: of the latest occurrence, as far as it could be read."""
    parts = ["\n".join(_facts(incident))]
    if stack is not None:
        parts.append(f"Stack, the outermost call first:\n{_fenced(chr(10).join(_calls(stack)))}")
    diagnosis = incident.diagnosis
    if diagnosis is not None:
        parts.append("\n".join(_verdict(incident)))
        shown = [item for item in diagnosis.evidence if item.kind in _EVIDENCE][:_MOST_EVIDENCE]
        parts += [f"{item.id} ({item.kind}{_where(item)}):\n{_fenced(item.text)}" for item in shown]
    parts += [f"{lesson.what}\n" + "\n".join(f"- {_plain(said)}" for said in lesson.said) for lesson in lessons]
    return "\n\n".join(parts) + "\n"


def _facts(incident: Incident) -> Iterator[str]:
    rows = {
        "Error, as a template": incident.title,
        "Raised in": incident.culprit,
        "Service": incident.service,
        "Error code": incident.error_code or "",
        "Occurrences": f"{incident.count}",
    }
    for name, value in rows.items():
        if value.strip():
            yield f"{name}: `{_plain(value)}`"


def _verdict(incident: Incident) -> Iterator[str]:
    diagnosis = incident.diagnosis
    assert diagnosis is not None
    kind, sure = diagnosis.cause_kind.value, f"{diagnosis.confidence:.0%}"
    yield f"Diagnosis: a cause of the kind `{kind}`, {sure} sure, by {diagnosis.engine}."
    for suspect in diagnosis.suspects[:3]:
        yield f"- suspected commit {suspect.commit[:12]}, score {suspect.score:.2f}"


def _calls(stack: Stack) -> Iterator[str]:
    for number, part in enumerate(stack.parts):
        yield f"{'caused by ' if number else ''}{_plain(part.type)}"
        frames = part.frames if len(part.frames) <= _MOST_FRAMES else part.frames[-_MOST_FRAMES:]
        yield from (f"  {_call(frame)}" for frame in frames)


def _call(frame: Frame) -> str:
    place = f"{frame.path}:{frame.line}" if frame.line else frame.path
    return _plain(f"{place} in {frame.function}{'' if frame.in_app else ' (library)'}")


def _where(item: Evidence) -> str:
    path, start, end = (item.locator.get(name) for name in ("path", "start", "end"))
    return f", {_plain(str(path))} lines {start}–{end}" if path and start else ""


def _plain(text: str) -> str:
    return one_line(text, 300).replace("`", "'")


def _fenced(text: str) -> str:
    """A block that its text cannot end."""
    body = cut(visible(text), _MOST_CHARACTERS).replace(_FENCE, "~ ~ ~")
    return f"{_FENCE}\n{body}\n{_FENCE}"
