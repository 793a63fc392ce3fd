"""What an error says about its own cause: the thing that is missing, the names and numbers it speaks of. Pure."""

# ruff: noqa: E501  a pattern reads best on one line

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from logmedic.investigate.changes.hunks import parts_of
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
        r"(?:null value in column|[Cc]olumn) ['\"`]?([\w.]{1,80}?)['\"`]? (?:of relation ['\"`]?\w{1,80}['\"`]? )?(?:violates not-null|cannot be null)",
        r"Field ['\"`](\w{1,80})['\"`] doesn't have a default value",
        r"NOT NULL constraint failed: ([\w.]{1,80})",
        r"(?:required|missing) (?:property|field|attribute|parameter|claim|header):? ['\"`]?([\w.-]{2,80})",
        r"(?:field|property) ['\"`]?([\w.-]{2,80})['\"`]? (?:is|was) (?:required|missing|not set)",
        r"undefined (?:local variable or method|method|variable|function|key|index|array key) [:$'\"`]{0,2}(\w{2,80})",
        r"(?:NoSuchMethodError|NoSuchFieldError)[^\n]{0,200}?[.#](\w{2,80})\(?",
        r"(?:function|procedure|type|role|schema|database|sequence|index|queue|topic|bucket|stream|exchange|key|secret|"
        r"configmap|volume|container) ['\"`]?([\w./:-]{2,120}?)['\"`]?(?:\([^)\n]{0,80}\))? (?:does not exist|not found|doesn't exist)",
        r"(?:NoSuchKey|NoSuchBucket|UNKNOWN_TOPIC_OR_PARTITION|NOT_FOUND)[^\n]{0,60}?['\"`]([\w./:-]{3,120})['\"`]",
        r"(\w{2,80})\n\s{1,6}(?:Field required|field required|none is not an allowed)",
        r"[Cc]ould not resolve placeholder ['\"`]([\w.-]{2,80})",
        r"not authorized to perform:? ['\"`]?([\w:*-]{3,80})",
        r"on resource:? ['\"`]?([\w:/*.-]{5,200})",
        r"[Cc]ould(?:n't| not) find (?:key |the key )?['\"`]?([\w.-]{3,80})['\"`]? in ",
        r"open ([^\s:'\"]{3,200}): no such file",
        r"ENOENT[^\n']{0,60}'([^'\n]{3,200})'",
    )
)
# After these words stands what came and is not known there.
_UNWANTED = tuple(
    re.compile(pattern)
    for pattern in (
        r"[Uu]n(?:known|expected|recognized|recognised) (?:field|property|key|argument|attribute|parameter|variant|"
        r"keyword argument|option|enum value)s?:? ['\"`]?([\w.-]{2,80})",
        r"(?:field|property) ['\"`]?([\w.-]{2,80})['\"`]? (?:is not allowed|not permitted|not recognized|is unknown)",
        r"[Ii]nvalid (?:input )?value (?:for enum \w{1,60})?:? ?['\"`]([\w.-]{2,80})",
        r"from String ['\"`]([\w.-]{2,80})",
        r"No enum constant [\w.]{1,120}\.(\w{1,80})",
        r"(?:[Uu]nknown|[Uu]nexpected|[Uu]nsupported|[Uu]nrecogni[sz]ed|[Ii]nvalid|[Ii]llegal|[Uu]nhandled|[Uu]ndefined)(?: [A-Za-z_]{2,30}){1,3}(?: value)?\s?[:=]?\s?['\"`]([\w.:/-]{2,80})['\"`]",
        r"(?:[Uu]nknown|[Uu]nsupported|[Uu]nrecogni[sz]ed|[Uu]nhandled) (?:\w{2,30} ){0,2}\w{2,30}[:=] ?([\w-]{2,80})\s{0,2}(?:$|[\n,;)])",
        r"['\"`]([\w.:/-]{2,80})['\"`] is not (?:a|an|in|one of|valid|supported|among|known)",
        r"(?:[Nn]o|[Mm]issing) (?:handler|mapping|converter|case|strategy|branch|match) (?:for|of)(?: \w{2,30}){0,2}:? ['\"`]?([\w.-]{2,80})",
        r"(?:got|received|but was|actual|input_value=|found):? ?['\"`]([\w.:/-]{2,80})['\"`]",
    )
)
# Names of the schema in the words of the servers, https://www.postgresql.org/docs/current/errcodes-appendix.html and others.
_SCHEMA = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?:column|relation|constraint|table|sequence|view|index) ['\"`]{1,2}([\w.]{2,80})['\"`]",
        r"(?:foreign key|unique|check|UNIQUE|CHECK) constraint (?:failed: |[\w ]{0,20})?['\"`]?([\w.]{2,80})",
        r"for key ['\"`]([\w.]{2,80})",
        r"Key \((\w{2,80})",
        r"enum (\w{2,80}): ",
        r"[Cc]olumn ['\"`]?([\w.]{2,80})['\"`]? (?:does|is of type|cannot|at row)",
        r"permission denied for (?:table|relation|schema|sequence|function|database) ['\"`]?([\w.]{2,80})",
    )
)
_FRAME = re.compile(r"\s{0,12}(?:at |File |from |in |\d{1,3}: )")
_URL = re.compile(
    r"(?:https?|grpc|amqp|redis|postgres(?:ql)?)://([\w.-]{1,120})(?::(\d{2,5}))?((?:/[\w{}:.~%-]{0,80}){0,8})"
)
_PORT = re.compile(r"(?<![\w:])[\w.-]{2,120}:(\d{2,5})(?![\w.]|:\d)")
_PATH = re.compile(r"(?<![\w/:.])((?:/[A-Za-z{][\w{}.~-]{0,80}){1,8})")
_NAMESPACE = re.compile(r"(?:@?[\w-]{2,60}(?:\.|::|/|\$)){1,8}[\w@-]{2,60}")
_LITERAL = re.compile(
    r"['\"`]([^'\"`\n]{3,60})['\"`]"  # quoted
    r"|((?:[a-z0-9-]{1,40}\.){1,5}[a-z]{2,20})(?![\w(])"  # a host or file name
    r"|([A-Za-z][A-Za-z0-9]{0,40}(?:_[A-Za-z0-9]{1,40}){1,8})"  # snake_case, SCREAMING_CASE
)
# one is a number like others where it has a unit
_A_WHILE = re.compile(r"(?<![\w.])(1)(?:\.0)? ?(?:s|sec|seconds?|m|min|minutes?|h|hours?|초|분|시간)(?![\w])")
_NUMBER = re.compile(r"(?<![\w.])\d{1,9}(?:\.\d{1,3})?(?![\w])")
_DULL = frozenset(("nonetype", "object", "none", "null", "true", "false", "self", "error", "exception", "string",
                   "message", "utf-8", "option::unwrap()", "result::unwrap()", "traceback", "undefined"))  # fmt: skip


