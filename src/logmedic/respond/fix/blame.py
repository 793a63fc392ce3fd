"""Whether a test fails for the reason of the incident, and not for some other one. Pure."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

import msgspec

from logmedic.model import Incident, Stack

_GENERIC = frozenset(
    [
        "Error",
        "Exception",
        "RuntimeError",
        "RuntimeException",
        "AssertionError",
        "Throwable",
        "panic",
        "panicked",
        "IllegalStateException",
        "error",
        "goroutine",
    ]
)
_TYPE = re.compile(r"\b([A-Za-z_][\w.$:]*(?:Error|Exception|Panic|Fault|Violation))\b")
_VARIABLE = re.compile(r"<[^<>]*>|\{[^{}]*\}|\"[^\"]*\"|'[^']*'|`[^`]*`|\d[\d.,:_-]*|0x[0-9a-fA-F]+|[*%$#]+")
SHORTEST = 8  # characters of a message that tell one error from others


class Reason(msgspec.Struct, frozen=True):
    """``kinds``: names of its type, any of which will do; ``words``: parts of its message that do not vary; ``file``:
    name of the file that it comes from. Empty: not known."""

    kinds: tuple[str, ...]
    words: tuple[str, ...]
    file: str

    @property
    def known(self) -> bool:
        return bool(self.kinds or self.words)

    def explains(self, output: str) -> bool:
        """Whether the output of a failing test speaks of it: its type, or where that says little its message; and its
        place."""
        if self.file and self.file not in output:
            return False
        if self.kinds and not any(re.search(rf"(?<!\w){re.escape(kind)}(?!\w)", output) for kind in self.kinds):
            return False
        if self.kinds and not _GENERIC.issuperset(self.kinds):
            return True
        return any(words in output for words in self.words)


def reason(incident: Incident, stack: Stack | None) -> Reason:
    """What is known of why the incident's code fails."""
    if stack is None:
        kinds = tuple(_last(kind) for kind in _TYPE.findall(incident.title)[:1])
        return Reason(kinds, _fixed(incident.title), "")
    deepest = stack.parts[-1]
    kinds = tuple(dict.fromkeys(_last(part.type) for part in reversed(stack.parts) if _last(part.type)))[:1]
    kinds = () if stack.language in {"rust", "go"} else kinds  # a panic is all that their types say
    culprit = stack.culprit
    file = "" if culprit is None else PurePosixPath(culprit.path.replace("\\", "/")).name
    return Reason(kinds, _fixed(deepest.message), file)


def _last(kind: str) -> str:
    return re.split(r"[.:$]", kind.strip())[-1]


def _fixed(message: str) -> tuple[str, ...]:
    """The longest parts of its first line that hold nothing variable."""
    first = message.strip().split("\n", 1)[0]
    parts = [part.strip(" :;,.()[]") for part in _VARIABLE.split(first)]
    return tuple(sorted((part for part in parts if len(part) >= SHORTEST), key=len, reverse=True)[:3])
