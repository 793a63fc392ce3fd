"""Whether evidence says what a sentence says: its commits, quotations, figures and places. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from logmedic.investigate.reread import quoting
from logmedic.model import Evidence, Text

HEX = re.compile(r"(?<![0-9A-Za-z-])(?=[0-9a-f]{0,39}[0-9])(?=[0-9a-f]{0,39}[a-f])[0-9a-f]{7,40}(?![0-9A-Za-z…-])")
_QUOTED = re.compile(r"`([^`\n]{3,300})`")
_SPOKEN = re.compile(r"[“\"]([^“”\"\n]{3,300})[”\"]")
# Only Latin letters make a name of digits: Korean writes particles and counters right behind them ("73%를", "15회").
_FIGURE = re.compile(
    r"(?<![A-Za-z_\d.:/-])(\d[\d,]{0,15}(?:\.\d{1,6})?)"
    r"(?=([백천만억조])?)(?=(\s{0,2}(?:[%％]|퍼센트|per ?cent))?)(?![A-Za-z_\d…-])"
)
_UNIT = re.compile(r"(?<![A-Za-z_\d.:/-])(\d[\d,]{0,15}(?:\.\d{1,6})?)(?=\s?(?:ms|s|x|[KMGT]?i?B)(?![A-Za-z]))")
_PLACE = re.compile(r"(?<![\w/.-])((?:[\w.-]{1,80}/){0,12}[\w-]{1,80}\.[A-Za-z]{1,5}):(\d{1,7})(?!\d)")
# What stands as a whole or not at all: a time of day, a date, a version or an IPv4 address.
_WHOLE = re.compile(
    r"(?<![A-Za-z_\d.:/-])(?:\d{1,2}:\d{2}(?::\d{2})?|\d{4}-\d{2}-\d{2}|\d{1,5}(?:\.\d{1,5}){2,3})(?![A-Za-z_\d:-]|\.\d)"
)
# Names that are code's and nobody else's: with an underscore, called, of an error, or a file of source or settings.
_NAME = re.compile(
    r"(?<![\w./-])(?:"
    r"[A-Za-z][A-Za-z\d]{0,60}(?:_[A-Za-z\d]{1,60}){1,12}"
    r"|[A-Za-z_][A-Za-z_\d]{0,60}(?:\.[A-Za-z_][A-Za-z_\d]{0,60}){0,8}(?=\(\))"
    r"|[A-Z][A-Za-z\d]{1,80}(?:Error|Exception)"
    r"|(?:[\w.-]{1,80}/){0,12}[\w-]{1,80}\.(?:py|js|ts|tsx|jsx|java|kt|go|rs|rb|php|cs|sql|ya?ml|toml|json|xml|conf|tf|proto)"
    r")(?![A-Za-z_\d/-])"
)
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_NUMBERED = re.compile(r" {0,5}(\d{1,7})[> ] ")  # how ``source.show`` begins a line


def unsupported(text: str, cited: str, items: Sequence[Evidence] = (), *, strict: bool = False) -> Text | None:
    """What the sentence says but the evidence does not: a commit, a quotation, a figure of two digits or more, a share.

    ``strict``, for sentences that a model wrote: also spoken quotations, figures from 2 on, times, dates and versions,
    and places, for which ``items`` is the evidence of the sentence.
    """
    flat = _flat(cited)
    for found in HEX.finditer(text):
        if found[0] not in cited:
            return quoting("{} is not in what it cites", "인용한 증거에 없는 커밋: {}", found[0])
    for quote in _quotations(text, strict=strict):
        if _flat(quote) not in flat:
            return quoting(
                "the quotation {} is not in what it cites", "인용한 증거에 없는 인용문: {}", repr(quote[:60])
            )
    if strict:
        for found in _WHOLE.finditer(text):
            if not re.search(rf"(?<!\d){re.escape(found[0])}(?!\d)", cited):
                return _no_figure(found[0])
        for found in _PLACE.finditer(text):
            if not _stands(found[1], int(found[2]), text, cited, items):
                return quoting("{} is not in what it cites", "인용한 증거에 없는 위치: {}", found[0])
    return _figure(text, cited, strict=strict)


def unknown_name(text: str, shown: str) -> Text | None:
    """The first name of code in a sentence that stands nowhere in ``shown``, which is all that its writer was given."""
    for found in _NAME.finditer(text):
        called = text.startswith("()", found.end())  # `self.pool.get()` may be told by its last part
        if (found[0].rpartition(".")[2] if called else found[0]) not in shown:
            return quoting("{} is nowhere in the evidence", "증거 어디에도 없는 이름: {}", found[0])
    return None


def _flat(text: str) -> str:
    return " ".join(text.split()).lower()  # the taxonomy's phrases are lower case


def _quotations(text: str, *, strict: bool) -> Iterator[str]:
    yield from (found[1] for found in _QUOTED.finditer(text))
    if strict:
        yield from (found[1].rstrip(".,;:!?") for found in _SPOKEN.finditer(_QUOTED.sub("", text)))


def _figure(text: str, cited: str, *, strict: bool) -> Text | None:
    """Figures of one digit stand unless ``strict``; a 1 always, because Korean writes "an hour" with it."""
    known = {number.replace(",", "") for number in _NUMBER.findall(cited)}
    if strict:
        text = _PLACE.sub(" ", text)
        for found in _UNIT.finditer(text):  # "500ms" is a name of digits to the pattern below
            if found[1].rstrip(",").replace(",", "") not in known:
                return _no_figure(found[1])
    for found in _FIGURE.finditer(text):
        number, unit, share = found[1].rstrip(",").replace(",", ""), found[2], found[3]
        if unit and f"{number}{unit}" not in cited:  # 4만 is forty thousand: the 4 alone supports nothing
            return _no_figure(f"{number}{unit}")
        telling = len(number) > 1 or share or (strict and number != "1")
        if telling and number not in known:
            return _no_figure(found[1])
    return None


def _no_figure(figure: str) -> Text:
    return quoting("the figure {} is not in what it cites", "인용한 증거에 없는 수치: {}", figure)


def _stands(path: str, line: int, text: str, cited: str, items: Sequence[Evidence]) -> bool:
    """Whether the evidence has this place; when the sentence quotes that source, one quotation must be on the line."""
    for item in items:
        where, start, end = (item.locator.get(key) for key in ("path", "start", "end"))
        if not isinstance(where, str) or not isinstance(start, int) or not isinstance(end, int):
            continue
        if (where == path or where.endswith(f"/{path}")) and start <= line <= end:
            return item.kind != "source" or _quoted_there(line, text, item)
    trace = re.compile(rf"{re.escape(path.rpartition('/')[2])}(?::|\", line |:line ){line}(?!\d)")
    return trace.search(cited) is not None


def _quoted_there(line: int, text: str, item: Evidence) -> bool:
    rows = {
        int(found[1]): _flat(row[found.end() :]) for row in item.text.split("\n") if (found := _NUMBERED.match(row))
    }
    quotes = [_flat(found[1]) for found in _QUOTED.finditer(text)]
    mine = [quote for quote in quotes if any(quote in row for row in rows.values())]
    return not mine or any(quote in rows.get(line, "") for quote in mine)
