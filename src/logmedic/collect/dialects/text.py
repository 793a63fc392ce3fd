"""Lines that are no JSON object: a level word, a time at the start, and the first words of a crash."""

from __future__ import annotations

import re

from logmedic.collect.dialects.levels import WORDS
from logmedic.model import Level

_CRASH_LINES = 64  # of an event
_SYNTAX = re.compile(r"^(?:Syntax|Indentation|Tab)Error:", re.MULTILINE)  # Python prints them without a header
_HEAD = 240  # characters in which a level is looked for; behind them a word is prose

_LEVEL = re.compile(
    r"(?<![A-Za-z0-9_])(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|SEVERE|FATAL|CRITICAL|CRIT|PANIC|EMERG|ALERT)"
    r"(?![A-Za-z0-9_])"
    r"|(?<![A-Za-z0-9_])(?:level|lvl|severity|loglevel)=\"?([A-Za-z]{1,13})(?![A-Za-z])"
    r"|\[(trace|debug|info|notice|warn|warning|error|crit|critical|alert|emerg|fatal|panic)\]"
)
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_TIME = re.compile(
    r"\[?([0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{1,9})?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)"
)
_CRASHES: tuple[tuple[re.Pattern[str], Level], ...] = (
    (re.compile(r"thread '[^']{0,200}' (?:\([0-9]{1,20}\) )?panicked at "), Level.FATAL),
    (re.compile(r"panic: |fatal error: |Fatal Python error: |fatal runtime error: "), Level.FATAL),
    (re.compile(r"Traceback \(most recent call last\):"), Level.ERROR),
    (re.compile(r"\s*\+ Exception Group Traceback \(most recent call last\):"), Level.ERROR),
    (re.compile(r"Exception in thread |Unhandled exception|Uncaught |(?i:error: )"), Level.ERROR),
    (re.compile(r"(?:[A-Za-z_][\w.$]{0,200}\.)?[A-Z]\w{0,100}(?:Error|Exception)(?::|\Z)"), Level.ERROR),
    (re.compile(r"\[Unhandled|goroutine [0-9]{1,20} \[running|Node\.js v[0-9]|fail: [\w.]{1,200}\["), Level.ERROR),
    (re.compile(r"crit: [\w.]{1,200}\["), Level.FATAL),
)


_COLOURS = r"(?:\x1b\[[0-9;]*[A-Za-z])"
_LINE = r"(?m:^)[ \t\r\n\x0b\x0c\x00" + "\ufeff" + r"]*(?:[^{ \t\r\n]\S*)?"
_CRASH_HINTS = (
    rf"panicked|Traceback|(?i:error){_COLOURS}*:|"
    rf"{_LINE}(?:panic|[Ff]atal|Exception|Error|Un(?:handled|caught)|goroutine|Node\S*js|(?:fail|crit){_COLOURS}*:)"
)
"""Each of :data:`_CRASHES` and :data:`_SYNTAX` finds nothing but texts that hold one of these."""


def level_pattern(level: Level) -> str:
    """What stands in every text for which :func:`find_event_level` says this level or a worse one.

    In the syntax of RE2, with ``.`` and without what it does not have: it finds more, never less.
    """
    words = "|".join(word for word, meant in WORDS.items() if meant >= level and word.isalpha())
    return (
        rf"(?:\b|{_COLOURS})(?:{words.upper()})"
        rf"|(?:level|lvl|severity){_COLOURS}*={_COLOURS}*\"?{_COLOURS}*(?i:{words})"
        rf"|\[{_COLOURS}*(?:{words})"
        rf"|[A-Za-z]{_COLOURS}+[A-Za-z]"  # a word in two colours: they are taken out before anything is looked for
        rf"|{_CRASH_HINTS}"
    )


def _crash(line: str) -> Level | None:
    return next((level for crash, level in _CRASHES if crash.match(line)), None)


def find_level(text: str) -> Level | None:
    """The level that a line of plain text names, or that its first words mean; ``None`` when neither."""
    head = _ANSI.sub("", text[:_HEAD]) if "\x1b" in text[:_HEAD] else text[:_HEAD]
    crashed = _crash(head)
    if crashed is not None:
        return crashed
    for match in _LEVEL.finditer(head):
        level_found = WORDS.get((match[1] or match[2] or match[3]).lower())
        if level_found is not None:
            return level_found
    return None


def find_event_level(text: str, *, headless: bool) -> Level | None:
    """The level of an event of one line or more: what its first line says, else what crash its other lines tell of.

    ``headless``: it begins in the midst of a trace, the rest of which has been an event before.
    """
    head, _, rest = text.partition("\n")
    if not rest:
        return find_level(text)
    if headless:
        return Level.ERROR if _SYNTAX.search(rest) else None
    level = find_level(head)
    if level is not None:
        return level
    found = (_crash(line) for line in rest.split("\n", _CRASH_LINES)[:_CRASH_LINES])
    return max((level for level in found if level is not None), default=None)


def find_time(text: str) -> str | None:
    match = _TIME.match(text)
    return match[1] if match else None