# The last word of a route, a table of a statement, a queue or a cache: what the failing work is about.
_SUBJECT = re.compile(
    r"\b(?:GET|POST|PUT|PATCH|DELETE|HEAD)\s{1,3}(?:https?://[\w.:-]{1,80})?(?:/[\w{}:.<>-]{1,60}){0,5}?/([A-Za-z][\w-]{2,40})(?:/[\d{:<][^\s/]{0,40})?(?=[\s?\"')]|$)"
    r"|\b(?:FROM|INTO|UPDATE|JOIN|TABLE|COPY|relation|table|queue|topic|bucket|index)\s{1,3}[\"'`]?([A-Za-z][\w.]{2,60})",
)


class Clues(msgspec.Struct, frozen=True):
    missing: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()  # endpoints and tables
    literals: tuple[str, ...] = ()  # distinctive texts, without what is missing
    numbers: frozenset[str] = frozenset()
    unwanted: tuple[str, ...] = ()  # names that came and were not known
    schema: tuple[str, ...] = ()  # tables, columns and constraints
    hosts: tuple[str, ...] = ()  # of URLs
    ports: frozenset[str] = frozenset()
    routes: tuple[str, ...] = ()  # paths of URLs
    namespaces: tuple[str, ...] = ()  # dotted and slashed names: modules, classes, files of libraries; lower case
    codes: tuple[str, ...] = ()  # lines of our own code that a trace quotes, the culprit first
    words: frozenset[str] = frozenset()  # all of them, lower case


