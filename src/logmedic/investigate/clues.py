"""What an error says about its own cause: the thing that is missing, the names and numbers it speaks of. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from logmedic.model import LogRecord, Stack

LONGEST_TEXT = 4_000  # characters of the message that are searched
MOST_LITERALS = 24
# After these words stands what is missing, quoted or bare. Bounded, and each starts at a literal.
_MISSING = tuple(
    re.compile(pattern)
    for pattern in (
        r"KeyError:? ?\(?['\"]([^'\"\n]{1,80})['\"]",
        r"has no attribute ['\"`](\w{1,80})",
        r"[Nn]ame ['\"](\w{1,80})['\"] is not defined",
        r"(?<![\w.])(\w{1,80}) is not (?:defined|a function)",
        r"[Nn]o module named ['\"]?([\w.]{1,80})",
        r"[Cc]annot find module ['\"]([^'\"\n]{1,80})",
        r"cannot import name ['\"](\w{1,80})",
        r"keyword argument ['\"](\w{1,80})",
        r"positional arguments?: ['\"](\w{1,80})",
        r"(?:no such|[Uu]nknown) (?:column|table):? ['\"`]?([\w.]{1,80})",
        r"(?:column|relation) \"?([\w.]{1,80})\"? (?:of relation \"?[\w.]{1,80}\"? )?does not exist",
        r"missing field ['\"`]([^'\"`\n]{1,80})",
        r"[Ee]nvironment variable:? ['\"`]?([A-Za-z_]\w{1,80})",
        r"[Mm]issing (?:required )?(?:setting|config\w{0,10}|key|parameter|argument|env var):? ['\"`]?([\w.-]{2,80})",
        r"(?:reading|property|properties) '(\w{1,80})'",
        r"No such file or directory: '([^'\n]{1,200})'",
        r"[Tt]emplate(?:NotFound| not found):? ['\"`]?([\w./-]{1,120})",
    )
)
_LITERAL = re.compile(
    r"['\"`]([^'\"`\n]{3,60})['\"`]"  # quoted
    r"|((?:[a-z0-9-]{1,40}\.){1,5}[a-z]{2,20})(?![\w(])"  # a host or file name
    r"|([A-Za-z][A-Za-z0-9]{0,40}(?:_[A-Za-z0-9]{1,40}){1,8})"  # snake_case, SCREAMING_CASE
)
_NUMBER = re.compile(r"(?<![\w.])\d{1,9}(?:\.\d{1,3})?(?![\w])")
_DULL = frozenset(("nonetype", "object", "none", "null", "true", "false", "self", "error", "exception", "string",
                   "message", "utf-8", "option::unwrap()", "result::unwrap()", "traceback", "undefined"))  # fmt: skip


# The last word of a route, a table of a statement, a queue or a cache: what the failing work is about.
_SUBJECT = re.compile(
    r"\b(?:GET|POST|PUT|PATCH|DELETE|HEAD)\s{1,3}(?:https?://[\w.:-]{1,80})?(?:/[\w{}:.<>-]{1,60}){0,5}?/([A-Za-z][\w-]{2,40})(?:/[\d{:<][^\s/]{0,40})?(?=[\s?\"')]|$)"
    r"|\b(?:FROM|INTO|UPDATE|JOIN|TABLE|relation|table|queue|topic|bucket|index)\s{1,3}[\"'`]?([A-Za-z][\w.]{2,60})",
)


class Clues(msgspec.Struct, frozen=True):
    missing: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()  # endpoints and tables
    literals: tuple[str, ...] = ()  # distinctive texts, without what is missing
    numbers: frozenset[str] = frozenset()


def clues(record: LogRecord, stack: Stack | None) -> Clues:
    text = "\n".join(_texts(record, stack))[:LONGEST_TEXT]
    missing = _unique(found[1] for pattern in _MISSING for found in pattern.finditer(text))
    literals = _unique(next(g for g in found.groups() if g) for found in _LITERAL.finditer(text))
    code = (record.error_code or "").lower()
    kept = [w for w in literals if w not in missing and w.lower() not in _DULL and w.lower() != code and len(w) >= 4]
    numbers = frozenset(_NUMBER.findall(text)) - {"0", "1"}
    subjects = _unique(next(g for g in found.groups() if g) for found in _SUBJECT.finditer(text))
    return Clues(
        missing=tuple(missing[:MOST_LITERALS]),
        subjects=tuple(subject.rpartition(".")[2] for subject in subjects[:MOST_LITERALS]),
        literals=tuple(kept[:MOST_LITERALS]),
        numbers=numbers,
    )


def _texts(record: LogRecord, stack: Stack | None) -> Iterator[str]:
    yield record.message
    if record.exception_type or record.exception_message:
        yield f"{record.exception_type or ''}: {record.exception_message or ''}"
    if stack is not None:
        for part in reversed(stack.parts):
            yield f"{part.type.rpartition('.')[2]}: {part.message}"
    yield from (v for v in record.fields.values() if isinstance(v, str))


def _unique(words: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(word.strip() for word in words if word.strip()))
