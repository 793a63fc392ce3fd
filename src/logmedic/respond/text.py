r"""Making text written by strangers inert, and cutting it where a reader would.

Nothing here adds invisible characters: what could act is shown escaped (``\u202e``) or swapped for a look-alike
(``@`` → ``＠``), so a reader sees that something was there.
"""

from __future__ import annotations

import datetime
import itertools
import re
import unicodedata
from collections.abc import Mapping, Sequence

from logmedic.model import NANOSECONDS, Bucket

ELLIPSIS = "…"
_ZWJ = "\u200d"
_SKIN_OR_STYLE = frozenset("\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")
# Characters that draw nothing although Unicode calls them letters, marks or symbols: Hangul and Khmer fillers,
# Mongolian and other variation selectors (not U+FE0E/FE0F, which emoji need), the joiner U+034F and the blank braille.
_BLANKS = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, range(0xFE00, 0xFE0E)))
    + "".join(map(chr, range(0xE0100, 0xE01F0)))
)
_MARKDOWN = str.maketrans({**{c: "\\" + c for c in "\\`*_~|<>[]()#"}, "@": "＠"})
_IN_FENCE = str.maketrans({"`": "ˋ", "@": "＠"})
# ``:name:`` is a picture to Discord; times and the paths of Rust are none.
_EMOJI = re.compile(r"(?<!:):(?=(?:[A-Za-z+-][A-Za-z0-9_+-]*|8ball|100|1234):(?!:))")
_ITEM = re.compile(r"^( *)([-+]|[0-9]{1,9}\.)(?= )", re.MULTILINE)  # what begins a line of a list
_DULL = str.maketrans({"-": "‐", "+": "＋", ".": "．"})
_BARS = "▁▂▃▄▅▆▇█"


def units(text: str) -> int:
    """Length in UTF-16 code units: the larger of the two ways in which chat services count characters."""
    return len(text) + sum(c > "\uffff" for c in text)


def visible(text: str) -> str:
    """The text with control, direction, invisible and unassigned characters written as escapes; keeps ``\\n``."""
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\t", " ")
    return "".join(_shown(text, at) for at in range(len(text)))


def one_line(text: str, limit: int) -> str:
    """:func:`visible` on one line of at most ``limit`` UTF-16 units, runs of white space as one space."""
    return cut(_joined(text, limit), limit)


def _joined(text: str, limit: int) -> str:
    """The words of no more than can matter: reading a megabyte for one line would cost seconds."""
    head = text[: 4 * limit]
    return visible(" ".join(head.split())) + (ELLIPSIS if len(head) < len(text) else "")


def _shown(text: str, at: int) -> str:
    c = text[at]
    if c == "\n" or (c.isprintable() and c not in _BLANKS) or (c == _ZWJ and _joins_emoji(text, at)):
        return c
    if unicodedata.category(c) == "Zs":
        return " "
    return c.encode("unicode_escape").decode("ascii")


def _joins_emoji(text: str, at: int) -> bool:
    before = at - 1
    while before > 0 and text[before] in _SKIN_OR_STYLE:
        before -= 1
    return before >= 0 and at + 1 < len(text) and _is_symbol(text[before]) and _is_symbol(text[at + 1])


def _is_symbol(c: str) -> bool:
    return unicodedata.category(c) == "So"


def cut(text: str, limit: int, escapes: Mapping[int, str] | None = None) -> str:
    """At most ``limit`` (≥ 1) UTF-16 units, cut between graphemes (Unicode UAX #29) and then ended with "…".

    ``escapes`` is applied on the way (as :meth:`str.translate`), so an escape is never cut in two.
    """
    table = escapes or {}
    whole = len(text) <= limit
    text = text[:limit]  # every character is at least one unit, and the ellipsis needs one, so the rest cannot matter
    if whole and units(escaped := text.translate(table)) <= limit:
        return escaped
    kept: list[str] = []
    left = limit - len(ELLIPSIS)
    for grapheme in graphemes(text):
        piece = grapheme.translate(table)
        left -= units(piece)
        if left < 0:
            break
        kept.append(piece)
    return "".join(kept).rstrip() + ELLIPSIS


def graphemes(text: str) -> Sequence[str]:
    """What a reader takes for one character each: a Hangul syllable of jamo, a family emoji, a flag."""
    if text.isascii() and "\r" not in text:
        return text
    import regex  # noqa: PLC0415  costs 10 ms that an idle scan must not pay

    found: list[str] = regex.findall(r"\X", text)
    return found


def markdown(text: str, limit: int) -> str:
    """Foreign text for a Discord embed: no markup, mention, channel, command, emoji or link works; at most ``limit``
    units."""
    plain = _EMOJI.sub("：", _bounded(text, limit).replace("://", "：//"))
    return cut(_ITEM.sub(lambda item: item[1] + item[2].translate(_DULL), plain), limit, _MARKDOWN)


def markdown_line(text: str, limit: int) -> str:
    """:func:`markdown` on one line."""
    return markdown(_joined(text, limit), limit)


def fence(text: str, limit: int) -> str:
    """Foreign text in a code fence that it cannot close; at most ``limit`` units, ``""`` for blank text."""
    frame = "```\n\n```"
    body = cut(_bounded(text, limit), limit - len(frame), _IN_FENCE)
    return f"```\n{body}\n```" if body else ""


def _bounded(text: str, limit: int) -> str:
    """:func:`visible` of no more than can matter: two characters (CR LF) become one at most, so 2 × limit is enough."""
    return visible(text.strip()[: 2 * limit + 2]).strip()


def sparkline(histogram: Sequence[Bucket], width: int = 24) -> str:
    """The last ``width`` bars of a histogram, gaps included; ``""`` when there is only one bar to draw."""
    if len(histogram) < 2:
        return ""
    counts = {bucket.start: bucket.count for bucket in histogram}
    starts = sorted(counts)
    step = min((b - a for a, b in itertools.pairwise(starts)), default=0)
    if step <= 0:
        return ""
    first = max(starts[0], starts[-1] - (width - 1) * step)
    bars = [counts.get(first + i * step, 0) for i in range((starts[-1] - first) // step + 1)]
    top = max(*bars, 1)
    return "".join(_BARS[min(count * len(_BARS) // (top + 1), len(_BARS) - 1)] for count in bars)


def utc(ns: int) -> str:
    """RFC 3339 in UTC to the second; the epoch's limits bound what a log can ask for."""
    seconds = min(max(ns // NANOSECONDS, 0), 253_402_300_799)  # 9999-12-31T23:59:59Z
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
