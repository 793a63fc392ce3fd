""".NET (C#, F#, Visual Basic): inner exceptions, async state machines, lambdas, traces in the language of the machine.

Of an ``AggregateException`` the first inner exception counts; the others are printed after it and left out.
"""

from __future__ import annotations

import re
from functools import lru_cache

from logmedic.group.interface import CACHED, StackParser
from logmedic.model import ExceptionPart, Frame, Stack

MOST_LINES = 5_000
MOST_FRAMES = 500
MOST_PARTS = 16
MOST_WORDS = 40  # lines of the messages above the first frame
# "at" and "in … :line" are translated, so any short word stands for them; the brackets of the arguments tell the line.
_FRAME = re.compile(r"[ \t]{1,12}[^\s(.]{1,12} ([^\s(]{3,600})\(([^()]{0,1000})\)(.{0,1000})$")
_AT = re.compile(r"^[ \t]{1,12}[^\s(.]{1,12} [^\s(]{3,600}\([^()\n]{0,1000}\)[^\n]{0,1000}$", re.MULTILINE)
_HEAD = re.compile(r"([^\W\d][\w.+`]{1,300})(?: \(0x[0-9A-Fa-f]{8}\))?(?:: ?|$)(.*)$", re.DOTALL)
_INSIDE = re.compile(r"(?<![\w.])[^\W\d][\w.+`]{1,300}Exception(?: \(0x[0-9A-Fa-f]{8}\))?:")
_INNER = re.compile(r"\s{0,4}---> (?:\(Inner Exception #\d{1,4}\) )?")
_STATE = re.compile(r"<{1,2}([^<>]{1,200})>(?:[a-z]__[\w|]{0,80}|g__([^|]{1,200})\|[\w]{1,20}|\$)?")
_NOT_OURS = (
    "Akka.", "Amazon.", "Apache.", "Autofac.", "AutoMapper.", "Azure.", "Castle.", "Confluent.", "Dapper.",
    "Elastic.", "FluentValidation.", "FSharp.", "Google.", "GraphQL.", "Grpc.", "Hangfire.", "HotChocolate.",
    "IdentityModel.", "Internal.", "Interop.", "lambda_method", "log4net.", "MassTransit.", "MediatR.", "Microsoft.",
    "Mono.", "MongoDB.", "Moq.", "MySql.", "MySqlConnector.", "Newtonsoft.", "NHibernate.", "NLog.", "Npgsql.",
    "NUnit.", "OpenTelemetry.", "Oracle.", "Orleans.", "Polly.", "Quartz.", "RabbitMQ.", "Refit.", "RestSharp.",
    "Sentry.", "Serilog.", "StackExchange.", "Swashbuckle.", "System.", "Xunit.",
)  # fmt: skip


class DotnetStacks(StackParser):
    language = "dotnet"

    def looks_like(self, text: str) -> bool:
        return "(" in text and "." in text and _first(text) is not None

    def start(self, text: str) -> int:
        at = _first(text)
        return _head(text, at) if at is not None else 0

    def parse(self, text: str) -> Stack | None:
        at = _first(text)
        if at is None:
            return None
        begin = _head(text, at)
        reader = _Reader(_INNER.split(text[begin:at][-20_000:].strip())[:MOST_PARTS])
        for line in text[at : at + 2_000_000].split("\n", MOST_LINES)[:MOST_LINES]:
            if reader.done:
                break
            reader.line(line.rstrip("\r"))
        return Stack(self.language, reader.parts())

    def in_app(self, frame: Frame) -> bool:
        return _ours(f"{frame.module}.{frame.function}" if frame.module else frame.function)

    def name(self, frame: Frame) -> str:
        return _symbol(f"{frame.module}.{frame.function}" if frame.module else frame.function)


