"""A span of time, completely: page after page, also empty ones, and again from where it was when a token expires."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from logmedic.collect.cloudwatch.client import CloudWatchClient
from logmedic.collect.cloudwatch.errors import AwsError, Trouble
from logmedic.collect.entries.entry import Entry

RESTARTS = 3  # in a row, after tokens that were refused


class Stretch(msgspec.Struct, frozen=True):
    """Entries in order of time. ``complete``: all that are older (ns) have come with it or before it."""

    entries: Sequence[Entry]
    complete: int


def walk(client: CloudWatchClient, start: int, end: int, pattern: str = "") -> Iterator[Stretch]:
    """All entries with ``start <= time <= end`` (ns), oldest first; some of them twice.

    Raises:
        AwsError: the service does not answer, or refuses. What came before is right.
    """
    at = start
    token: str | None = None
    restarts = 0
    while True:
        try:
            page = client.page(start, end, pattern=pattern, token=token)
        except AwsError as error:
            if error.trouble is not Trouble.TOKEN or token is None or restarts >= RESTARTS:
                raise
            restarts += 1
            start, token = at, None
            continue
        if page.token is not None and page.token == token:
            raise AwsError(f"{client.place}: the same token came twice; nothing is lost, trying again", Trouble.BUSY)
        if page.entries:
            restarts = 0
            at = max(at, page.entries[-1].time)
        token = page.token
        yield Stretch(page.entries, at if token is not None else end + 1)
        if token is None:
            return
