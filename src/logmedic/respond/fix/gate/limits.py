"""Limits that grow: the error would be hidden until it is larger."""

from __future__ import annotations

import re
from collections.abc import Iterator

from logmedic.model import Text
from logmedic.respond.fix.change import Change, Hunk
from logmedic.respond.fix.gate.policy import Policy
from logmedic.respond.fix.report import Finding

_NUMBER = re.compile(r"(?<![\w.])-?\d[\d_]*(?:\.\d+)?(?:e\d+)?(?![\w.]*\w)", re.IGNORECASE)
_LIMIT = re.compile(
    r"(?i)time_?out|deadline|limit|max|min|pool|retr|attempt|size|length|capacity|threshold|ttl|expir|interval|depth"
    r"|quota"
    r"|concurren|worker|thread|connection|buffer|batch|rate|window|seconds|millis|duration|tolerance|epsilon|precision"
)
_ENDLESS = re.compile(
    r"(?i)(?:time_?out|deadline|limit|max\w*|ttl)\s*[=:]\s*(?:None|null|undefined|0\b|-1\b|float\(.inf|math\.inf"
    r"|Infinity|MAX_VALUE|\w*MAX\b)"
    r"|Duration::MAX|usize::MAX|u64::MAX|Number\.MAX|sys\.maxsize|Integer\.MAX|Long\.MAX|math\.MaxInt"
)
_WHY = Text("a limit or a time-out is changed", "제한이나 시간 초과 값이 변경됨")
_NONE = Text("a limit or a time-out is switched off", "제한이나 시간 초과를 없앰")


def check(change: Change, _policy: Policy) -> Iterator[Finding]:
    for file in change.files:
        if not file.language or file.is_test:
            continue
        had = {line.text.strip() for line in file.removed}
        for line in file.added:
            if _ENDLESS.search(line.text) and line.text.strip() not in had:
                yield Finding(rule="limit", path=file.path, line=line.number, why=_NONE)
        for hunk in file.hunks:
            for number in _changed(hunk):
                yield Finding(rule="limit", path=file.path, line=number, why=_WHY)


def _changed(hunk: Hunk) -> Iterator[int]:
    """Lines that are another one with another number, where the line speaks of a limit."""
    before: dict[str, list[str]] = {}
    for line in hunk.removed:
        before.setdefault(_NUMBER.sub("#", line.text).strip(), []).append(line.text)
    for line in hunk.added:
        was = before.get(_NUMBER.sub("#", line.text).strip())
        if was and line.text.strip() not in {text.strip() for text in was} and _LIMIT.search(line.text):
            yield line.number