def clues(record: LogRecord, stack: Stack | None) -> Clues:
    text = "\n".join(_texts(record, stack))[:LONGEST_TEXT]
    missing = _unique(found[1] for pattern in _MISSING for found in pattern.finditer(text))
    unwanted = _unique(found[1] for pattern in _UNWANTED for found in pattern.finditer(text))
    schema = _unique(found[1] for pattern in _SCHEMA for found in pattern.finditer(text))
    literals = _unique(next(g for g in found.groups() if g) for found in _LITERAL.finditer(text))
    code = (record.error_code or "").lower()
    kept = [w for w in literals if w not in missing and w.lower() not in _DULL and w.lower() != code and len(w) >= 4]
    subjects = _unique(next(g for g in found.groups() if g) for found in _SUBJECT.finditer(text))
    urls = list(_URL.finditer(text))
    routes = _unique(iter([*(url[3] for url in urls), *(found[1] for found in _PATH.finditer(text))]))
    return Clues(
        missing=tuple(missing[:MOST_LITERALS]),
        subjects=tuple(dict.fromkeys((*(s.rpartition(".")[2] for s in subjects[:MOST_LITERALS]), *_ends(routes)))),
        literals=tuple(kept[:MOST_LITERALS]),
        numbers=frozenset(_NUMBER.findall(text)) - {"0", "1"} | frozenset(_A_WHILE.findall(text)),
        unwanted=tuple(unwanted[:MOST_LITERALS]),
        schema=tuple(dict.fromkeys(name.rpartition(".")[2] for name in schema[:MOST_LITERALS])),
        hosts=tuple(_unique(url[1].lower() for url in urls)[:MOST_LITERALS]),
        ports=frozenset((*(url[2] for url in urls if url[2]), *_PORT.findall(text))),
        routes=tuple(route for route in routes if len(route) > 2)[:MOST_LITERALS],
        namespaces=tuple(_namespaces(text, stack)),
        codes=tuple(_codes(stack)),
        words=frozenset(part for word in re.findall(r"[A-Za-z][A-Za-z0-9_]{2,60}", text) for part in parts_of(word)),
    )


def _namespaces(text: str, stack: Stack | None) -> list[str]:
    """Names of modules and classes: those of the trace from where it was raised, then those in the words."""
    found: list[str] = []
    for part in reversed(stack.parts) if stack is not None else ():
        found.append(part.type)
        found += [
            f"{frame.module} {frame.path} {frame.function}" for frame in reversed(part.frames) if not frame.in_app
        ]
    found += _NAMESPACE.findall(text)
    return _unique(name[-300:].lower().replace("_", "-").replace("\\", "/") for name in found)[: 2 * MOST_LITERALS]


def with_others(own: Clues, others: Sequence[LogRecord]) -> Clues:
    """Also what other faults of the same chain are about: endpoints, tables and names of jobs."""
    more = [clues(record, record.stack) for record in others]
    subjects = (*own.subjects, *(name for other in more for name in (*other.subjects, *other.literals)))
    return msgspec.structs.replace(own, subjects=tuple(dict.fromkeys(subjects))[: 2 * MOST_LITERALS])


def _ends(routes: Sequence[str]) -> Iterator[str]:
    """The last word of each route that is no number or placeholder."""
    for route in routes[:MOST_LITERALS]:
        words = [part for part in route.split("?")[0].split("/") if re.fullmatch(r"[A-Za-z][\w-]{2,40}", part)]
        yield from words[-1:]


def _codes(stack: Stack | None) -> Iterator[str]:
    for part in reversed(stack.parts) if stack is not None else ():
        yield from (frame.code.strip()[:300] for frame in reversed(part.frames) if frame.in_app and frame.code)


def _texts(record: LogRecord, stack: Stack | None) -> Iterator[str]:
    yield record.message
    if record.exception_type or record.exception_message:
        yield f"{record.exception_type or ''}: {record.exception_message or ''}"
    if stack is not None:
        for part in reversed(stack.parts):
            yield f"{part.type.rpartition('.')[2]}: {part.message}"
    if record.stack_text and stack is not None and stack.parts and stack.parts[-1].message:
        behind = record.stack_text.rpartition(stack.parts[-1].message.partition("\n")[0])[2][:LONGEST_TEXT]
        yield "\n".join(line for line in behind.split("\n") if not _FRAME.match(line))
    yield from (v for v in record.fields.values() if isinstance(v, str))


def _unique(words: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(word.strip() for word in words if word.strip()))
