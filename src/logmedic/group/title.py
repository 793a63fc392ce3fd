"""Texts from a log made fit to be shown anywhere: issue titles, chat messages, terminals, web pages."""

from __future__ import annotations

import re
import unicodedata

LONGEST_TITLE = 120  # characters

_ANSI = re.compile(r"\x1b(?:\[[0-9;:?]{0,30}[ -/]?[@-~])?")
# What starts a mention, a reference, a command, code or a link in chat and issue trackers, as look-alikes that do not.
_NEUTRAL = str.maketrans({"@": "＠", "#": "＃", "`": "'", "[": "(", "]": ")", "\\": "/", "*": "∗", "~": "∼"})
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})  # control, bidi and zero-width, surrogates, private use


def safe_title(text: str, limit: int = LONGEST_TITLE) -> str:
    """One line of at most ``limit`` characters that mentions nobody, links nowhere and hides nothing."""
    text = text[: limit * 8]
    text = without_colours(text)
    if not text.isprintable() or not text.isascii():
        text = "".join(c if unicodedata.category(c) not in _HIDDEN else " " for c in text)
    text = " ".join(text.replace("://", ": ").translate(_NEUTRAL).split()).lstrip("/!-+.= ")
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    while cut and unicodedata.combining(text[len(cut)]):  # never between a letter and its accent
        cut = cut[:-1]
    return cut.rstrip() + "…"


def without_colours(text: str) -> str:
    """The text without ANSI escape sequences."""
    return _ANSI.sub("", text) if "\x1b" in text else text
