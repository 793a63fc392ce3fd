"""Queries of CloudWatch Logs Insights, as ours are: ``fields``, ``filter @message like /…/``, ``sort``, ``limit``, and
``stats count(*) by bin(…s)`` at the end; anything else is refused.

Source: Amazon CloudWatch Logs, "Logs Insights QL".
"""

from __future__ import annotations

import re
from collections.abc import Callable

LONGEST = 10_000
_COMMANDS = (
    re.compile(r"fields @?\w+(?:\s*,\s*@?\w+)*"),
    re.compile(r"sort @timestamp (?:asc|desc)"),
    re.compile(r"limit \d{1,5}"),
)
_FILTER = re.compile(r"filter @message like /(?P<pattern>(?:[^/\\]|\\.)+)/", re.DOTALL)
_COUNTING = re.compile(r"stats count\(\*\) by (?P<field>bin\((?P<seconds>[1-9]\d{0,4})s\))\s*\Z")
_NEXT = re.compile(r"\s*\|\s*|\s*\Z")


class InsightsError(ValueError):
    """``MalformedQueryException`` of the service."""


def counted(query: str) -> tuple[Callable[[str], bool], int] | None:
    """What selects events, and the seconds of a bin, of a query that counts by bins. Raises :class:`InsightsError`."""
    found = _COUNTING.search(query)
    if found is None:
        return None
    before = query[: found.start()].rstrip()
    if not before.endswith("|"):
        raise InsightsError("a command stands behind a |")
    return parse(before.removesuffix("|").rstrip()), int(found["seconds"])


def parse(query: str) -> Callable[[str], bool]:
    """What tells whether an event with this message is selected. Raises :class:`InsightsError`."""
    if len(query) > LONGEST:
        raise InsightsError(f"a query has at most {LONGEST} characters")
    filters: list[re.Pattern[str]] = []
    at = 0
    while at < len(query):
        found = _FILTER.match(query, at)
        if found is not None:
            try:
                filters.append(re.compile(found["pattern"].replace(r"\/", "/")))
            except re.error as error:
                raise InsightsError(f"no regular expression: {error}") from None
        else:
            found = next((match for command in _COMMANDS if (match := command.match(query, at))), None)
        end = None if found is None else _NEXT.match(query, found.end())
        if end is None:
            raise InsightsError(f"cannot read {query[at : at + 60]!r}")
        at = end.end()
    return lambda message: all(pattern.search(message) for pattern in filters)
