"""A span of time, completely, whatever the limits: in pages, in shorter spans, or one nanosecond in parts.

The last nanosecond of a full page may go on in the next one, so that one begins there again, and not behind it. What
comes twice in this way, the caller knows by its key.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from logmedic.collect.entries.entry import Entry
from logmedic.collect.loki.client import LokiClient
from logmedic.collect.loki.errors import LokiError, Trouble

log = logging.getLogger("logmedic")

SHORTEST = 1_000_000_000  # ns: below, a span is not made shorter but the page smaller
GROW_AFTER = 10  # good answers after which a question that had to be made smaller may be twice as large
SPLIT_WITHIN = 200  # characters from the end of a line among which one is looked for that parts the lines
_FULL_MESSAGE = "%s: more than %d entries of one nanosecond cannot be told apart; those beyond are not read"


class Limits(msgspec.Struct):
    """What this Loki can be asked at a time. Lives as long as its client."""

    wanted: int  # entries, as configured
    most_entries: int | None = None  # as Loki has said
    most_span: int = 1 << 62  # ns; as Loki has said
    entries: int = 0  # asked for now …
    span: int = 1 << 62  # … of so long a time, ns
    good: int = 0  # answers since one of both was last changed

    def __post_init__(self) -> None:
        self.entries = self.entries or self.wanted

    def grow(self) -> None:
        """What was too heavy once need not always be."""
        self.good += 1
        if self.good >= GROW_AFTER:
            self.good = 0
            self.entries = min(2 * self.entries, self.wanted, self.most_entries or self.wanted)
            self.span = min(2 * self.span, self.most_span)


class Page(msgspec.Struct, frozen=True):
    """Entries in order of time. All that are older than the last one have come with it or before it."""

    entries: Sequence[Entry]
    complete: int  # ns: all entries before this time have come


def walk(client: LokiClient, query: str, start: int, end: int, limits: Limits) -> Iterator[Page]:
    """All entries with ``start <= time < end``, oldest first; some of them twice.

    Raises:
        LokiError: Loki does not answer, or refuses even the smallest question. What came before is right.
    """
    at = start
    while at < end:
        stop = min(end, at + limits.span)
        asked = limits.entries
        try:
            entries = client.entries(query, at, stop, asked)
        except LokiError as error:
            _adapt(error, limits, stop - at)
            continue
        limits.grow()
        if len(entries) < asked:
            yield Page(entries, stop)
            at = stop
        elif entries[-1].time > at:
            at = entries[-1].time
            yield Page(entries, at)
        else:
            yield Page(_crowded(client, query, at, limits), at + 1)
            at += 1


def _adapt(error: LokiError, limits: Limits, span: int) -> None:
    """Make the next question smaller, or raise the error again where that is no help."""
    limits.good = 0
    if error.trouble is Trouble.LIMIT and error.most is not None and 0 < error.most < limits.entries:
        limits.entries = limits.most_entries = error.most
    elif error.trouble is Trouble.RANGE and error.most is not None and 0 < error.most < span:
        limits.span = limits.most_span = error.most
    elif error.trouble in {Trouble.RANGE, Trouble.HEAVY} and span > SHORTEST:
        limits.span = max(SHORTEST, span // 2)
    elif error.trouble is Trouble.HEAVY and limits.entries > 1:
        limits.entries //= 2
    else:
        raise error


def _crowded(client: LokiClient, query: str, at: int, limits: Limits) -> list[Entry]:
    """Every entry of one nanosecond that has more than a page: by a larger page, else by parts."""
    asked = limits.entries
    while limits.most_entries is None or asked < limits.most_entries:
        asked = asked * 2 if limits.most_entries is None else min(asked * 2, limits.most_entries)
        try:
            entries = client.entries(query, at, at + 1, asked)
        except LokiError as error:
            if error.trouble is not Trouble.LIMIT or error.most is None or not 0 < error.most < asked:
                raise
            limits.most_entries = error.most
            asked = limits.entries = min(limits.entries, error.most)
            continue
        if len(entries) < asked:
            return entries
    return _parts(client, query, at, asked)


def _parts(client: LokiClient, query: str, at: int, limit: int) -> list[Entry]:
    """Two filters that are each other's opposite select everything between them, whatever the lines are."""
    entries = client.entries(query, at, at + 1, limit)
    if len(entries) < limit:
        return entries
    pattern = _divider([entry.line for entry in entries])
    if pattern is None:
        log.warning(_FULL_MESSAGE, client.access.place, limit)
        return entries
    halves = (_parts(client, f"{query} {operator} `{pattern}`", at, limit) for operator in ("|~", "!~"))
    return [entry for half in halves for entry in half]


def _divider(lines: Sequence[str]) -> str | None:
    """A regular expression (RE2) that matches about half of the lines; ``None`` when they are all alike."""
    best: tuple[int, int, set[str]] | None = None
    for place in range(min(SPLIT_WITHIN, max(map(len, lines)))):
        counts = Counter(line[-1 - place] if len(line) > place else "" for line in lines)
        counts.pop("", None)
        chosen: set[str] = set()
        matched = 0
        for character, count in sorted(counts.items()):
            if matched + count <= len(lines) // 2 or not matched:
                chosen.add(character)
                matched += count
        smaller = min(matched, len(lines) - matched)
        if smaller and (best is None or smaller > best[0]):
            best = (smaller, place, chosen)
    if best is None:
        return None
    _, place, chosen = best
    characters = "".join(rf"\x{{{ord(c):x}}}" for c in sorted(chosen))
    return f"(?s)[{characters}].{{{place}}}$"
