"""Parts of a text to take out."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Span(NamedTuple):
    """``text[start:stop]`` is a find of that kind; a smaller rank names what two rules find alike."""

    start: int
    stop: int
    kind: str
    rank: int


def merged(spans: Iterable[Span]) -> list[Span]:
    """Overlapping finds as one, so that no tail is left; the longest names it, of equally long ones the first rule."""
    result: list[Span] = []
    longest = 0
    for span in sorted(spans, key=lambda s: (s.start, s.rank)):
        length = span.stop - span.start
        if not result or span.start >= result[-1].stop:
            result.append(span)
            longest = length
            continue
        last = result[-1]
        better = span if (length, -span.rank) > (longest, -last.rank) else last
        longest = max(length, longest)
        result[-1] = Span(last.start, max(last.stop, span.stop), better.kind, better.rank)
    return result


def overlaps(span: Span, others: Sequence[Span]) -> bool:
    """Whether ``span`` has something in common with one of ``others``, which are in order and do not overlap."""
    behind = bisect_left(others, (span.stop,))  # the first that begins where it ends, or later
    return behind > 0 and others[behind - 1].stop > span.start