class _Reader:
    def __init__(self, heads: list[str]) -> None:
        self.read: list[tuple[str, list[Frame]]] = [(head, []) for head in heads]  # the outermost first
        self.at = len(heads) - 1  # whose frames are being read
        self.done = False

    def line(self, line: str) -> None:
        frame = _frame(line)
        if frame is not None:
            frames = self.read[self.at][1]
            if len(frames) < MOST_FRAMES:
                frames.append(frame)
        elif line.startswith((" ", "\t")) and line.strip().startswith("--- ") and line.rstrip().endswith(" ---"):
            self.at = max(0, self.at - 1)  # "End of inner exception", in any language; an await's line is not indented
        elif line.startswith("--- End of inner exception"):
            self.at = max(0, self.at - 1)
        elif _INNER.match(line):
            self.done = True  # further members of an aggregate

    def parts(self) -> tuple[ExceptionPart, ...]:
        parts = []
        for head, frames in self.read:
            found = _HEAD.match(head[:4_000])
            kind, message = (found[1], found[2]) if found is not None else ("", head[:4_000])
            parts.append(ExceptionPart(kind.replace("+", "."), message.strip(), tuple(reversed(frames))))
        return tuple(parts)


def _first(text: str) -> int | None:
    for found in _AT.finditer(text):
        if _frame(found[0]) is not None:
            return found.start()
    return None


def _head(text: str, at: int) -> int:
    """Where the line of the outermost exception begins; lines with ``--->`` between belong to the inner ones."""
    begin = at
    for _ in range(MOST_WORDS):
        if begin <= 0:
            break
        end = begin - 1
        begin = text.rfind("\n", 0, end) + 1
        line = text[begin:end][:4_000]
        if _INNER.match(line):
            continue
        inside = _INSIDE.search(line)
        if inside is not None:
            return begin + inside.start()
        head = _HEAD.match(line)
        if head is not None and "." in head[1].rstrip(".") and (head[2] or line.rstrip().endswith(head[1])):
            return begin
    return at


def _frame(line: str) -> Frame | None:
    found = _FRAME.match(line)
    if found is None or "." not in found[1]:
        return None
    path, number = "", 0
    rest = found[3].strip().rstrip(".")
    if rest:
        where, _, last = rest.rpartition(" ")
        if not (last.isascii() and last.isdecimal() and len(last) < 10):
            return None
        _, _, path = where.rpartition(":")[0].partition(" ")
        number = int(last)
    elif not _typed(found[2]):
        return None
    return Frame(found[1], path, number, in_app=_ours(found[1]))


def _typed(arguments: str) -> bool:
    """``Int32 id, String name``, as opposed to a file and line of another language, or prose in brackets."""
    return not arguments or all(
        " " in one.strip() and ":" not in one for one in arguments.split(",")[:3] if "[" not in one
    )


@lru_cache(maxsize=CACHED)
def _ours(function: str) -> bool:
    return bool(function) and not function.startswith(_NOT_OURS)


@lru_cache(maxsize=CACHED)
def _symbol(function: str) -> str:
    """``Shop.Repo`1.<LoadAsync>d__5.MoveNext``: ``Shop.Repo.LoadAsync``."""
    plain = _without_generics(function)
    made = _STATE.search(plain)
    if made is not None:
        owner = plain[: made.start()].rstrip(".+")
        name = made[1].rstrip("$") or made[2] or ""
        plain = f"{owner}.{name}"
    parts = [p for p in plain.replace("+", ".").split(".") if p and not p.startswith("<>c")]
    return ".".join(parts).replace("..ctor", ".ctor")


def _without_generics(name: str) -> str:
    """Without ``[TKey]`` and the number behind a backquote."""
    kept: list[str] = []
    depth = 0
    skip = False
    for c in name:
        if c == "[":
            depth += 1
        elif c == "]":
            depth = max(0, depth - 1)
        elif depth == 0:
            skip = c == "`" or (skip and c.isdigit())
            if not skip:
                kept.append(c)
    return "".join(kept)
