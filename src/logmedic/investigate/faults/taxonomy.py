"""What kind of fault an error is, from its types, words and codes. Pure; the kinds are data in ``kinds.py``.

Time is linear: kinds are found by plain substrings, and the few patterns have bounded repeats only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from logmedic.investigate.changes.hunks import parts_of
from logmedic.investigate.faults.kind import Code, Kind
from logmedic.investigate.faults.kinds import KINDS, UNKNOWN
from logmedic.model import LogRecord, Stack

LONGEST_LOOK = 20_000  # characters of message and fields that are searched for phrases


class Classified(msgspec.Struct, frozen=True):
    """``by``: "type", "phrase", "status", "code" or "nothing"; ``matched`` is the text that decided."""

    kind: Kind
    by: str
    matched: str = ""


_STATUS = re.compile(
    r"(?:status|http|code|responded|returned|answered|replied|failed|with|got|gave|error|\()"
    r"[^\w\n]{0,4}(?:code)?[^\w\n]{0,4}([45]\d\d)\b"
)
_REFUSED = re.compile(r"\b40[13]\b|unauthori[sz]ed|forbidden|token[ _](?:is |has )?expired|invalid[ _]token")
# Words of calling beside the address of somebody else.
_OUTWARD = re.compile(
    r"(?:\bcall|request to|response from|\bfrom http|fetch|upstream|returned|answered|responded|\bclient error|"
    r"(?:get|post|put|patch|delete) \"?http)[^\0]{0,400}?https?://|https?://[^\0]{0,400}?(?:returned|answered|responded|"
    r"call failed)"
)
_TYPE = re.compile(r"(?<![A-Za-z])[A-Z][A-Za-z]{1,60}(?:Error|Exception)(?![A-Za-z])")
_UPSTREAM_STATUS = {"429": "rate-limited", "529": "overloaded", "502": "upstream-down", "503": "upstream-down",
                    "504": "upstream-timeout", "500": "upstream-error", "413": "too-large"}  # fmt: skip
_LAST = re.compile(r"[.:/\\$]+")
_ENVIRONMENT = ("environ", "getenv", "env::var", "process.env", "System.getenv")


def classify(record: LogRecord, stack: Stack | None) -> Classified:
    """The kind of fault. What is certain decides first: bug types, then phrases, types, status, the error code."""
    said = _words(record, stack)
    text = said.lower()
    types = [_last(t) for t in _types(record, stack)]  # surfaced first, innermost cause last
    types = types or _TYPE.findall(record.message[:2_000])
    return (
        _surfaced(types, stack, text)
        or _by_type(types, text, bugs=True)
        or _refused_us(record, text)
        or _by_phrase(text, said)
        or _by_type(types, text, bugs=False)
        or _by_status(record, text)
        or _by_name(record, types)
        or Classified(UNKNOWN, "nothing")
    )


def _surfaced(types: Sequence[str], stack: Stack | None, text: str) -> Classified | None:
    """What a bug type deeper in the chain must not hide: a refused request, a setting that nobody made."""
    if not types:
        return None
    client = KINDS["client-error"]
    if types[0] in client.types:
        return Classified(client, "type", types[0])
    missing = _environment_key(types[-1], stack, text)
    return None if missing is None else Classified(KINDS["missing-setting"], "phrase", missing)


def _refused_us(record: LogRecord, text: str) -> Classified | None:
    """A service that we called does not accept what we identify ourselves with: that is no fault of our callers."""
    found = _REFUSED.search(text)
    if found is None or _OUTWARD.search(text) is None or isinstance(record.fields.get("status"), int):
        return None
    return Classified(KINDS["credentials"], "phrase", found[0])


def _by_type(types: Sequence[str], text: str, *, bugs: bool) -> Classified | None:
    """The innermost exception whose type the table knows."""
    for name in reversed(types):
        if bugs and any(name in kind.types for kind in KINDS.values() if kind.code is not Code.BUG):
            return None  # what was raised further out only wraps it
        for kind in KINDS.values():
            if name in kind.types and (kind.code is Code.BUG or not bugs):
                empty = KINDS["empty-value"]
                misused = kind.id in {"wrong-type", "missing-attribute"} and any(p in text for p in empty.phrases)
                return Classified(empty if misused else kind, "type", name)
    return None


def _by_phrase(text: str, said: str) -> Classified | None:
    """Quotes the phrase as it was said; a few letters (İ) change their length with their case, then as we know it."""
    aligned = said if len(said) == len(text) else text
    for kind in KINDS.values():
        for phrase in kind.phrases:
            at = text.find(phrase)
            if at >= 0:
                return Classified(kind, "phrase", aligned[at : at + len(phrase)])
    return None


def _types(record: LogRecord, stack: Stack | None) -> Iterator[str]:
    if record.exception_type:
        yield record.exception_type
    if stack is not None:
        yield from (part.type for part in stack.parts if part.type)


def _last(name: str) -> str:
    return _LAST.split(name[-200:])[-1]


def _words(record: LogRecord, stack: Stack | None) -> str:
    texts = [record.message, record.exception_type or "", record.exception_message or ""]
    if stack is not None:
        texts += [f"{part.type}: {part.message}" for part in stack.parts]
    texts += [value for value in record.fields.values() if isinstance(value, str)]
    return "\n".join(texts)[:LONGEST_LOOK]


def _environment_key(innermost: str, stack: Stack | None, text: str) -> str | None:
    """A missing variable of the environment is a bug type in Python, and a setting that nobody made in truth."""
    if innermost not in {"KeyError", "VarError"}:
        return None
    frames = stack.parts[-1].frames if stack is not None and stack.parts else ()
    codes = [frame.code for frame in frames[-2:]] + [frame.path for frame in frames[-1:]]
    return next((word for word in _ENVIRONMENT for code in codes if word in code), None) or (
        "environment variable" if "environment variable" in text else None
    )


def _by_status(record: LogRecord, text: str) -> Classified | None:
    """The status that we answered with (a field), or that somebody answered us with (in the words)."""
    own = record.fields.get("status", record.fields.get("status_code"))
    if isinstance(own, int) and not isinstance(own, bool) and 400 <= own < 500 and own != 429:
        return Classified(KINDS["client-error"], "status", str(own))
    found = _STATUS.search(text)
    if found is not None and found[1] in _UPSTREAM_STATUS:
        return Classified(KINDS[_UPSTREAM_STATUS[found[1]]], "status", found[1])
    if found is not None and found[1] in {"401", "403"}:
        return Classified(KINDS["credentials"], "status", found[1])
    return None


def _by_name(record: LogRecord, types: Sequence[str]) -> Classified | None:
    """``AI_TIMEOUT`` and ``RowInvalidError`` say what they mean: the longest part that the table knows wins."""
    for name in (record.error_code or "", *reversed(types)):
        parts = f"_{'_'.join(parts_of(name[:100]))}_"
        fits = [(len(part), kind) for kind in KINDS.values() for part in kind.codes if f"_{part}_" in parts]
        best = max(fits, key=lambda fit: fit[0], default=None)
        if best is not None:
            return Classified(best[1], "code", name)
    return None
